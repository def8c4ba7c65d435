"""Animated GIFs with one palette for all frames, so that colours do not flicker."""

import os
from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from tfvae.errors import UserError
from tfvae.files import atomic
from tfvae.plotting.files import as_pillow

# Pixels that the palette is chosen from; more change it by less than can be seen.
_SAMPLED_PIXELS = 200_000
_GREYS = bytes(value for grey in range(256) for value in (grey, grey, grey))


def save_gif(path: str | os.PathLike[str], frames: Iterable[ArrayLike], milliseconds: int = 100) -> None:
    """Writes an endlessly repeating GIF, atomically; grey frames keep all their 256 greys.

    Args:
        path: where to.
        frames: pictures of one shape, (H, W, C) or grey (H, W), float in [0, 1] or uint8. A frame equal to the
            one before it is stored as a longer duration of that one.
        milliseconds: duration of a frame: a multiple of 10 (GIF counts hundredths of a second), at least 20
            (browsers slow anything shorter down to 100).

    Raises:
        UserError: no frames, shapes that differ, or an impossible duration.
        OSError: the file cannot be written.
    """
    if milliseconds < 20 or milliseconds % 10:
        raise UserError(
            f"milliseconds={milliseconds}: a GIF frame lasts a multiple of 10 ms, and at least 20; try "
            f"{max(20, round(milliseconds / 10) * 10)}"
        )
    images = _checked(frames)
    palette = _GREYS if images[0].mode == "L" else _palette(images)
    first, *rest = images if images[0].mode == "L" else _quantised(images, palette)
    with atomic(path) as temporary:
        first.save(
            temporary,
            format="GIF",
            save_all=True,
            append_images=rest,
            palette=palette,
            optimize=False,
            duration=milliseconds,
            loop=0,
        )


def _checked(frames: Iterable[ArrayLike]) -> list[Image.Image]:
    images = [as_pillow(frame) for frame in frames]
    kinds = sorted({(*image.size, image.mode) for image in images})
    if len(kinds) != 1:
        found = " and ".join(f"{width}×{height} {mode}" for width, height, mode in kinds) or "none"
        raise UserError(f"a GIF needs one or more frames of one size and kind: received {found}")
    return images


def _palette(images: list[Image.Image]) -> bytes:
    """256 colours for all frames: all there are, if so few, else by median cut over a fixed sample of pixels."""
    share = max(1, _SAMPLED_PIXELS // len(images))
    pixels = np.concatenate([_sample(np.asarray(image).reshape(-1, 3), share) for image in images])
    packed = np.unique(
        pixels @ np.array([1 << 16, 1 << 8, 1], np.int32)
    )  # one number each: as rows they take ten times as long
    colours = np.stack([packed >> 16, packed >> 8, packed], axis=-1).astype(np.uint8)
    if len(colours) > 256:
        strip = Image.fromarray(pixels[None]).quantize(256, method=Image.Quantize.MEDIANCUT)
        colours = np.asarray(strip.getpalette(), np.uint8).reshape(-1, 3)
    return colours.tobytes().ljust(768, b"\0")


def _sample(pixels: NDArray[np.uint8], share: int) -> NDArray[np.uint8]:
    if len(pixels) <= share:
        return pixels
    return pixels[np.random.default_rng(0).choice(len(pixels), share, replace=False)]


def _quantised(images: list[Image.Image], palette: bytes) -> list[Image.Image]:
    # Without dithering: its pattern would crawl from frame to frame.
    colours = Image.new("P", (1, 1))
    colours.putpalette(palette)
    return [image.quantize(palette=colours, dither=Image.Dither.NONE) for image in images]
