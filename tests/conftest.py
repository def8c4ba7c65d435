"""What every test shares: quiet TensorFlow, the real data's folder, small batches."""

import os
import signal
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# What a shell starts in the background ignores Ctrl-C, and so would the programs that tests start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

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
