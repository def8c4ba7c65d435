"""The training and the validation step: noise, metrics, and what moves when."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvae import VAE
from tfvae.likelihoods import Gaussian
from tfvae.models.metrics import ActiveUnits
from tfvae.networks import MLP, StridedConv
from tfvae.posteriors.gaussian import Gaussian as GaussianPosterior
from tfvae.schedules import Capacity, Constant, Linear

SHAPE, LATENTS = (4, 4, 1), 3


@keras.saving.register_keras_serializable("tests")
class Recording(GaussianPosterior):
    """A posterior that remembers the noise it gave."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.given = Given()

    def noise(self, shape, seed):
        noise = super().noise(shape, seed)
        self.given.arrays.append(np.asarray(noise))
        return noise


class Given:
    def __init__(self):
        self.arrays = []


def make(seed=0, network=None, learning_rate=1e-2, **parts):
    network = network or MLP(units=(6,))
    model = VAE(
        network.encoder(SHAPE, 2 * LATENTS),
        network.decoder(LATENTS, SHAPE),
        **{"likelihood": Gaussian(scale=0.3), "posterior": Recording(), "seed": seed, **parts},
    )
    model.compile(keras.optimizers.SGD(learning_rate), run_eagerly=True)
    return model


def noise_of(model, act):
    model.posterior.given.arrays.clear()
    act()
    return list(model.posterior.given.arrays)


@pytest.fixture
def images(rng):
    return rng.random((10, *SHAPE)).astype(np.float32)


def fit(model, images, epochs=1, **kwargs):
    return model.fit(images, batch_size=4, epochs=epochs, shuffle=False, verbose=0, **kwargs).history


def test_training_noise_is_a_function_of_seed_and_step(images):
    first, again, other = (noise_of(model, lambda m=model: fit(m, images)) for model in map(make, (5, 5, 6)))
    assert [len(noise) for noise in first] == [4, 4, 2]
    assert not np.allclose(first[0], first[1])
    assert not np.allclose(first[0], other[0])
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, two)


def test_noise_goes_on_from_the_optimiser_s_step(images):
    whole, resumed = make(), make()
    expected = noise_of(whole, lambda: fit(whole, images))
    resumed.optimizer.build(resumed.trainable_variables)
    resumed.optimizer.iterations.assign(2)
    found = noise_of(resumed, lambda: fit(resumed, images[8:]))
    np.testing.assert_array_equal(found[0], expected[2])


def test_validation_noise_is_the_same_in_every_pass_and_differs_by_batch(images):
    model = make()
    first = noise_of(model, lambda: model.evaluate(images, batch_size=4, verbose=0))
    fit(model, images)
    second = noise_of(model, lambda: model.evaluate(images, batch_size=4, verbose=0))
    assert [len(noise) for noise in first] == [4, 4, 2]
    for one, two in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, two)
    assert not np.allclose(first[0], first[1])
    assert not np.allclose(first[1][:2], first[2])
    trained = noise_of(model, lambda: fit(model, images))
    assert not any(np.allclose(one[:2], two[:2]) for one in first for two in trained), "streams never meet"


def test_epoch_metrics_weigh_every_image_alike(images):
    images[8:] = 1.0  # the short last batch is quite unlike the others
    model = make(learning_rate=0.0)
    blind = model.decoder.layers[1]
    blind.set_weights([np.zeros_like(blind.get_weights()[0]), blind.get_weights()[1]])  # z is ignored: no noise
    decoded = np.asarray(model.reconstruct(images), np.float64)
    error = np.square(images - decoded).reshape(10, -1)
    q = model.encode(images)
    mean, stddev = np.asarray(q.mean(), np.float64), np.asarray(q.stddev(), np.float64)
    kl = np.sum(0.5 * (mean**2 + stddev**2 - 1) - np.log(stddev), axis=1)
    reconstruction = np.sum(error / (2 * 0.3**2) + 0.5 * np.log(2 * np.pi * 0.3**2), axis=1)
    expected = {
        "mse": error.mean(),
        "kl": kl.mean(),
        "reconstruction": reconstruction.mean(),
        "negative_elbo": (reconstruction + kl).mean(),
        "loss": (reconstruction + kl).mean(),
        "sigma": 0.3,
    }
    history = fit(model, images, validation_data=(images,), validation_batch_size=4)
    for name, value in expected.items():
        assert history[name][0] == pytest.approx(value, rel=1e-4), name
        assert history[f"val_{name}"][0] == pytest.approx(value, rel=1e-4), f"val_{name}"


def test_training_loss_has_the_kl_weight_and_validation_none(images):
    model = make(kl_weight=Constant(4.0), learning_rate=0.0)
    logs = {name: values[0] for name, values in fit(model, images, validation_data=(images,)).items()}
    assert logs["beta"] == 4.0
    assert logs["loss"] == pytest.approx(logs["reconstruction"] + 4 * logs["kl"], rel=1e-5)
    assert logs["negative_elbo"] == pytest.approx(logs["reconstruction"] + logs["kl"], rel=1e-5)
    assert logs["val_loss"] == pytest.approx(logs["val_reconstruction"] + logs["val_kl"], rel=1e-5)


def test_kl_weight_follows_the_optimiser_s_step(images):
    history = fit(make(kl_weight=Linear(6)), images, epochs=3)
    # Three steps an epoch: β = 0, 1/6, 2/6 | 3/6, 4/6, 5/6 | 1, 1, 1
    assert history["beta"] == pytest.approx([1 / 6, 4 / 6, 1.0])


def test_capacity_reaches_the_loss(images):
    model = make(kl_weight=Capacity(gamma=3.0, capacity=1000.0, duration=1), learning_rate=0.0)
    logs = {name: values[-1] for name, values in fit(model, images, epochs=2).items()}
    assert logs["loss"] == pytest.approx(logs["reconstruction"] + 3 * (1000 - logs["kl"]), rel=1e-5)


def test_gradient_norm_is_that_of_the_step(images):
    model = make(learning_rate=0.1)
    before = np.concatenate([weight.ravel() for weight in model.get_weights()])
    logs = model.train_step(tf.constant(images))
    after = np.concatenate([weight.ravel() for weight in model.get_weights()])
    # Plain SGD moves the weights by the learning rate times the gradient.
    assert float(logs["gradient_norm"]) == pytest.approx(np.linalg.norm(after - before) / 0.1, rel=1e-3)


def test_networks_run_once_a_step(rng):
    network = StridedConv(channels=(4,), batch_norm=True)
    images = rng.random((8, *SHAPE)).astype(np.float32)
    model = make(network=network)
    layers = model.encoder.layers
    at = next(i for i, layer in enumerate(layers) if isinstance(layer, keras.layers.BatchNormalization))
    before = keras.Model(model.encoder.input, layers[at].input)(images)
    model.train_step(tf.constant(images))
    # A moving average from 0 with momentum m, once: (1 − m) times the batch's mean. Twice would be (1 − m²) times.
    expected = (1 - layers[at].momentum) * np.mean(before, axis=(0, 1, 2))
    np.testing.assert_allclose(layers[at].moving_mean, expected, rtol=1e-4, atol=1e-7)
    moved = layers[at].moving_mean.numpy()
    model.evaluate(images, verbose=0)
    model.reconstruct(images)
    np.testing.assert_array_equal(layers[at].moving_mean, moved)


def test_active_units_against_numpy(rng):
    means = rng.normal(size=(50, 4)) * [1.0, 0.05, 0.2, 0.0] + [0.0, 3.0, -1.0, 2.0]  # variances 1, .0025, .04, 0
    metric = ActiveUnits(4)
    for batch in np.split(means, [32, 47]):
        metric.update_state(tf.constant(batch, tf.float32))
    assert float(metric.result()) == np.sum(means.var(axis=0) > 0.01) == 2
    metric.reset_state()
    assert float(metric.result()) == 0


def test_active_units_are_in_the_logs(images):
    model = make(learning_rate=0.0)
    expected = np.sum(np.asarray(model.encode(images).mean()).var(axis=0) > 0.01)
    assert fit(model, images)["active_units"] == [expected]


def test_sampling_is_a_function_of_the_seed():
    model = make()
    four, six = model.sample(4, seed=1), model.sample(6, seed=1)
    assert four.shape == (4, *SHAPE)
    np.testing.assert_allclose(four, six[:4], rtol=1e-5)
    assert not np.allclose(four, model.sample(4, seed=2))
    assert not np.allclose(model.sample(4), model.sample(4))
    cold = np.asarray(model.sample(6, seed=1, temperature=0.0))
    np.testing.assert_allclose(cold, np.broadcast_to(cold[:1], cold.shape), rtol=1e-5)
