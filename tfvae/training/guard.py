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
        if logs is None or (math.isfinite(float(logs["loss"])) and math.isfinite(float(logs["gradient_norm"]))):
            return
        named = [words for name, words in TERMS.items() if name in logs and not math.isfinite(float(logs[name]))]
        step = int(self.model.optimizer.iterations)
        raise NonFiniteError(
            f"{named[0]} is not finite at step {step}: the run stopped, and its last good checkpoint is kept; "
            f"try a smaller --config.train.learning_rate, or --config.train.clip_norm"
        )
