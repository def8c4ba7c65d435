"""Whole epochs with data, MNIST: ours beside pythae's trainer and loader, and beside bare PyTorch loops."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.contest import Contest, of_peers
from benchmarks.suite import Findings, Session, Suite
from benchmarks.suites.training import CONFIGURATIONS, EAGER, MLP_FLAGS
from benchmarks.targets import AtLeast
from benchmarks.workers import Worker, call

BATCH_SIZE, LATENTS = 256, 16
PYTHAE = "pythae's trainer and loader"
ROUNDS = 3  # an epoch takes seconds


class Model(NamedTuple):
    """What is trained.

    Attributes:
        peer: "module:attribute" in `benchmarks.peers`.
        flags: of `vae.py`, for the same model.
    """

    peer: str
    flags: Sequence[str]


MODELS = {
    "gaussian_mnist": Model("gaussian_mnist:GaussianMNIST", ("--config=gaussian_mnist",)),
    "mlp": Model("mlp:MLP", MLP_FLAGS),
}
ALL_IMAGES = ("--config.data.validation=0", f"--config.train.batch_size={BATCH_SIZE}")


def _measure(session: Session) -> Findings:
    images = session.folder / "images.npy"
    call("benchmarks.ours:save_images", flags=["--config=gaussian_mnist", *ALL_IMAGES], path=str(images))
    found = []
    for name, model in MODELS.items():
        ours = Worker("ours", "benchmarks.ours:Epochs", {"flags": [*model.flags, *ALL_IMAGES]})
        pythae, bare = [_pythae(model, images)], list(_bare(model, images))
        held = session.compare(Contest(name, ours, [*pythae, *bare], amount=1, most_rounds=ROUNDS))
        found += [
            of_peers(held, f"{name}, beside pythae", pythae, AtLeast(2, who="pythae's trainer")),
            of_peers(held, f"{name}, beside bare loops", bare, AtLeast(1.2, who="the fastest bare loop")),
        ]
    return Findings(found, notes=[NOTE])


NOTE = (
    "pythae has half the squared error for likelihood (σ = 1) and reads log σ² of the same networks; its callbacks "
    "between epochs, copies of the best model and checkpoints are not measured"
)


def _pythae(model: Model, images: Path) -> Worker:
    options = {
        "peer": f"benchmarks.peers.{model.peer}",
        "latents": LATENTS,
        "batch_size": BATCH_SIZE,
        "images": str(images),
    }
    return Worker(PYTHAE, "benchmarks.peers.with_pythae:Epochs", options)


def _bare(model: Model, images: Path) -> Iterator[Worker]:
    ways = [(f"rows of a tensor, {name}", "rows", found) for name, found in CONFIGURATIONS.items()]
    ways.append((f"DataLoader, {EAGER}", "loader", CONFIGURATIONS[EAGER]))
    for title, loading, configuration in ways:
        options = {
            "peer": f"benchmarks.peers.{model.peer}",
            "batch_size": BATCH_SIZE,
            "configuration": configuration,
            "images": str(images),
            "loading": loading,
        }
        yield Worker(title, "benchmarks.peers.epochs:Epochs", options)


EPOCHS = Suite(
    "Whole epochs over the 60,000 images of MNIST, batch 256, float32, beside pythae and bare loops.", _measure
)
