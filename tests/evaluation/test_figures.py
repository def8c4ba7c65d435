import json
import math

import numpy as np
import pytest

from tfvae.evaluation.figures import Figure, Findings, mean


def test_mean_and_its_standard_error(rng):
    values = rng.normal(3, 2, 400)
    figure = mean(values, "nats", "lower")
    assert figure.value == pytest.approx(values.mean())
    assert figure.standard_error == pytest.approx(values.std(ddof=1) / 20)
    assert mean([5.0]).standard_error is None


@pytest.mark.parametrize(
    ("figure", "text"),
    [
        (Figure(-87.6412, "nats", 0.24681), "-87.64 ± 0.25 nats"),
        (Figure(0.0065123, "", 0.000043), "0.006512 ± 0.000043"),
        (Figure(12345.678), "12,346"),
        (Figure(0.0), "0"),
        (Figure(25.0, "latents"), "25 latents"),
        (Figure(3.2e-7), "3.2e-07"),
        (Figure(math.nan, "dB"), "nan dB"),
        (Figure(8123.4, "nats", 31.7), "8,123 ± 32 nats"),
        (Figure(3.25, "", 0.0), "3.2500 ± 0"),
    ],
)
def test_figures_in_words(figure, text):
    assert str(figure) == text


def test_findings_come_back_from_json():
    findings = Findings(
        {"elbo": Figure(-1.5, "nats", 0.1, "higher"), "units": Figure(3.0)}, ("a note",), {"a.png": "A picture"}
    )
    stored = json.loads(json.dumps({**findings.to_json(), "protocol": {"samples": 5}, "seconds": 1.0}))
    assert Findings.from_json(stored) == findings
    assert stored["elbo"] == {"value": -1.5, "standard_error": 0.1, "unit": "nats", "better": "higher"}


def test_what_json_has_not():
    stored = Figure(math.inf, "dB", math.nan).to_json()
    assert json.loads(json.dumps(stored, allow_nan=False))["value"] is None
    assert math.isnan(Figure.from_json(stored).value)
    assert np.isnan(Figure.from_json(Figure(math.nan).to_json()).value)
