"""Which pixel of a map meets which weight of a kernel: a "same" convolution as lists of positions."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

Indices = NDArray[np.int32]


def dims(x: tf.Tensor) -> tuple[Any, ...]:
    """The axes of a tensor as Python knows them: numbers, but for the batch."""
    return tuple(x.shape)


@dataclass(frozen=True)
class Geometry:
    """A convolution with "same" padding, as TensorFlow pads: what is odd goes to the bottom and the right.

    Args:
        size: (H, W) of the map that is convolved.
        kernel: (kh, kw).
        strides: (sh, sw).
    """

    size: tuple[int, int]
    kernel: tuple[int, int]
    strides: tuple[int, int]

    @property
    def out_size(self) -> tuple[int, int]:
        """(h, w) of the map that comes out."""
        (height, width), (down, right) = self.size, self.strides
        return -(-height // down), -(-width // right)

    @property
    def padding(self) -> tuple[int, int]:
        """Rows above and columns to the left of the map."""
        top, left = (
            max(0, (out - 1) * stride + kernel - size) // 2
            for size, kernel, stride, out in zip(self.size, self.kernel, self.strides, self.out_size, strict=True)
        )
        return top, left

    @cached_property
    def patches(self) -> Indices:
        """The pixel under each weight for each pixel put out, (h·w, kh·kw): row·W + column, or H·W in the padding."""
        rows, columns = (self._under(axis) for axis in (0, 1))  # (h, kh), (w, kw)
        rows, columns = rows[:, None, :, None], columns[None, :, None, :]
        inside = (rows >= 0) & (rows < self.size[0]) & (columns >= 0) & (columns < self.size[1])
        found = np.where(inside, rows * self.size[1] + columns, self.size[0] * self.size[1])
        return found.reshape(-1, self.kernel[0] * self.kernel[1]).astype(np.int32)

    @cached_property
    def uses(self) -> Indices:
        """The places in `patches`, flattened, at which each pixel stands, (H·W, most); one past the end fills up."""
        flat = self.patches.ravel()
        of_pixel = [np.flatnonzero(flat == pixel) for pixel in range(self.size[0] * self.size[1])]
        found = np.full((len(of_pixel), max(map(len, of_pixel))), flat.size, np.int32)
        for pixel, places in enumerate(of_pixel):
            found[pixel, : len(places)] = places
        return found

    def _under(self, axis: int) -> Indices:
        out, kernel = np.arange(self.out_size[axis]), np.arange(self.kernel[axis])
        return out[:, None] * self.strides[axis] + kernel - self.padding[axis]

    def phases(self, axis: int) -> tuple[tuple[int, int], Indices]:
        """The transposed convolution along one axis as a plain one that puts out all pixels of a stride at once.

        Pixel q·stride + phase of the large map is Σ_d small[q − d] · kernel[phase + padding + stride·d], over the d
        for which there is such a weight.

        Returns:
            how many pixels of padding the small map needs before and behind, and for each place of the plain kernel
            and each phase which weight stands there, (places, stride), the kernel's size where there is none.
        """
        stride, kernel, pad = self.strides[axis], self.kernel[axis], self.padding[axis]
        shifts = np.arange(-((stride - 1 + pad) // stride), (kernel - 1 - pad) // stride + 1)  # d, of small[q - d]
        before, behind = max(0, int(shifts[-1])), max(0, int(-shifts[0]))
        shifts = np.arange(-behind, before + 1)[::-1]  # as a plain convolution meets them, from the left
        weights = np.arange(stride)[None, :] + pad + stride * shifts[:, None]
        return (before, behind), np.where((weights >= 0) & (weights < kernel), weights, kernel).astype(np.int32)
