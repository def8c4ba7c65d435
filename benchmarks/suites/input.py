"""Images of CelebA as batches in the consumer's hands: JPEG files, prepared shards and memory, beside DataLoaders."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

from benchmarks.contest import Contest
from benchmarks.sides import HOME
from benchmarks.suite import Findings, Session, Suite
from benchmarks.targets import AtLeast, Target
from benchmarks.workers import Worker
from tfvae.errors import UserError

SHAPE = {"batch_size": 128, "size": 64}
BATCHES, ROUNDS = 240, 3  # where ours is fast: a turn of a DataLoader is some seconds
NOTE = (
    "Batches of 128 images of 64×64×3, float32 in [0, 1], in a new order each epoch, from the files of a folder; both "
    "sides make the same pixels, to within one level of 255 (tested). Ours reads in threads of one process."
)


def _measure(session: Session) -> Findings:
    folder = _unpacked(session.folder)
    _prepare(folder, session.folder / "prepared")
    prepared, loaders = session.folder / "prepared", _loaders(folder)
    contests = [
        Contest("JPEG files, cropped and resized", _ours("celeba", folder), loaders, target=AtLeast(1.3)),
        Contest("JPEG files, beside a decoder that does nothing else", _ours("celeba", folder), _decoders(folder)),
        _fast("prepared shards", _ours("prepared", prepared), loaders[:2], AtLeast(10)),
        _fast("second epoch, kept in memory", _ours("celeba", folder, in_memory=True), loaders[:2], None),
    ]
    return Findings([session.compare(contest) for contest in contests], notes=[NOTE])


def _fast(name: str, ours: Worker, peers: list[Worker], target: Target | None) -> Contest:
    return Contest(name, ours, peers, target=target, amount=BATCHES, most_rounds=ROUNDS)


def _unpacked(folder: Path) -> Path:
    """The images as files, which a DataLoader reads faster than a zip, and their lists.

    Raises:
        UserError: `TFVAE_DATA_DIR` does not hold them.
    """
    data = Path(os.environ.get("TFVAE_DATA_DIR", "")).expanduser()
    archive, partition = data / "img_align_celeba.zip", data / "list_eval_partition.txt"
    if not archive.is_file() or not partition.is_file():
        raise UserError("set TFVAE_DATA_DIR to a folder with img_align_celeba.zip and list_eval_partition.txt")
    target = folder / "celeba"
    with zipfile.ZipFile(archive) as files:
        files.extractall(target)
    (target / partition.name).write_bytes(partition.read_bytes())
    return target


def _prepare(source: Path, output: Path) -> None:
    flags = ["--dataset=celeba", f"--data_dir={source}", f"--output={output}"]
    command = [sys.executable, "-m", "tfvae.datasets.prepare", *flags]
    done = subprocess.run(command, cwd=HOME, capture_output=True, text=True)
    if done.returncode:
        raise UserError(done.stderr.strip())


def _ours(dataset: str, folder: Path, **options: bool) -> Worker:
    return Worker("ours", "benchmarks.feeding:Batches", {"dataset": dataset, "folder": str(folder), **SHAPE, **options})


def _loaders(folder: Path) -> list[Worker]:
    kinds = {
        "DataLoader, 2 workers": {"workers": 2, "floats_by": "worker"},
        "DataLoader, 2 workers that send bytes": {"workers": 2, "floats_by": "consumer"},
        "DataLoader, no workers": {"workers": 0, "floats_by": "worker"},
    }
    images = {"folder": str(folder / "img_align_celeba"), **SHAPE}
    return [Worker(name, "benchmarks.peers.loading:Batches", {**images, **kind}) for name, kind in kinds.items()]


def _decoders(folder: Path) -> list[Worker]:
    images = str(folder / "img_align_celeba")
    return [
        Worker(f"{name} alone, 2 threads", "benchmarks.feeding:Decoder", {"folder": images, "name": name})
        for name in ("Pillow", "TensorFlow")
    ]


INPUT = Suite("Images of CelebA → batches, beside torch's DataLoader and bare decoders.", _measure)
