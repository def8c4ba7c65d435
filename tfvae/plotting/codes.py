"""Discrete codes: how often each is used, and where in an image."""

import os

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfvae.errors import UserError
from tfvae.plotting.bars import bars
from tfvae.plotting.captions import labelled
from tfvae.plotting.grids import enlarge, grid
from tfvae.plotting.pixels import to_uint8

_MOST_BARS = 2048  # more could not be told apart
_TAIL = 1.0  # per cent of the places beyond either end of a colour's range
_LEAST_SPAN = 0.01  # of a colour's range, as a share of the widest


def code_usage(path: str | os.PathLike[str], counts: ArrayLike) -> None:
    """Draws how often each of K codes is used as one PNG, the most used first.

    Args:
        path: where to.
        counts: (K,), not all zero.

    Raises:
        UserError: if no code was counted.
        OSError: the file cannot be written.
    """
    ordered = np.sort(np.asarray(counts, np.float64))[::-1]
    if not ordered.size or not ordered.sum():
        raise UserError("no codes were counted: expected a count above zero")
    shares = ordered / ordered.sum()
    present = shares[shares > 0]
    perplexity = np.exp(-np.sum(present * np.log(present)))
    title = f"Share of places, % ({len(present):,} of {len(shares):,} codes in use, perplexity {perplexity:,.1f})"
    shown = shares[:_MOST_BARS]
    names = [""] * len(shown)
    bars(path, {title: 100 * shown}, names, shown > 0, ("in use", "not in use"), "code, most used first")


def code_maps(images: ArrayLike, vectors: ArrayLike, reconstructions: ArrayLike) -> NDArray[np.uint8]:
    """Images, the codes of their places as colours, and what is decoded from these, in three rows.

    Vectors that are near each other have colours that are: red, green and blue are their three first principal
    components over all places shown.

    Args:
        images: (N, H, W, C) in [0, 1] or uint8.
        vectors: of each place's code, (N, h, w, D).
        reconstructions: of the images.

    Returns:
        (height, width, 3) uint8.

    Raises:
        UserError: images that cannot be drawn.
    """
    originals, decoded = (in_colour(enlarge(to_uint8(part))) for part in (images, reconstructions))
    colours = enlarged_maps(code_colours(np.asarray(vectors, np.float64)), originals.shape[1:3])
    rows = np.concatenate([originals, colours, decoded])
    return labelled(grid(rows, columns=len(originals), scale=1), ["image", "codes", "decoded"])


def code_colours(vectors: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Vectors (N, h, w, D) as colours (N, h, w, 3): see `code_maps`."""
    flat = vectors.reshape(-1, vectors.shape[-1])
    centred = flat - flat.mean(axis=0)
    _, directions = np.linalg.eigh(centred.T @ centred)
    axes = directions[:, ::-1][:, :3]
    axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])  # their signs mean nothing
    found = np.zeros((len(flat), 3))
    found[:, : axes.shape[1]] = centred @ axes
    low, high = np.percentile(found, [_TAIL, 100 - _TAIL], axis=0)
    span = np.maximum(high - low, _LEAST_SPAN * np.max(high - low))  # rounding errors are given no colour
    scaled = np.clip(np.divide(found - low, span, where=span > 0, out=np.zeros_like(found)), 0, 1)
    return np.rint(255 * scaled).astype(np.uint8).reshape(*vectors.shape[:3], 3)


def in_colour(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Images (N, H, W, C) of three channels, which grey ones share."""
    return np.broadcast_to(images, (*images.shape[:3], 3))


def enlarged_maps(maps: NDArray[np.uint8], size: tuple[int, ...]) -> NDArray[np.uint8]:
    """Each place as a rectangle, to (N, *size, 3)."""
    rows, columns = (np.arange(new) * old // new for new, old in zip(size, maps.shape[1:3], strict=True))
    return maps[:, rows][:, :, columns]
