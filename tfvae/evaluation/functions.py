"""A model as functions of NumPy arrays: all that the measurements know of it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tfvae.errors import UserError

Array = np.ndarray


def _no_codes(images: Array) -> tuple[Array, Array]:
    raise UserError(f"codes of {len(images)} images were asked for, of a model that has none")


@dataclass(frozen=True)
class Functions:
    """What is measured. Images x are (B, H, W, C) float32 in [0, 1], z are (B, L), seeds are ints.

    `tfvae.evaluation.restored.functions_of` makes them of a model of ours; any other can be wrapped by hand.

    Attributes:
        encode: x → mean and standard deviation of q(z|x), each (B, L).
        reconstruct: x → E[x|z] at the mean of q(z|x), (B, H, W, C).
        decode: z → E[x|z], (B, H, W, C).
        bound: (x, seed) → log p(x|z) at one z drawn from q(z|x), (B,), and KL(q(z|x) ‖ p(z)), (B, L) by latent or
            (B, 1); in nats.
        log_weights: (x, K, seed) → log p(x, z) − log q(z|x) in nats for K draws of z from q(z|x), (B, K).
        prior: (N, seed) → z drawn from p(z), (N, L).
        floats_per_decode: what the decoder holds for one z, in floats, at most; for choosing chunks.
        codes: of a model whose latents are codes: x → the codes (B, h, w) and their vectors (B, h, w, D).
        num_codes: how many different ones there are; 0 where there are none.
    """

    encode: Callable[[Array], tuple[Array, Array]]
    reconstruct: Callable[[Array], Array]
    decode: Callable[[Array], Array]
    bound: Callable[[Array, int], tuple[Array, Array]]
    log_weights: Callable[[Array, int, int], Array]
    prior: Callable[[int, int], Array]
    floats_per_decode: int
    codes: Callable[[Array], tuple[Array, Array]] = _no_codes
    num_codes: int = 0
