import numpy as np
import pytest

from tfvae.evaluation.class_shares import figures_of, shares


def one_hot(classes, size=4, height=1.0):
    """Probabilities whose highest is `height`, the rest shared out."""
    rest = (1 - height) / (size - 1)
    return np.where(np.arange(size) == np.asarray(classes)[:, None], height, rest)


def values(*arguments):
    return {name: figure.value for name, figure in figures_of(*arguments).items()}


def test_the_same_images_differ_in_nothing():
    found = values(one_hot([0, 1, 2, 3, 3], height=0.7), one_hot([3, 3, 0, 1, 2]))
    assert found == {"confidence": pytest.approx(0.7), "classes": 4, "class_difference": 0}


def test_dropped_and_foreign_classes():
    # Half of the images are of class 0, which has a quarter of the others; class 3 is missing: (¼ + ¼)/2 … = ¼.
    found = values(one_hot([0, 0, 1, 2]), one_hot([0, 1, 2, 3]))
    assert (found["classes"], found["class_difference"]) == (3, pytest.approx(0.25))
    assert values(one_hot([0, 1]), one_hot([2, 3]))["class_difference"] == 1


def test_the_standard_error_is_that_of_the_mean():
    probabilities = np.concatenate([one_hot([0] * 50, height=0.9), one_hot([1] * 50, height=0.5)])
    confidence = figures_of(probabilities, probabilities)["confidence"]
    assert confidence.value == pytest.approx(0.7)
    assert confidence.standard_error == pytest.approx(0.2 / np.sqrt(99))


def test_shares_of_classes_that_no_image_has():
    np.testing.assert_array_equal(shares(one_hot([2, 2, 0])), [1 / 3, 0, 2 / 3, 0])
