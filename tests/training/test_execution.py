import numpy as np
import pytest
import tensorflow as tf

import tfvae
from tfvae.training import execution


def _model():
    network = tfvae.networks.MLP(units=(8,))
    model = tfvae.VAE(network.encoder((4, 4, 1), 4), network.decoder(2, (4, 4, 1)))
    model.compile("adam")
    return model


@pytest.mark.parametrize(("steps", "most", "expected"), [(12, 10, 6), (12, 1, 1), (7, 10, 7), (13, 10, 1), (10, 5, 5)])
def test_calls_divide_an_epoch(steps, most, expected):
    assert execution.arrange(_model(), steps, most) == expected


def test_the_steps_are_the_same_and_no_more_of_them():
    images = np.random.default_rng(0).random((24, 4, 4, 1), np.float32)
    batches = tf.data.Dataset.from_tensor_slices(images).batch(4).repeat()
    models, histories = [_model() for _ in range(2)], []
    models[1].set_weights(models[0].get_weights())
    for model, most in zip(models, (1, 3), strict=True):
        execution.arrange(model, 6, most)
        histories.append(model.fit(batches, steps_per_epoch=6, epochs=2, shuffle=False, verbose=0).history)
        assert int(model.optimizer.iterations) == 12
    assert histories[0] == histories[1]
    for one, other in zip(*(model.get_weights() for model in models), strict=True):
        np.testing.assert_array_equal(one, other)
