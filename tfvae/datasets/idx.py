"""The idx format of the MNIST family (https://yann.lecun.com/exdb/mnist): bytes with a header of sizes."""

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np

from tfvae.errors import UserError


def read_idx(path: Path) -> np.ndarray:
    """The uint8 array of an idx file, plain or compressed (`.gz`): images (N, H, W), labels (N,).

    Raises:
        UserError: the file is damaged, or holds no unsigned bytes.
    """
    try:
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path} cannot be read ({error}): get it anew") from error
    # Two zero bytes, 8 for unsigned bytes, the number of dimensions, then the sizes, big-endian.
    num_dims = data[3] if len(data) >= 4 and data[:3] == b"\0\0\x08" else 0
    start = 4 + 4 * num_dims
    if num_dims == 0 or len(data) < start:
        raise UserError(f"{path} is no idx file of unsigned bytes: it begins with {data[:4].hex()}; get it anew")
    shape = struct.unpack(f">{num_dims}I", data[4:start])
    if len(data) - start != math.prod(shape):
        raise UserError(f"{path} holds {len(data) - start:,} values where its header says {shape}: get it anew")
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape)
