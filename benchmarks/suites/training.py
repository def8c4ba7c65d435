"""Training steps on batches in memory: ours beside PyTorch's in every configuration that could be its fastest."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks import machine
from benchmarks.contest import ROUNDS, Contest
from benchmarks.suite import Findings, Session, Suite
from benchmarks.targets import AtLeast, Target
from benchmarks.workers import Worker

EAGER, CONTIGUOUS, COMPILED = "eager, channels last", "eager, contiguous", "torch.compile, channels last"
CONFIGURATIONS = {
    EAGER: {"layout": "channels_last"},
    CONTIGUOUS: {"layout": "contiguous"},
    COMPILED: {"layout": "channels_last", "compiled": True},
}
# Precision of the peers → flags of ours.
PRECISIONS = {"float32": (), "bfloat16": ("--config.train.precision=mixed_bfloat16",)}
NO_BFLOAT16 = "bfloat16 is left out: this processor has neither avx512_bf16 nor amx_bf16, and is slower with it"


@dataclass(frozen=True)
class TrainingSteps:
    """Measures one model in each precision.

    Args:
        peer: "module:attribute" in `benchmarks.peers`.
        flags: of `vae.py`, for the same model.
        batch_size: images a step.
        targets: precision → what is to be reached.
        precisions: that are measured.
        most_rounds: fewer than usual where a step is long.
    """

    peer: str
    flags: Sequence[str]
    batch_size: int
    targets: dict[str, Target]
    precisions: Sequence[str] = ("float32", "bfloat16")
    most_rounds: int = ROUNDS

    def __call__(self, session: Session) -> Findings:
        """See `Suite.measure`."""
        possible = [name for name in self.precisions if name == "float32" or machine.has_bfloat16()]
        found = [session.compare(self.contest(name)) for name in possible]
        return Findings(found, notes=() if len(possible) == len(self.precisions) else (NO_BFLOAT16,))

    def contest(self, precision: str) -> Contest:
        """Ours and the peers in one precision."""
        flags = [*self.flags, f"--config.train.batch_size={self.batch_size}", *PRECISIONS[precision]]
        return Contest(
            name=precision,
            ours=Worker("ours", "benchmarks.ours:Steps", {"flags": flags}),
            peers=list(self._peers(precision)),
            target=self.targets.get(precision),
            most_rounds=self.most_rounds,
        )

    def _peers(self, precision: str) -> Iterator[Worker]:
        for name, configuration in CONFIGURATIONS.items():
            options = {
                "peer": f"benchmarks.peers.{self.peer}",
                "batch_size": self.batch_size,
                "configuration": {**configuration, "precision": precision},
            }
            yield Worker(name, "benchmarks.peers.training:Steps", options)


CELEBA64 = Suite(
    "Training steps of celeba64 (3.93 M weights, 64×64 faces), batch 128, beside PyTorch.",
    TrainingSteps(
        "celeba64:CelebA64",
        ("--config=celeba64",),
        128,
        {"float32": AtLeast(1.3), "bfloat16": AtLeast(1.1, (COMPILED,), "torch.compile")},
    ),
)
GAUSSIAN_MNIST = Suite(
    "Training steps of gaussian_mnist (0.94 M weights, 28×28 digits), batch 256, beside PyTorch.",
    TrainingSteps("gaussian_mnist:GaussianMNIST", ("--config=gaussian_mnist",), 256, {}, ("float32",)),
)
GAUSSIAN_CELEBA = Suite(
    "Training steps of gaussian_celeba (21.3 M weights, 64×64 faces), batch 128, beside PyTorch.",
    TrainingSteps("gaussian_celeba:GaussianCelebA", ("--config=gaussian_celeba",), 128, {}, most_rounds=3),
)
INCEPTION_1 = Suite(
    "Training steps of inception_1 (5.95 M weights, 256×256 grey pictures), batch 8, beside PyTorch.",
    TrainingSteps(
        "inception:Inception1",
        ("--config=inception_1", "--config.data.image_shape=(256,256,1)", "--config.data.num_images=1000"),
        8,
        {},
        most_rounds=3,
    ),
)
VQ_64 = Suite(
    "Training steps of vq_64 (0.66 M weights and 512 codes, 64×64 faces), batch 16, beside PyTorch.",
    TrainingSteps("vq_64:VQ64", ("--config=vq_64",), 16, {}),
)
MLP_FLAGS = (  # the objective of pythae's "mse" and its N(0, I) prior: half the squared error, and the KL
    "--config=gaussian_mnist",
    "--config.model.network=mlp(units=(512,256))",
    "--config.model.likelihood=gaussian(scale=1.0)",
    "--config.model.posterior=gaussian",
)
MLP = Suite(
    "Training steps of a 784-512-256-16 MLP (1.08 M weights, 28×28 digits), batch 256, beside PyTorch.",
    TrainingSteps("mlp:MLP", MLP_FLAGS, 256, {}, ("float32",)),
)
