"""What every test shares: quiet TensorFlow, the real data's folder, small batches."""

import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import pytest


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real data that `TFVAE_DATA_DIR` names; a test that asks for it is skipped where there is none."""
    path = os.environ.get("TFVAE_DATA_DIR")
    if not path:
        pytest.skip("TFVAE_DATA_DIR is not set: no real data here")
    return Path(path)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)
