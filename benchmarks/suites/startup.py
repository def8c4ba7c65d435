"""Whole processes: `vae_inference.py` to its first pictures, and `vae.py` to its first training step.

Inference is measured to the end of a process that makes one picture: the picture is there a tenth of a second earlier.
Training is measured to the end of its first step, where both sides leave the process at once. Both read the same
pictures of noise, from one file.
"""

from pathlib import Path

import numpy as np

from benchmarks.commands import Command
from benchmarks.contest import Contest
from benchmarks.sides import HOME
from benchmarks.suite import Findings, Session, Suite
from benchmarks.targets import AtMostLonger
from benchmarks.workers import call

BATCH_SIZE, SHAPE = 128, (64, 64, 3)
BARE = Command("import tensorflow", ["python", "-c", "import tensorflow"])
ONE_PICTURE = "--only=reconstructions"


def _measure(session: Session) -> Findings:
    images = np.random.default_rng(0).integers(0, 256, (5 * BATCH_SIZE, *SHAPE), np.uint8)
    path = session.folder / "images.npz"
    np.savez(path, images=images)
    runs = {"the run that is shipped": HOME / "model_directory" / "example", "celeba64": _run(session.folder, images)}
    found = [session.compare(_inference(name, run, session.folder)) for name, run in runs.items()]
    return Findings([*found, session.compare(_training(path, session.folder))])


def _run(folder: Path, images: np.ndarray) -> Path:
    """As much of a finished run of `celeba64` as pictures are made from, with its first weights."""
    run = folder / "celeba64"
    call("benchmarks.served:export", flags=["--config=celeba64"], folder=str(run / "serving"))
    np.savez(run / "examples.npz", images=images[:64].astype(np.float32) / 255)
    return run


def _inference(name: str, run: Path, folder: Path) -> Contest:
    argv = ["python", "vae_inference.py", f"--run={run}", f"--output_dir={folder / 'pictures'}", ONE_PICTURE]
    return Contest(
        name=f"first picture, {name}",
        ours=Command(f"vae_inference.py {ONE_PICTURE}", argv),
        peers=[BARE],
        items="starts",
        target=AtMostLonger(2.0),
        amount=1,
    )


def _training(images: Path, folder: Path) -> Contest:
    flags = [
        "--config=celeba64",
        "--config.data.dataset=arrays",
        f"--config.data.dir={images}",
        f"--config.train.batch_size={BATCH_SIZE}",
        f"--model_directory={folder / 'models'}",
    ]
    peer = ["benchmarks.peers.celeba64:CelebA64", str(images), str(BATCH_SIZE)]
    return Contest(
        name="first training step, celeba64",
        ours=Command("vae.py", ["python", "-m", "benchmarks.first_step", *flags]),
        peers=[Command("a bare PyTorch script, eager", ["python", "-m", "benchmarks.peers.first_step", *peer])],
        items="starts",
        amount=1,
    )


STARTUP = Suite("Start-up: vae_inference.py to its first picture, vae.py to its first training step.", _measure)
