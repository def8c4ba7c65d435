"""What is drawn. To add a picture: write a function from a `Source` to files, and name it in `PICTURES`."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tfvae.inference.images import Images
from tfvae.inference.restored import Restored, UnavailableError
from tfvae.inference.walks import and_back, closed_loop, eased, lerp, slerp
from tfvae.plotting import beside, enlarge, grid, labelled, pairs

Array = NDArray[Any]
# File name → a picture (.png), frames (.gif), named arrays (.npz), plain values (.json) or text (.md).
Files = dict[str, Any]

_WALKERS, _POINTS, _STEPS = 16, 4, 12
_INTERPOLATIONS = 8
_TRAVERSED = 10
_VALUES = np.arange(-3.0, 4.0)
_FRAMES = 16
_NO_IMAGES = "the run has no examples.npz; give pictures with --images=FILE_OR_FOLDER"


class Source(NamedTuple):
    """What pictures are made from.

    Attributes:
        model: the restored model.
        images: the user's own pictures, else the run's examples; None if there are neither.
        examples: the run's examples, which traversals start from; the user's own if the run has none.
        kl_per_latent: (L,) mean KL of each latent over the examples, in nats, if the model's is a sum over them.
        num_images: most images in a picture.
        seed: seed of everything random.
        temperature: factor of the prior's standard deviation.
    """

    model: Restored
    images: Images | None
    examples: Images | None
    kl_per_latent: Array | None
    num_images: int
    seed: int
    temperature: float


def make(source: Source, only: Sequence[str] = ()) -> tuple[Files, list[str]]:
    """The files of the pictures named, or of all that can be made, and a sentence for each that cannot.

    Raises:
        UnavailableError: a picture that was asked for by name cannot be made.
    """
    files: Files = {}
    left_out = []
    for name in only or PICTURES:
        try:
            files |= PICTURES[name](source)
        except UnavailableError as error:
            sentence = f"{name} cannot be made: {error}"
            if only:
                raise UnavailableError(f"--only: {sentence}; leave {name!r} out") from error
            left_out.append(sentence)
    return files, left_out


def originals(source: Source) -> Files:
    """The images that are encoded."""
    return {"originals.png": grid(_shown(source))}


def reconstructions(source: Source) -> Files:
    """Each image above its reconstruction."""
    shown = _shown(source)
    return {"reconstructions.png": pairs(shown, source.model.reconstruct(shown))}


def generations(source: Source) -> Files:
    """New images from the prior, and a walk along arcs through draws of the prior and back to the first."""
    images, _ = source.model.sample(source.num_images, source.seed, source.temperature)
    walkers = min(_WALKERS, source.num_images)
    _, draws = source.model.sample(_POINTS * walkers, source.seed, source.temperature)
    walk = closed_loop(draws.reshape(_POINTS, walkers, -1), _STEPS)
    return {
        "generations.png": grid(images),
        "generations.gif": [grid(tiles) for tiles in _decoded(source.model, walk)],
    }


def interpolation(source: Source) -> Files:
    """From each encoded image to the next and back, along the straight line (left) and along the arc (right)."""
    shown = _shown(source)[: _INTERPOLATIONS + 1]
    if len(shown) < 2:
        raise UnavailableError("an interpolation needs two images or more")
    mean, _ = source.model.encode(shown)
    ways: dict[str, Callable[[Array, Array, float], Array]] = {"straight line": lerp, "arc (slerp)": slerp}
    blocks = [
        [
            labelled(grid(tiles, columns=4), columns=[title])
            for tiles in _decoded(source.model, np.stack([way(mean[:-1], mean[1:], s) for s in eased(_FRAMES)]))
        ]
        for title, way in ways.items()
    ]
    return {"interpolation.gif": and_back([beside(frame) for frame in zip(*blocks, strict=True)])}


def traversal(source: Source) -> Files:
    """The first example with one latent at a time set to −3 … 3, the latents with the most information first."""
    start, chosen, rows = _ranked(source)
    table = _decoded(source.model, _varied(start, chosen, _VALUES))  # (values, latents, H, W, C)
    tiles = table.swapaxes(0, 1).reshape(-1, *table.shape[2:])
    columns = [f"{value:+.0f}" if value else "0" for value in _VALUES]
    moving = _decoded(source.model, _varied(start, chosen, lerp(_VALUES[0], _VALUES[-1], eased(_FRAMES))))
    return {
        "traversal.png": labelled(grid(tiles, columns=len(_VALUES)), rows, columns),
        "traversal.gif": and_back([_named_tiles(frame, [f"z{index}" for index in chosen]) for frame in moving]),
    }


def latents(source: Source) -> Files:
    """Names of all images, and mean and standard deviation of q(z|x)."""
    images = _images(source)
    mean, stddev = source.model.encode(images.pixels)
    return {"latents.npz": {"names": np.array(images.names), "mean": mean, "stddev": stddev}}


PICTURES: Mapping[str, Callable[[Source], Files]] = {
    "originals": originals,
    "reconstructions": reconstructions,
    "generations": generations,
    "interpolation": interpolation,
    "traversal": traversal,
    "latents": latents,
}


def _images(source: Source) -> Images:
    if source.images is None:
        raise UnavailableError(_NO_IMAGES)
    return source.images


def _shown(source: Source) -> Array:
    return _images(source).pixels[: source.num_images]


def _decoded(model: Restored, codes: Array) -> Array:
    """Latents (A, B, L) → images (A, B, H, W, C)."""
    images = model.decode(codes.reshape(-1, codes.shape[-1]))
    return images.reshape(*codes.shape[:2], *images.shape[1:])


def _ranked(source: Source) -> tuple[Array, Array, list[str]]:
    """The first example's code (L,), the indices of the latents to traverse, and a label for each of those."""
    if source.examples is None:
        raise UnavailableError(_NO_IMAGES)
    mean, stddev = source.model.encode(source.examples.pixels)
    kl = source.kl_per_latent
    if kl is not None and kl.shape == mean[0].shape:
        chosen = np.argsort(-kl, kind="stable")[:_TRAVERSED]
        return mean[0], chosen, [f"z{index}: {kl[index]:.2f} nats" for index in chosen]
    if (stddev > 0).all():  # KL(N(m, s²) ‖ N(0, 1)): an order, but under another prior not the model's nats
        order = (0.5 * (mean**2 + stddev**2 - 1 - 2 * np.log(stddev))).mean(axis=0)
    else:  # a plain autoencoder: no KL, so the latents that vary most come first
        order = mean.var(axis=0)
    chosen = np.argsort(-order, kind="stable")[:_TRAVERSED]
    return mean[0], chosen, [f"z{index}" for index in chosen]


def _varied(start: Array, chosen: Array, values: Array) -> Array:
    """(values, chosen, L): copies of `start`, each with one chosen latent set to one value."""
    codes = np.tile(start, (len(values), len(chosen), 1))
    codes[:, np.arange(len(chosen)), chosen] = values[:, None]
    return codes


def _named_tiles(tiles: Array, names: Sequence[str]) -> Array:
    enlarged = enlarge(tiles)
    named = [labelled(tile, columns=[name]) for tile, name in zip(enlarged, names, strict=True)]
    return grid(np.stack(named), columns=min(5, len(named)), scale=1)
