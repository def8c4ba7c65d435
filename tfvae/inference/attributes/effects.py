"""What the vector does to the scores of images: of those decoded at a strength, against the same decoded at 0.

Both judges see the picture alone: the latents that are scored are those of the decoded picture, encoded again. Those
that were decoded change by w·v, the same for every image, whatever the decoder makes of them.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from tfvae.evaluation.figures import Figure, mean
from tfvae.evaluation.subject import BATCH
from tfvae.inference.attributes.judges import probability
from tfvae.progress import track

Array = NDArray[np.floating]
LATENTS, PICTURES, BOTH = "latents", "pictures", "both"  # the judges


class Model(Protocol):
    """What is asked of a model; see `tfvae.inference.restored.Restored`."""

    def encode(self, images: Array) -> tuple[Array, Array]:
        """(N, H, W, C) → mean and standard deviation of q(z|x), (N, L) each."""
        ...

    def decode(self, latents: Array) -> Array:
        """(N, L) → images (N, H, W, C)."""
        ...


class Judges(NamedTuple):
    """Attributes: latents: means (N, L) → log-odds (N,); pictures: (N, H, W, C) → log-odds (N, K) of all attributes."""

    latents: Callable[[Array], Array]
    pictures: Callable[[Array], Array]


class Scores(NamedTuple):
    """Log-odds of N images at S strengths, 0 among them.

    Attributes:
        strengths: (S,).
        latents: of the attribute, (S, N).
        pictures: of all K attributes, (S, N, K).
    """

    strengths: tuple[float, ...]
    latents: Array
    pictures: Array


class Effect(NamedTuple):
    """Of one strength on a group of images.

    Attributes:
        strength: multiple of the vector.
        score: judge → mean probability of the attribute.
        rose: judge → share of images whose score is above that at strength 0; `both`: by both judges.
    """

    strength: float
    score: dict[str, Figure]
    rose: dict[str, Figure]


def measure(model: Model, judges: Judges, latents: Array, vector: Array, strengths: Sequence[float]) -> Scores:
    """Decodes latents (N, L) with multiples of the vector (L,) added, and has the judges score the pictures."""
    steps = tuple(sorted({0.0, *strengths}))
    found = [_score(model, judges, latents + step * vector) for step in track(steps, "scores", unit="strength")]
    by_latents, by_pictures = zip(*found, strict=True)
    return Scores(steps, np.stack(by_latents), np.stack(by_pictures))


def _score(model: Model, judges: Judges, latents: Array) -> tuple[Array, Array]:
    found = []
    for start in range(0, len(latents), BATCH):
        pictures = model.decode(latents[start : start + BATCH])
        found.append((judges.latents(model.encode(pictures)[0]), judges.pictures(pictures)))
    by_latents, by_pictures = zip(*found, strict=True)
    return np.concatenate(by_latents), np.concatenate(by_pictures)


def effects(scores: Scores, column: int) -> list[Effect]:
    """The effect of every strength on one attribute."""
    odds = {LATENTS: scores.latents, PICTURES: scores.pictures[..., column]}
    before = scores.strengths.index(0.0)
    found = []
    for index, strength in enumerate(scores.strengths):
        above = {judge: values[index] > values[before] for judge, values in odds.items()}
        above[BOTH] = above[LATENTS] & above[PICTURES]
        score = {judge: mean(probability(values[index])) for judge, values in odds.items()}
        rose = {judge: mean(truths, better="higher") for judge, truths in above.items()}
        found.append(Effect(strength, score, rose))
    return found


def drift(scores: Scores, strength: float) -> Array:
    """Mean change (K,) of every attribute's log-odds by the image classifier, in their spreads at strength 0."""
    before, after = (scores.pictures[scores.strengths.index(each)] for each in (0.0, strength))
    spread = before.std(axis=0)
    return (after - before).mean(axis=0) / np.where(spread > 0, spread, 1.0)
