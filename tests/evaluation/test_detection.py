"""AUROC and average precision against scikit-learn, their errors against the bootstrap."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.metrics import roc_curve as sklearn_roc_curve

from tfvae.errors import UserError
from tfvae.evaluation.detection import auroc, average_precision, roc_curve

ORACLES = [(auroc, roc_auc_score), (average_precision, average_precision_score)]


def scores(rng, ties=False, count=(300, 200)):
    inliers, outliers = rng.normal(0, 1, count[0]), rng.normal(1.2, 1.5, count[1])
    return (np.round(inliers), np.round(outliers)) if ties else (inliers, outliers)


def oracle(function, inliers, outliers):
    truth = np.repeat([0, 1], [len(inliers), len(outliers)])
    return function(truth, np.concatenate([inliers, outliers]))


@pytest.mark.parametrize(("ours", "theirs"), ORACLES)
@pytest.mark.parametrize("ties", [False, True])
def test_values_are_those_of_scikit_learn(ours, theirs, ties, rng):
    inliers, outliers = scores(rng, ties)
    assert ours(inliers, outliers).value == pytest.approx(oracle(theirs, inliers, outliers), abs=1e-12)
    assert ours(outliers, inliers).value == pytest.approx(oracle(theirs, outliers, inliers), abs=1e-12)


@pytest.mark.parametrize(("ours", "theirs"), ORACLES)
@pytest.mark.parametrize("ties", [False, True])
def test_standard_errors_are_those_of_the_bootstrap(ours, theirs, ties, rng):
    inliers, outliers = scores(rng, ties)
    found = [oracle(theirs, rng.choice(inliers, len(inliers)), rng.choice(outliers, len(outliers))) for _ in range(400)]
    assert ours(inliers, outliers).standard_error == pytest.approx(np.std(found), rel=0.15)


def test_delong_by_its_definition(rng):
    inliers, outliers = scores(rng, ties=True, count=(30, 20))
    wins = (outliers[:, None] > inliers) + 0.5 * (outliers[:, None] == inliers)
    expected = wins.mean(axis=1).var(ddof=1) / 20 + wins.mean(axis=0).var(ddof=1) / 30
    assert auroc(inliers, outliers).standard_error == pytest.approx(np.sqrt(expected))


def test_ends_of_the_scale():
    low, high = [0.0, 1.0, 2.0], [3.0, 4.0]
    assert (auroc(low, high).value, auroc(high, low).value) == (1, 0)
    assert average_precision(low, high).value == 1
    same = np.zeros(5)
    assert auroc(same, same).value == 0.5
    assert average_precision(same, np.zeros(15)).value == 0.75  # the outliers' share


def test_the_curve_is_scikit_learns_and_has_the_area(rng):
    inliers, outliers = scores(rng, ties=True)
    false, hit = roc_curve(inliers, outliers)
    truth = np.repeat([0, 1], [len(inliers), len(outliers)])
    expected = sklearn_roc_curve(truth, np.concatenate([inliers, outliers]), drop_intermediate=False)
    np.testing.assert_allclose([false, hit], expected[:2], atol=1e-12)
    assert np.trapezoid(hit, false) == pytest.approx(auroc(inliers, outliers).value)


@pytest.mark.parametrize("bad", [[1.0], [[1.0, 2.0]], [1.0, np.nan]])
def test_what_cannot_be_ranked_is_refused(bad):
    with pytest.raises(UserError, match="scores of outliers"):
        auroc([0.0, 1.0], bad)
