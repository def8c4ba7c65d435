"""Two replicas learn what one learns from the whole batch."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import replicas_model

HERE = Path(__file__).resolve().parent


def test_two_replicas_equal_one_with_the_whole_batch(tmp_path):
    command = [sys.executable, str(HERE / "two_replicas.py"), str(tmp_path)]
    paths = os.pathsep.join([str(HERE.parent.parent), os.environ.get("PYTHONPATH", "")])
    found = subprocess.run(
        command, capture_output=True, text=True, timeout=300, env={**os.environ, "PYTHONPATH": paths}
    )
    assert found.returncode == 0, found.stderr
    expected = replicas_model.trained()
    (sums,) = (one for one in expected if one.shape == (replicas_model.CODES, 3))
    assert np.abs(sums).max() < 10  # codes that were dead have come back
    with np.load(tmp_path / "two.npz") as arrays:
        assert arrays["replicas"] == 2
        assert len(arrays) == len(expected) + 1
        for index, one in enumerate(expected):
            np.testing.assert_allclose(arrays[f"arr_{index}"], one, rtol=1e-3, atol=1e-5, err_msg=str(index))
