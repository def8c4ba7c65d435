"""PyTorch peers: as many weights as published and as ours, the same densities, training that trains."""

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from benchmarks.ours import built  # noqa: E402
from benchmarks.peers import densities  # noqa: E402
from benchmarks.peers.training import Steps, Trained  # noqa: E402
from benchmarks.suites import SUITES, training  # noqa: E402
from benchmarks.worker import resolve  # noqa: E402

# As published, where it is.
WEIGHTS = {
    "celeba64": 3_928_329,
    "gaussian_mnist": 935_251,
    "gaussian_celeba": 21_296_899,
    "inception_1": 5_950_969,
    "vq_64": 662_083,
    "mlp": 1_079_600,
}


def settings(name):
    return SUITES[name].measure


def peer(name):
    torch.manual_seed(0)
    return resolve(f"benchmarks.peers.{settings(name).peer}")()


def test_every_training_suite_is_here():
    assert set(WEIGHTS) == {name for name in SUITES if isinstance(SUITES[name].measure, training.TrainingSteps)}


@pytest.mark.parametrize("name", WEIGHTS)
def test_weights_are_as_many_as_published_and_as_ours(name):
    assert sum(weight.numel() for weight in peer(name).parameters()) == WEIGHTS[name]
    ours = built(settings(name).flags)
    assert sum(math.prod(weight.shape) for weight in ours.trainable_weights) == WEIGHTS[name]


@pytest.mark.parametrize("name", WEIGHTS)
def test_images_go_through(name):
    model = peer(name)
    images = torch.rand(2, *model.shape)
    loss = model(images)
    assert loss.shape == ()
    assert torch.isfinite(loss)
    found = model.encode(images)
    latents = found[0] if isinstance(found, tuple) else found
    assert model.decode(latents).shape == images.shape


@pytest.mark.parametrize("name", ["mlp", "gaussian_mnist", "vq_64"])
def test_training_lowers_the_objective(name):
    trained = Trained(f"benchmarks.peers.{settings(name).peer}", {"layout": "contiguous"})
    images = trained.configuration.tensor(
        np.full((4, *trained.model.shape[1:], trained.model.shape[0]), 0.2, "float32")
    )
    before = trained.model(images).item()
    assert trained.steps([images] * 15) == 60
    assert trained.model(images).item() < before


@pytest.mark.parametrize("layout", ["channels_last", "contiguous"])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_configurations_compute_the_same(layout, precision):
    trained = Trained("benchmarks.peers.celeba64:CelebA64", {"layout": layout, "precision": precision})
    images = np.random.default_rng(0).random((4, 64, 64, 3), np.float32)
    trained.model.eval()  # else the batch's own statistics magnify what is rounded
    with torch.no_grad():
        found = trained.configuration.function(trained.model.encode)(trained.configuration.tensor(images))[0]
        plain = peer("celeba64").eval()
        expected = plain.encode(torch.from_numpy(images).permute(0, 3, 1, 2).contiguous())[0]
    torch.testing.assert_close(found, expected, atol=1e-4 if precision == "float32" else 2e-2, rtol=0)


def test_one_pixel_is_spread_as_upsampling_does_it():
    from benchmarks.peers.inception import Spread

    maps = torch.rand(2, 3, 1, 1)
    assert torch.equal(Spread(8)(maps), torch.nn.Upsample(scale_factor=8)(maps))


def test_work_is_counted_in_images():
    work = Steps("benchmarks.peers.mlp:MLP", 5, {})
    assert work.run(3) == 15


def test_gaussian_density():
    images, mean = torch.rand(3, 2, 4, 4), torch.rand(3, 2, 4, 4)
    expected = -torch.distributions.Normal(mean, 0.3).log_prob(images).sum() / 3
    torch.testing.assert_close(densities.gaussian(images, mean, 0.3), expected)


def test_continuous_bernoulli_density():
    # The oracle's own series near λ = 1/2 is not met: there its normaliser is exact in float64.
    logits = torch.tensor([-8.0, -1.0, -0.3, 0.2, 2.0, 9.0]).reshape(1, 1, 2, 3)
    images = torch.rand(1, 1, 2, 3)
    oracle = torch.distributions.ContinuousBernoulli(logits=logits.double())
    expected = -oracle.log_prob(images.double()).sum().float()
    torch.testing.assert_close(densities.continuous_bernoulli(images, logits), expected)


@pytest.mark.parametrize("logit", [0.0, 1e-3, 9.9e-3, 1.01e-2])
def test_continuous_bernoulli_is_smooth_at_zero(logit):
    logits = torch.full((1, 1, 1, 1), logit, requires_grad=True)
    images = torch.full((1, 1, 1, 1), 0.5)
    found = densities.continuous_bernoulli(images, logits)
    found.backward()
    # At x = 1/2 the log density is −log(2·cosh(η/2)) + log(η/tanh(η/2)), of which the series is −η²/24.
    assert found.item() == pytest.approx(logit**2 / 24, abs=1e-6)
    assert torch.isfinite(logits.grad).all()


def test_kl_of_gaussians():
    mean, stddev = torch.randn(5, 3), torch.rand(5, 3) + 0.1
    q, p = torch.distributions.Normal(mean, stddev), torch.distributions.Normal(0.0, 1.0)
    expected = torch.distributions.kl_divergence(q, p).sum() / 5
    torch.testing.assert_close(densities.kl(mean, 2 * stddev.log()), expected)
    torch.testing.assert_close(densities.kl_of_stddev(mean, stddev), expected)


def test_mlp_has_the_objective_of_ours():
    """The same weights and no noise: the same terms. σ is 1, which ours does not limit."""
    import tensorflow as tf

    model, ours = peer("mlp"), built(settings("mlp").flags)
    with torch.no_grad():
        model.posterior.weight[16:] = 0
        model.posterior.bias[16:] = 0
    parts = [module for part in (model.encoder, model.posterior, model.decoder) for module in part.modules()]
    linear = [module for module in parts if isinstance(module, torch.nn.Linear)]
    dense = [layer for layer in (*ours.encoder.layers, *ours.decoder.layers) if layer.weights]
    for layer, other in zip(dense, linear, strict=True):
        layer.set_weights([other.weight.detach().numpy().T, other.bias.detach().numpy()])
    images = np.random.default_rng(0).random((6, 28, 28, 1), np.float32)
    terms = ours.terms(tf.constant(images), tf.zeros((6, 16)))
    pixels = torch.from_numpy(images).permute(0, 3, 1, 2)
    mean, log_variance = model.encode(pixels)
    likelihood, kl = densities.gaussian(pixels, model.decode(mean), 1.0), densities.kl(mean, log_variance)
    assert -float(np.mean(terms.log_likelihood)) == pytest.approx(likelihood.item(), rel=1e-5)
    assert float(np.mean(np.sum(terms.kl, axis=1))) == pytest.approx(kl.item(), rel=1e-4)
