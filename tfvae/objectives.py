"""The bound and its relatives as pure functions of per-example tensors. No Keras, no state.

Notation: B images of D = H·W·C pixel values, L latents; everything in nats.
"""

import math

import tensorflow as tf


def negative_elbo(log_likelihood: tf.Tensor, kl: tf.Tensor) -> tf.Tensor:
    """−ELBO = KL(q(z|x) ‖ p(z)) − log p(x|z), (B,); Kingma and Welling 2014, eq. 3.

    Args:
        log_likelihood: log p(x|z) at z drawn from q, (B,).
        kl: (B,).
    """
    return kl - log_likelihood


def capacity_penalty(kl: tf.Tensor, gamma: float, capacity: tf.Tensor) -> tf.Tensor:
    """γ·|KL − C|, (B,): holds the rate near C nats; Burgess et al. 2018, eq. 8.

    Args:
        kl: (B,).
        gamma: γ, per nat.
        capacity: C in nats, scalar.
    """
    return gamma * tf.abs(kl - capacity)


def free_bits_penalty(kl_per_latent: tf.Tensor, floor: float) -> tf.Tensor:
    """Σ_l max(floor, KL_l averaged over the batch), (B,) alike for all; Kingma et al. 2016, eq. 15.

    A latent whose mean KL is below `floor` nats gets no gradient that pushes it lower.

    Args:
        kl_per_latent: (B, L).
        floor: λ in nats for each latent.
    """
    per_latent = tf.maximum(tf.reduce_mean(kl_per_latent, axis=0), floor)  # (L,)
    return tf.fill([tf.shape(kl_per_latent)[0]], tf.reduce_sum(per_latent))


def density_bits_per_dim(nats: float, dims: int) -> float:
    """Bits/dim of 8-bit data from −log p of its dequantised values in [0, 1]: (nats/D + ln 256)/ln 2.

    Theis et al. 2016, section 3.1: the density of x + u bounds the mass of the 8-bit x from below.
    """
    return (nats / dims + math.log(256.0)) / math.log(2.0)


def mass_bits_per_dim(nats: float, dims: int) -> float:
    """Bits/dim from −log of a probability mass over 8-bit values: nats/(D·ln 2)."""
    return nats / (dims * math.log(2.0))


def scale_of_mse_weight(weight: float, dims: int) -> float:
    """The Gaussian σ under which "mean squared error + w·KL" is the ELBO at β = 1: σ² = w·D/2.

    Multiplying (1/D)·‖x − m‖² + w·KL by D/2 gives ‖x − m‖²/2 + (w·D/2)·KL.

    Args:
        weight: w, with the squared error averaged over all D pixel values.
        dims: D. σ is in the units of the images that the squared error was taken of.
    """
    return math.sqrt(weight * dims / 2.0)


def mse_weight_of_scale(scale: float, dims: int, kl_weight: float = 1.0) -> float:
    """The w of "mean squared error + w·KL" that a Gaussian of σ `scale` and a KL weight β mean: w = 2βσ²/D."""
    return 2.0 * kl_weight * scale**2 / dims
