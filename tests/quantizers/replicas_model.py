"""A small model, a few steps, and its weights."""

import keras
import numpy as np

from tfvae.likelihoods import Gaussian
from tfvae.models import VQVAE
from tfvae.networks import ResidualStack
from tfvae.quantizers import VectorQuantizer

SHAPE, CODES = (8, 8, 1), 7


def trained():
    """All weights after five steps of batches of 10, of which each of two replicas gets 5; and of a short one."""
    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    images = rng.random((46, *SHAPE)).astype(np.float32)
    network = ResidualStack(hidden=4, residual=3)
    quantizer = VectorQuantizer(codes=CODES, revive_after=2)
    model = VQVAE(network.encoder(SHAPE, 3), network.decoder(3, SHAPE), Gaussian(scale=0.5), quantizer, seed=1)
    network.adapt(model, lambda most: images[:most])
    vectors = rng.normal(size=(CODES, 3))
    vectors[4:] += 100  # dead, and revived
    quantizer.codebook.start(vectors)
    model.compile(keras.optimizers.SGD(1e-4))
    history = model.fit(images, batch_size=10, epochs=1, shuffle=False, verbose=0).history
    return [*model.get_weights(), np.float32(history["perplexity"]), np.float32(history["codes_used"])]
