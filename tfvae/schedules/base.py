"""The contract of every KL weight."""

import abc
import dataclasses
from typing import Any, ClassVar, Self

import tensorflow as tf

from tfvae.registry import Limits, limit_faults

TIMES = ("duration", "period")  # fields that are a length of time


@dataclasses.dataclass(frozen=True)
class KLWeight(abc.ABC):
    """β at a step, and the KL term of the training objective. Validation always uses β = 1.

    Plain data without state: the step is the optimiser's. A length of time is given in steps (an int) or as a
    share of the run (a float in (0, 1]) that `for_run` turns into steps.

    Attributes:
        limits: of numeric fields; written as a literal, for configurations are checked from the source text.
        by_latent: whether the penalty needs the KL of each latent; a literal too.

    Raises:
        ValueError: if a length of time is neither, or a number is outside its limits.
    """

    limits: ClassVar[Limits] = ()
    by_latent: ClassVar[bool] = False

    def __post_init__(self) -> None:
        found = limit_faults(self.limits, vars(self))
        if found:
            raise ValueError("; ".join(found))
        for name, value in self._times().items():
            if not ((isinstance(value, int) and value >= 1) or (isinstance(value, float) and 0 < value <= 1)):
                raise ValueError(f"{name} is {value!r}: expected steps (an int ≥ 1) or a share of the run in (0, 1]")

    @abc.abstractmethod
    def weight(self, step: tf.Tensor) -> tf.Tensor:
        """β at an optimiser step, scalar float32."""

    def penalty(self, kl_per_latent: tf.Tensor, step: tf.Tensor) -> tf.Tensor:
        """The KL term of the objective in nats, (B,): β·Σ_l KL_l unless a subclass says otherwise.

        Args:
            kl_per_latent: (B, L); (B, 1) where the KL is no sum over latents, unless the penalty is `by_latent`.
            step: the optimiser's, scalar int.
        """
        return self.weight(step) * tf.reduce_sum(kl_per_latent, axis=-1)

    @property
    def settled(self) -> int:
        """The step from which the objective no longer changes, or has been all it will be; best checkpoints wait."""
        return max((int(value) for value in self._times().values()), default=0)

    def for_run(self, total_steps: int) -> Self:
        """The same weight with shares of the run turned into steps.

        Raises:
            ValueError: if a time given in steps ends after `total_steps`.
        """
        steps = {}
        for name, value in self._times().items():
            steps[name] = max(1, round(value * total_steps)) if isinstance(value, float) else value
            if steps[name] > total_steps:
                raise ValueError(f"{name}={value} steps lies past the end of the run ({total_steps} steps)")
        return dataclasses.replace(self, **steps)

    def progress(self, step: tf.Tensor, time: int | float) -> tf.Tensor:
        """The share of `time` that has passed at `step`, scalar float32, not capped.

        Raises:
            ValueError: if `time` is still a share of the run.
        """
        if isinstance(time, float):
            raise ValueError(f"{self} is a share of the run: call .for_run(total_steps) first")
        return tf.cast(step, tf.float32) / time

    def _times(self) -> dict[str, int | float]:
        return {name: getattr(self, name) for name in TIMES if hasattr(self, name)}

    def get_config(self) -> dict[str, Any]:
        """The fields, as JSON types."""
        return dataclasses.asdict(self)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """The inverse of `get_config`."""
        return cls(**config)
