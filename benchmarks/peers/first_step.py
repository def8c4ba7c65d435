"""The least that a PyTorch script does until its first step: `python -m benchmarks.peers.first_step PEER IMAGES SIZE`.

PEER is "module:attribute" of a model, IMAGES an .npz file of uint8 `images` (N, H, W, C), of which one batch is used.
"""

import os
import sys
from collections.abc import Sequence

import numpy as np

from benchmarks.peers.training import Trained


def main(argv: Sequence[str]) -> None:
    """Reads, builds, trains one step, and ends."""
    peer, path, size = argv
    with np.load(path) as file:
        images = file["images"][: int(size)].astype(np.float32) / 255
    trained = Trained(peer, {})
    trained.steps([trained.configuration.tensor(images)])
    os._exit(0)  # as ours


if __name__ == "__main__":
    main(sys.argv[1:])
