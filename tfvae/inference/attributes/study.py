"""From `--attribute=NAME` to files: the order of it all."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tfvae.evaluation.subject import ImageSet
from tfvae.inference.attributes import drawing, effects, judges, material, page, report, vectors
from tfvae.inference.attributes.drawing import Shown
from tfvae.inference.attributes.effects import LATENTS, PICTURES, Judges, Scores
from tfvae.inference.attributes.flags import Asked
from tfvae.inference.attributes.material import Material
from tfvae.inference.attributes.report import Group, Result
from tfvae.inference.flags import Request
from tfvae.inference.images import Images, load_images
from tfvae.inference.pictures import Files
from tfvae.inference.restored import Restored

_ROWS = 8  # held-out images that are drawn, half of them with the attribute

Array = NDArray[Any]


class _Test(NamedTuple):
    """Test images in random order: means of q(z|x) (N, L), and which have the attribute, (N,)."""

    images: ImageSet
    order: Array
    latents: Array
    has: Array

    def rows(self, has: bool, count: int) -> Array:
        """The first in the random order of those with, or without, the attribute."""
        return self.order[self.has[self.order] == has][:count]


def make(request: Request, asked: Asked) -> tuple[Files, list[str]]:
    """All files of an attribute, and a sentence for each group of images that was scored.

    Raises:
        UserError: labelled images are not there, or anything else that was asked for cannot be had.
    """
    found = material.find(request.run.folder, asked, request.seed)
    weights = vectors.weights(found.attributes, found.column)
    own = load_images(request.images, found.training.source.image_shape) if request.images else None
    model = Restored(request.run.serving)
    latents = (model.encode(batch)[0] for batch in found.vector.plain(f"latents, {found.vector.name}"))
    vector = vectors.weighted_sum(weights, latents)
    test = _test(model, found, request.seed)
    result = _result(request.run.folder.name, asked, found, model, vector, test)
    shown = _held_out(found, test, request.num_images) if own is None else _own(model, own, request.num_images)
    return _files(model, shown, vector, result), report.headlines(result)


def _test(model: Restored, found: Material, seed: int) -> _Test:
    images = found.test
    order = np.random.default_rng(seed).permutation(images.num_images)
    return _Test(images, order, _encoded(model, images)[0], found.has(images))


def _encoded(model: Restored, images: ImageSet) -> tuple[Array, Array]:
    """Means and standard deviations of q(z|x), (N, L) each."""
    means, stddevs = zip(*(model.encode(batch) for batch in images.plain(f"latents, {images.name}")), strict=True)
    return np.concatenate(means), np.concatenate(stddevs)


def _result(name: str, asked: Asked, found: Material, model: Restored, vector: Array, test: _Test) -> Result:
    network = judges.of_pictures(found.training)
    notes = network.notes()  # it is fitted here, where it was not before
    both = Judges(judges.of_latents(*_encoded(model, found.fitting), found.has(found.fitting)), network.log_odds)
    pixels = test.images.plain(f"classifier, {test.images.name}")
    originals = np.concatenate([network.log_odds(batch)[:, found.column] for batch in pixels])
    odds = {LATENTS: both.latents(test.latents), PICTURES: originals}
    rows = {
        f"without {found.name}": test.rows(False, asked.test_images),
        "with and without": test.order[: asked.test_images],
    }
    strengths = (*asked.strengths.values(), asked.strength)
    scores = {
        group: effects.measure(model, both, test.latents[each], vector, strengths) for group, each in rows.items()
    }
    share = test.has.mean()
    return Result(
        run=name,
        asked=asked,
        material=found,
        length=float(np.linalg.norm(vector)),
        judges={judge: judges.trust(values, test.has) for judge, values in odds.items()},
        judged=test.images.num_images,
        commoner=float(max(share, 1 - share)),
        groups={group: _group(scores[group], found, test.has[each]) for group, each in rows.items()},
        shares=[] if found.exclusive else vectors.shares(found.attributes, found.column, found.names),
        drift=_drift(scores["with and without"], found, asked.strength),
        notes=notes,
    )


def _group(scores: Scores, found: Material, has: Array) -> Group:
    return Group(len(has), int(has.sum()), effects.effects(scores, found.column))


def _drift(scores: Scores, found: Material, strength: float) -> dict[str, float]:
    return dict(zip(found.names, map(float, effects.drift(scores, strength)), strict=True))


def _held_out(found: Material, test: _Test, most: int) -> Shown:
    count = min(_ROWS, most)
    rows = np.concatenate([test.rows(False, count - count // 2), test.rows(True, count // 2)])
    labels = [found.name if has else f"not {found.name}" for has in test.has[rows]]
    return Shown(labels, test.images.take(rows), test.latents[rows])


def _own(model: Restored, images: Images, most: int) -> Shown:
    pixels = images.pixels[:most]
    return Shown(images.names[:most], pixels, model.encode(pixels)[0])


def _files(model: Restored, shown: Shown, vector: Array, result: Result) -> Files:
    asked, name = result.asked, result.material.name
    files = {
        "strip.png": drawing.strip(model, shown, vector, asked.strengths),
        "motion.gif": drawing.motion(model, shown, vector, asked.strengths, name),
        "vector.npz": {"vector": vector.astype(np.float32)},
        "attribute.json": report.to_json(result),
        "attribute.md": page.markdown(result),
    }
    return {f"attribute_{name}/{file}": content for file, content in files.items()}
