"""Judges and what they say of decoded pictures, on models whose answers are known."""

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tfvae.datasets.array_source import ArraySource
from tfvae.evaluation.subject import ImageSet
from tfvae.inference.attributes import judges
from tfvae.inference.attributes.effects import BOTH, LATENTS, PICTURES, Judges, drift, effects, measure

STARTS = np.array([[0.0], [0.3], [0.6], [0.95]])
VECTOR = np.array([0.5])


class Clipping:
    """One latent, which is the brightness of a picture of one pixel: above 1, nothing more changes."""

    def decode(self, latents):
        return np.clip(latents, 0, 1)[:, None, None]

    def encode(self, images):
        return images[:, 0, 0], np.zeros_like(images[:, 0, 0])


BRIGHTNESS = Judges(
    latents=lambda latents: 4 * latents[:, 0] - 2,
    # Of the attribute: as it is, but blind for what is dark. Of another: the opposite.
    pictures=lambda images: np.stack([np.maximum(images[:, 0, 0, 0], 0.7), -images[:, 0, 0, 0]], axis=1),
)


@pytest.fixture
def scores():
    return measure(Clipping(), BRIGHTNESS, STARTS, VECTOR, [-1, 1, 0.5])


def test_strengths_are_in_order_and_have_a_zero(scores):
    assert scores.strengths == (-1, 0, 0.5, 1)
    assert scores.latents.shape == (4, 4)
    assert scores.pictures.shape == (4, 4, 2)


def test_shares_that_rose_are_counted_by_hand(scores):
    found = {effect.strength: effect for effect in effects(scores, 0)}
    assert [found[1].rose[judge].value for judge in (LATENTS, PICTURES, BOTH)] == [1, 0.75, 0.75]
    assert [found[0.5].rose[judge].value for judge in (LATENTS, PICTURES, BOTH)] == [1, 0.5, 0.5]
    assert all(figure.value == 0 for strength in (-1, 0) for figure in found[strength].rose.values())
    assert found[1].rose[PICTURES].standard_error == pytest.approx(0.25)
    expected = 1 / (1 + np.exp(2 - 4 * np.clip(STARTS + 0.5, 0, 1)))
    assert found[1].score[LATENTS].value == pytest.approx(expected.mean())


def test_both_must_rise_on_the_same_image():
    split = Judges(lambda latents: latents[:, 0], lambda images: -images[:, 0, 0])
    found = effects(measure(Clipping(), split, STARTS, VECTOR, [1]), 0)[-1]
    assert [found.rose[judge].value for judge in (LATENTS, PICTURES, BOTH)] == [1, 0, 0]


def test_drift_is_in_spreads_of_the_start(scores):
    start, end = STARTS, np.clip(STARTS + 0.5, 0, 1)
    assert drift(scores, 1)[1] == pytest.approx((start - end).mean() / start.std())
    constant = measure(Clipping(), BRIGHTNESS, np.zeros((3, 1)), VECTOR, [1])
    assert np.isfinite(drift(constant, 1)).all()


def test_the_judge_of_latents_is_a_logistic_regression(rng):
    has = rng.random(300) < 0.4
    means, others = rng.normal(size=(300, 4)) * 7 + 5 * has[:, None], rng.normal(size=(50, 4)) * 7
    told = judges.of_latents(means, np.zeros_like(means), has)(others)
    expected = make_pipeline(StandardScaler(), LogisticRegression()).fit(means, has).predict_proba(others)[:, 1]
    np.testing.assert_allclose(judges.probability(told), expected, rtol=1e-4)


def test_trust_is_that_of_held_out_images():
    log_odds, has = np.array([3, 1, -1, 2, -2, -3.0]), np.array([True, True, True, False, False, False])
    found = judges.trust(log_odds, has)
    assert found.accuracy.value == pytest.approx(4 / 6)
    assert found.auroc.value == pytest.approx(7 / 9)


@pytest.mark.parametrize("several", [False, True])
def test_the_judge_of_pictures_gives_log_odds(several, rng, tmp_path, monkeypatch):
    monkeypatch.setenv("TFVAE_CACHE_DIR", str(tmp_path))
    images = rng.integers(0, 256, (30, 8, 8, 1), dtype=np.uint8)
    labels = rng.integers(0, 2, (30, 3)) if several else np.arange(30) % 3
    found = judges.of_pictures(ImageSet("train", ArraySource(images, labels), "unit", 0))
    given = np.float32(images / 255)
    log_odds = found.log_odds(given)
    assert log_odds.shape == (30, 3)
    assert list(tmp_path.rglob("classifier-*.npz"))
    weight, bias = (found._fitted[1][f"weights_{index}"] for index in (8, 9))  # of the last layer
    logits = found.features(given) @ weight + bias
    odds = np.exp(logits) if several else softmax(logits, axis=1) / (1 - softmax(logits, axis=1))
    np.testing.assert_allclose(log_odds, np.log(odds), atol=1e-4)
