"""Perplexity and use of codes over an epoch, against scipy."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from tfvae.models.code_usage import CodeUsage


def test_over_all_batches_together(rng):
    codes = rng.choice(20, size=(90, 3, 2), p=rng.dirichlet(np.full(20, 0.3)))
    metric = CodeUsage(20)
    for batch in np.split(codes, [40, 80]):
        metric.update_state(tf.constant(batch, tf.int32))
    counts = np.bincount(codes.ravel(), minlength=20)
    found = {name: float(value) for name, value in metric.result().items()}
    assert found["perplexity"] == pytest.approx(np.exp(stats.entropy(counts)), rel=1e-5)
    assert found["codes_used"] == pytest.approx(np.mean(counts > 0))
    assert found["codes_used"] < 1
    metric.reset_state()
    assert float(metric.result()["codes_used"]) == 0


def test_all_alike_and_all_different():
    metric = CodeUsage(8)
    metric.update_state(tf.range(8))
    assert float(metric.result()["perplexity"]) == pytest.approx(8)
    metric.reset_state()
    metric.update_state(tf.fill((5, 2, 2), 3))
    assert float(metric.result()["perplexity"]) == pytest.approx(1)
