"""The section on codes: planted codes in, their entropy out."""

import numpy as np
import planted
import pytest
from scipy import stats

from tfvae.configuration import Component
from tfvae.evaluation.sections.codes import Codes

COUNT, CODES = 300, 16  # more than one batch


def measure(images, codes_of, folder):
    functions = planted.functions(
        codes=lambda batch: (codes_of(batch), np.repeat(codes_of(batch)[..., None], 3, axis=-1).astype(np.float32)),
        num_codes=CODES,
        reconstruct=lambda batch: batch,
    )
    subject = planted.subject(images, functions)
    subject.config.model.family = Component("vqvae")
    assert not Codes().left_out(subject)
    return Codes().measure(subject, folder)


def test_figures_are_those_of_all_images_together(rng, tmp_path):
    images = rng.random((COUNT, 8, 4, 1)).astype(np.float32)

    def codes_of(batch):
        return np.int32(batch[:, ::4, ::4, 0] ** 2 * 10)  # (B, 2, 1), from 0 to 9

    found = measure(images, codes_of, tmp_path)
    values = {name: figure.value for name, figure in found.figures.items()}
    counts = np.bincount(codes_of(images).ravel(), minlength=CODES)
    entropy = stats.entropy(counts, base=2)
    assert values["perplexity"] == pytest.approx(2**entropy)
    assert values["codes"] == 16
    assert values["codes_used"] == 10
    assert values["share_used"] == pytest.approx(10 / 16)
    assert values["places"] == 2
    assert values["rate"] == pytest.approx(2 * 4 / 32)  # bits of a code, pixels
    assert values["rate_of_counts"] == pytest.approx(2 * entropy / 32)
    with np.load(tmp_path / "counts.npz") as arrays:
        np.testing.assert_array_equal(arrays["counts"], counts)
    assert all((tmp_path / name).stat().st_size > 0 for name in found.pictures)
    assert "few for" not in " ".join(found.notes)


def test_few_places_are_said_to_be_few(rng, tmp_path):
    images = rng.random((9, 4, 4, 1)).astype(np.float32)
    found = measure(images, lambda batch: np.zeros((len(batch), 1, 1), np.int32), tmp_path)
    assert "9 places are few for 16 codes" in found.notes[0]
    assert found.figures["perplexity"].value == 1


def test_other_families_have_none(rng):
    subject = planted.subject(rng.random((9, 4, 4, 1)).astype(np.float32), planted.functions())
    assert "latents of the family vae are no codes" in Codes().left_out(subject)
