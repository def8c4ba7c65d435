"""What was found of an attribute, and that as JSON; `page` writes it for people."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from tfvae.evaluation.figures import Figure
from tfvae.inference.attributes.effects import BOTH, LATENTS, PICTURES, Effect
from tfvae.inference.attributes.flags import Asked
from tfvae.inference.attributes.judges import Trust
from tfvae.inference.attributes.material import Material
from tfvae.inference.attributes.vectors import Share

JUDGES = {
    LATENTS: "logistic regression on latents",
    PICTURES: "small convolutional network on pixels, which has never seen latents",
}


class Group(NamedTuple):
    """Attributes: num_images: scored; with_it: those that have the attribute; effects: of every strength."""

    num_images: int
    with_it: int
    effects: list[Effect]


class Result(NamedTuple):
    """All that was found.

    Attributes:
        run: name of the run.
        asked: what for.
        material: the images.
        length: of the vector.
        judges: judge → what its word is worth, on the test images judged.
        judged: number of those.
        commoner: share of the commoner answer among them: the accuracy of always giving that.
        groups: name → what was measured on it.
        shares: of the other attributes among the vector's images.
        drift: other attribute → its change by the stated strength.
        notes: further sentences for the reader.
    """

    run: str
    asked: Asked
    material: Material
    length: float
    judges: dict[str, Trust]
    judged: int
    commoner: float
    groups: dict[str, Group]
    shares: list[Share]
    drift: dict[str, float]
    notes: tuple[str, ...]

    def stated(self, group: Group) -> Effect:
        """The effect of the strength that is to be stated."""
        return next(effect for effect in group.effects if effect.strength == self.asked.strength)

    def fitted_on(self, judge: str) -> str:
        """The images that a judge was fitted on, in words."""
        images = {LATENTS: self.material.fitting, PICTURES: self.material.training}[judge]
        return f"{images.name}, {images.num_images:,} images"

    def with_it(self) -> int:
        """How many of the vector's images have the attribute."""
        return int(self.material.attributes[:, self.material.column].sum())


def headlines(result: Result) -> list[str]:
    """A sentence for each group: at the stated strength, how many scores rose."""
    found = []
    for name, group in result.groups.items():
        effect = result.stated(group)
        both, latents, pictures = (100 * effect.rose[judge].value for judge in (BOTH, LATENTS, PICTURES))
        found.append(
            f"{group.num_images} test images, {name}: at strength {effect.strength:g} the score of "
            f"{result.material.name} rose on {latents:.1f} % by the latents, {pictures:.1f} % by the image classifier, "
            f"{both:.1f} % by both"
        )
    return found


def to_json(result: Result) -> dict[str, Any]:
    """Plain JSON types."""
    material, asked = result.material, result.asked
    return {
        "run": result.run,
        "attribute": material.name,
        "strength": asked.strength,
        "vector": {
            "kind": "mean of latents with the attribute less the mean without",
            "images": material.vector.name,
            "num_images": material.vector.num_images,
            "with": result.with_it(),
            "length": result.length,
        },
        "judges": {judge: _judge(result, judge) for judge in JUDGES},
        "judged_on": {"images": material.test.name, "num_images": result.judged, "commoner_answer": result.commoner},
        "rose": {name: _plain(result.stated(group).rose) for name, group in result.groups.items()},
        "groups": {name: _group(group) for name, group in result.groups.items()},
        "notes": list(result.notes),
        "drift": result.drift[material.name],
        "other_attributes": {share.name: _share(result, share) for share in result.shares},
    }


def _judge(result: Result, judge: str) -> dict[str, Any]:
    trust = result.judges[judge]
    return {
        "what": JUDGES[judge],
        "fitted_on": result.fitted_on(judge),
        "accuracy": trust.accuracy.to_json(),
        "auroc": trust.auroc.to_json(),
    }


def _group(group: Group) -> dict[str, Any]:
    return {
        "num_images": group.num_images,
        "with": group.with_it,
        "effects": [
            {"strength": effect.strength, "score": _plain(effect.score), "rose": _plain(effect.rose)}
            for effect in group.effects
        ],
    }


def _plain(figures: Mapping[str, Figure]) -> dict[str, Any]:
    return {name: figure.to_json() for name, figure in figures.items()}


def _share(result: Result, share: Share) -> dict[str, float]:
    found = {"with": share.among_with, "without": share.among_without, "difference": share.difference}
    return {**found, "drift": result.drift[share.name]}
