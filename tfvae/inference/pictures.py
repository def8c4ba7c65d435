"""What is drawn. To add a picture: write a function from a `Source` to files, and name it in `PICTURES`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tfvae.inference import code_draws
from tfvae.inference.images import Images
from tfvae.inference.restored import Restored, UnavailableError
from tfvae.inference.walks import and_back, closed_loop, eased, lerp, slerp
from tfvae.plotting import beside, code_maps, code_usage, enlarge, grid, labelled, pairs

Array = NDArray[Any]
# File name → a picture or what draws one to a path (.png), frames (.gif), named arrays (.npz), plain values (.json) or
# text (.md).
Files = dict[str, Any]

_WALKERS, _POINTS, _STEPS = 16, 4, 12
_INTERPOLATIONS = 8
_TRAVERSED = 10
_VALUES = np.arange(-3.0, 4.0)
_FRAMES = 16
_MAPPED, _WARMED = 8, 36
_NO_IMAGES = "the run has no examples.npz; give pictures with --images=FILE_OR_FOLDER"


class Source(NamedTuple):
    """What pictures are made from.

    Attributes:
        model: the restored model.
        images: the user's own pictures, else the run's examples; None if there are neither.
        examples: the run's examples, which traversals start from; the user's own if the run has none.
        kl_per_latent: (L,) mean KL of each latent over the examples, in nats, if the model's is a sum over them.
        code_counts: (K,) how often each code was used by the images that the run was measured on, if it has codes.
        class_shares: (Y,) how probable each class is, of a model that can be asked for images of one.
        num_images: most images in a picture.
        seed: seed of everything random.
        temperature: factor of the prior's standard deviation.
    """

    model: Restored
    images: Images | None
    examples: Images | None
    kl_per_latent: Array | None
    code_counts: Array | None
    class_shares: Array | None
    num_images: int
    seed: int
    temperature: float


class Made(NamedTuple):
    """One picture, or the sentence that says why it cannot be made."""

    files: Files
    left_out: str = ""


def make(source: Source, only: Sequence[str] = ()) -> Iterator[Made]:
    """The pictures named, or all that can be made, one after another: each is there before the next is begun.

    Raises:
        UnavailableError: a picture that was asked for by name cannot be made.
    """
    for name in only or _meant_for(source.model):
        try:
            yield Made(PICTURES[name](source))
        except UnavailableError as error:
            sentence = f"{name} cannot be made: {error}"
            if only:
                raise UnavailableError(f"--only: {sentence}; leave {name!r} out") from error
            yield Made({}, f"Left out: {sentence}")


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
    if source.model.coded:  # there is nothing between codes to walk through
        return {"generations.png": grid(images)}
    walkers = min(_WALKERS, source.num_images)
    _, draws = source.model.sample(_POINTS * walkers, source.seed, source.temperature)
    walk = closed_loop(draws.reshape(_POINTS, walkers, -1), _STEPS)
    return {
        "generations.png": grid(images),
        "generations.gif": [grid(tiles) for tiles in _decoded(source.model, walk)],
    }


def interpolation(source: Source) -> Files:
    """From each encoded image to the next and back, along the straight line (left) and along the arc (right)."""
    _check_continuous(source.model)
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
    _check_continuous(source.model)
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
    """Names of all images, and mean and standard deviation of q(z|x); or their codes, and the vectors of these."""
    images = _images(source)
    if source.model.coded:
        codes, vectors = source.model.codes(images.pixels)
        return {"latents.npz": {"names": np.array(images.names), "codes": codes, "vectors": vectors}}
    mean, stddev = source.model.encode(images.pixels)
    return {"latents.npz": {"names": np.array(images.names), "mean": mean, "stddev": stddev}}


def maps(source: Source) -> Files:
    """Images, the codes of their places as colours, and what is decoded from these."""
    _check_coded(source.model)
    shown = _shown(source)[:_MAPPED]
    _, vectors = source.model.codes(shown)
    return {"code_maps.png": code_maps(shown, vectors, source.model.reconstruct(shown))}


def usage(source: Source) -> Files:
    """How often each code was used by the images that the run was measured on."""
    _check_coded(source.model)
    if source.code_counts is None:
        raise UnavailableError("the run's examples.npz holds no counts of its codes: it was measured on no images")
    return {"code_usage.png": partial(code_usage, counts=source.code_counts)}


def temperatures(source: Source) -> Files:
    """New images from a prior on codes, at one temperature after another."""
    _check_coded(source.model)
    return {"temperatures.gif": code_draws.temperatures(source.model, min(_WARMED, source.num_images), source.seed)}


def codes_filling_in(source: Source) -> Files:
    """New images from a prior on codes, while one code after another is drawn."""
    _check_coded(source.model)
    count = min(_MAPPED, source.num_images)
    return {"filling.gif": code_draws.codes_filling_in(source.model, count, source.seed, source.temperature)}


def classes(source: Source) -> Files:
    """New images of each class, from a prior on codes that has classes."""
    if not source.model.has_classes:
        raise UnavailableError("the model draws images of no class that is asked for")
    if source.class_shares is None:
        raise UnavailableError("the run's examples.npz does not say how many classes there are")
    number = len(source.class_shares)
    return {"classes.png": code_draws.classes(source.model, number, source.seed, source.temperature)}


Draw = Callable[[Source], Files]

OF_CODES: Mapping[str, Draw] = {
    "code_maps": maps,
    "code_usage": usage,
    "temperatures": temperatures,
    "filling": codes_filling_in,
}
OF_CLASSES: Mapping[str, Draw] = {"classes": classes}
PICTURES: Mapping[str, Draw] = {
    "originals": originals,
    "reconstructions": reconstructions,
    "generations": generations,
    "interpolation": interpolation,
    "traversal": traversal,
    "latents": latents,
    **OF_CODES,
    **OF_CLASSES,
}


def _meant_for(model: Restored) -> list[str]:
    never = {*(() if model.coded else OF_CODES), *(() if model.has_classes else OF_CLASSES)}
    return [name for name in PICTURES if name not in never]


def _check_continuous(model: Restored) -> None:
    if model.coded:
        raise UnavailableError("the model's latents are codes: there is nothing between them, and no way along one")


def _check_coded(model: Restored) -> None:
    if not model.coded:
        raise UnavailableError("the model's latents are no codes")


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
