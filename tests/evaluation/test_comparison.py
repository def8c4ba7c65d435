import json

import pytest

from tfvae.errors import UserError
from tfvae.evaluation import comparison
from tfvae.evaluation.figures import Figure, Findings


def section(elbo, rate=20.0, **protocol):
    figures = {
        "elbo": Figure(elbo, "nats", 0.2, "higher"),
        "rate": Figure(rate, "nats"),
        "distortion": Figure(-elbo - rate, "nats", better="lower"),
    }
    return {**Findings(figures).to_json(), "protocol": {"samples": 500, **protocol}, "folder": "x", "seconds": 1}


def reports(*sections):
    return [{"run": f"run{i}", "weights_hash": "a", "tfvae": "0", "density": one} for i, one in enumerate(sections)]


def test_best_is_bold(tmp_path):
    comparison.write(tmp_path, reports(section(-90.25), section(-85.5), section(-99.25)))
    text = (tmp_path / "comparison.md").read_text()
    assert "| | run0 | run1 | run2 |" in text
    assert "| elbo | -90.25 ± 0.20 nats | **-85.50 ± 0.20 nats** | -99.25 ± 0.20 nats |" in text
    assert "| rate | 20 nats | 20 nats | 20 nats |" in text
    assert (tmp_path / "rate_distortion.png").exists()
    assert len(json.loads((tmp_path / "comparison.json").read_text())["runs"]) == 3


def test_what_was_measured_in_different_ways_is_not_compared(tmp_path):
    with pytest.raises(UserError, match=r"a and b were measured in different ways \(samples: 500 and 5000\)"):
        comparison.column_of_each({"a": section(-90.0), "b": section(-80.0, samples=5000)})
    comparison.write(tmp_path, reports(section(-90.0), section(-80.0, samples=5000)))
    text = (tmp_path / "comparison.md").read_text()
    assert "-80" not in text
    assert "Not compared: Density, for run0 and run1 were measured in different ways" in text
    assert not (tmp_path / "rate_distortion.png").exists()


def test_a_key_that_only_one_protocol_has_is_a_difference():
    with pytest.raises(UserError, match="extractor: None and x"):
        comparison.check_comparable({"a": {}, "b": {"extractor": "x"}})


def test_best_of_a_figure():
    def of(better, *values):
        return comparison.best({str(i): Figure(value, better=better) for i, value in enumerate(values)})

    assert of("lower", 3.0, 1.0, 2.0) == ["1"]
    assert of("higher", 3.0, 1.0, 3.0) == ["0", "2"]
    assert of("", 3.0, 1.0) == []
    assert of("lower", 3.0) == []
    assert of("lower", float("nan"), 3.0, 4.0) == ["1"]


def test_a_section_of_one_run_alone_is_no_comparison(tmp_path):
    one, other = reports(section(-90.0), section(-80.0))
    del other["density"]
    comparison.write(tmp_path, [one, other])
    assert "elbo" not in (tmp_path / "comparison.md").read_text()
