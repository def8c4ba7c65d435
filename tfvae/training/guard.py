"""Stops a run whose loss is no longer a number."""

import math

import keras

from tfvae.errors import NonFiniteError

TERMS = {
    "reconstruction": "the reconstruction term −log p(x|z)",
    "kl": "the KL term",
    "sigma": "the decoder's σ",
    "gradient_norm": "the gradient",
    "loss": "the loss",
}


class NonFiniteGuard(keras.callbacks.Callback):
    """Raises `NonFiniteError` at the first step with a NaN or an infinity, before anything of it is saved."""

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Logs are running means of the epoch, and NaN and infinities stay in a mean: one look is enough."""
        if logs is not None and not (math.isfinite(logs["loss"]) and math.isfinite(logs["gradient_norm"])):
            self._stop("", logs)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """A bound that is no number can be neither the best nor worse than another."""
        if logs is not None and not math.isfinite(logs.get("val_loss", 0.0)):
            self._stop("val_", logs)

    def _stop(self, prefix: str, logs: dict) -> None:
        found = [words for name, words in TERMS.items() if not math.isfinite(logs.get(prefix + name, 0.0))]
        where = " of the validation images" if prefix else ""
        raise NonFiniteError(
            f"{found[0]}{where} is not finite at step {int(self.model.optimizer.iterations)}: the run stopped, and "
            f"its last good checkpoint is kept; try a smaller --config.train.learning_rate, or "
            f"--config.train.clip_norm"
        )
