"""Processes that end after their first training step."""

import subprocess
import sys

import numpy as np
import pytest
import tiny


def run(module, *arguments):
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, cwd=tiny.ROOT, capture_output=True, text=True, timeout=300)


def test_ours_ends_in_the_run_s_first_epoch(tmp_path):
    data = tiny.save_pictures(tmp_path)
    done = run("benchmarks.first_step", *tiny.flags(data, tmp_path / "models")[1:])
    assert done.returncode == 0, done.stderr
    left = {path.name for path in (tmp_path / "models" / "run").iterdir()}
    assert {"config.json", "examples.npz"} <= left
    assert not left & {"log.csv", "report.json", "model.keras"}


def test_ours_says_what_is_wrong(tmp_path):
    done = run("benchmarks.first_step", "--config=nothing", f"--model_directory={tmp_path}")
    assert done.returncode != 0
    assert "nothing" in done.stderr


def test_the_peer_reads_its_images(tmp_path):
    pytest.importorskip("torch")
    np.savez(tmp_path / "images.npz", images=np.zeros((4, 64, 64, 3), np.uint8))
    peer = "benchmarks.peers.celeba64:CelebA64"
    assert run("benchmarks.peers.first_step", peer, str(tmp_path / "images.npz"), "4").returncode == 0
    assert run("benchmarks.peers.first_step", peer, str(tmp_path / "missing.npz"), "4").returncode != 0
