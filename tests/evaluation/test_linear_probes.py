"""Linear probes on planted features."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score

from tfvae.errors import UserError
from tfvae.evaluation.embeddings import planes
from tfvae.evaluation.linear_probes import Set, majority, probe, standardise

CLASSES, SIZE = 4, 6


def planted_set(rng, count, distance):
    labels = rng.integers(0, CLASSES, count)
    return Set(rng.normal(size=(count, SIZE)) + distance * np.eye(CLASSES, SIZE)[labels], labels)


@pytest.fixture
def sets(rng):
    return lambda distance: (planted_set(rng, 600, distance), planted_set(rng, 800, distance))


def test_what_is_apart_is_told(sets):
    assert probe(*sets(20), 100, 2, seed=0).accuracy.value == 1


def test_noise_is_told_at_chance(sets):
    training, test = sets(0)
    found = probe(training, test, 500, 3, seed=0)
    for figure in (found.accuracy, found.balanced_accuracy):
        assert abs(figure.value - 1 / CLASSES) < 4 * figure.standard_error


def test_more_labels_help(sets):
    training, test = sets(2)
    found = [probe(training, test, number, 5, seed=0).accuracy for number in (10, 60, 600)]
    assert found[0].value < found[1].value < found[2].value + 2 * found[2].standard_error
    assert found[0].standard_error > found[2].standard_error


def test_all_labels_against_scikit_learn(sets):
    training, test = sets(1.5)
    found = probe(training, test, 600, 1, seed=0)
    told = LogisticRegression(max_iter=1000).fit(*training).predict(test.features)
    assert found.accuracy.value == pytest.approx(np.mean(told == test.labels), abs=0.003)
    assert found.balanced_accuracy.value == pytest.approx(balanced_accuracy_score(test.labels, told), abs=0.003)
    share = np.mean(told == test.labels)
    assert found.accuracy.standard_error == pytest.approx(np.sqrt(share * (1 - share) / 800), rel=0.02)


def test_the_same_seed_gives_the_same_figures(sets):
    training, test = sets(1)
    first, again, other = (probe(training, test, 50, 2, seed=seed) for seed in (1, 1, 2))
    assert first.accuracy == again.accuracy
    assert first.accuracy.value != other.accuracy.value


def test_several_attributes(rng):
    features = rng.normal(size=(900, 3))
    told, rare = features[:, 0] > 0, features[:, 1] > 1.5
    labels = np.stack([told, rare, rng.random(900) < 0.5, np.zeros(900, bool)], axis=1).astype(int)
    found = probe(Set(features[:500], labels[:500]), Set(features[500:], labels[500:]), 500, 1, seed=0)
    assert found.by_attribute[0] > 0.97
    assert abs(found.by_attribute[2] - 0.5) < 0.1
    assert np.isnan(found.by_attribute[3])  # one class only
    assert found.balanced_accuracy.value == pytest.approx(np.nanmean(found.by_attribute))
    accuracy, balanced = majority(labels[:500], labels[500:])
    expected = np.mean(labels[500:] == (labels[:500].mean(axis=0) > 0.5))
    assert accuracy.value == pytest.approx(expected)
    assert balanced.value == pytest.approx(0.5)
    assert found.accuracy.value > accuracy.value


def test_a_rare_attribute_without_an_example_is_told_as_absent(rng):
    labels = np.zeros((50, 2), int)
    labels[::2, 0] = 1
    tests = np.tile([[0, 0], [1, 1]], (10, 1))
    found = probe(Set(rng.normal(size=(50, 2)), labels), Set(rng.normal(size=(20, 2)), tests), 50, 1, seed=0)
    assert found.by_attribute[1] == 0.5


def test_the_error_of_balanced_accuracy_is_that_of_drawing_test_images_of_each_class(rng):
    truth = np.repeat([0, 1], [300, 60])
    features = (truth * 1.5 + rng.normal(size=360))[:, None]
    training = Set(np.array([[-0.25], [1.75]]), np.array([0, 1]))  # a threshold at 0.75
    found = probe(training, Set(features, truth), 2, 1, seed=0).balanced_accuracy
    right = (features[:, 0] > 0.75) == truth
    parts = [right[truth == kind] for kind in (0, 1)]
    expected = 0.5 * np.sqrt(sum(part.mean() * (1 - part.mean()) / len(part) for part in parts))
    assert found.value == pytest.approx(np.mean([part.mean() for part in parts]))
    assert found.standard_error == pytest.approx(expected, rel=0.02)


def test_a_collapsed_latent_is_not_blown_up(sets, rng):
    training, test = sets(20)
    healthy = standardise(training.features, np.full_like(training.features, 0.1), test.features)
    collapsed = standardise(1e-5 * training.features, np.ones_like(training.features), 1e-5 * test.features)
    for (one, other), least, most in ((healthy, 0.99, 1), (collapsed, 0, 0.35)):
        found = probe(Set(one, training.labels), Set(other, test.labels), 600, 1, seed=0)
        assert least <= found.accuracy.value <= most
    np.testing.assert_allclose(healthy[0].mean(axis=0), 0, atol=1e-9)
    constant = standardise(np.full((5, 2), 3.0), np.zeros((5, 2)))[0]
    assert not constant.any()


@pytest.mark.parametrize("number", [0, 601])
def test_labels_that_are_not_there_are_refused(sets, number):
    with pytest.raises(UserError, match="from 1 to the 600"):
        probe(*sets(1), number, 1, seed=0)


def test_planes_keep_clusters_apart(sets):
    training, _ = sets(20)
    codes, labels = training.features[:120], training.labels[:120]
    for places in planes(codes, seed=0).values():
        assert places.shape == (120, 2)
        centres = np.stack([places[labels == kind].mean(axis=0) for kind in range(CLASSES)])
        nearest = np.argmin(np.linalg.norm(places[:, None] - centres, axis=2), axis=1)
        assert np.mean(nearest == labels) > 0.7
    np.testing.assert_array_equal(planes(codes, seed=0)["t-SNE"], planes(codes, seed=0)["t-SNE"])


@pytest.mark.parametrize("codes", [np.ones((20, 3)), np.random.default_rng(0).normal(size=(3, 5))])
def test_what_has_no_neighbourhoods_has_no_tsne(codes):
    assert list(planes(codes, seed=0)) == ["PCA"]


def test_one_latent_is_a_line():
    places = planes(np.linspace(0, 1, 40)[:, None], seed=0)
    assert not places["PCA"][:, 1].any()
    assert places["t-SNE"].shape == (40, 2)
