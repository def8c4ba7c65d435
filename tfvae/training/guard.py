"""Stops a run whose loss is no longer a number."""

import math

import keras

TERMS = {
    "reconstruction": "the reconstruction term −log p(x|z)",
    "kl": "the KL term",
    "sigma": "the decoder's σ",
    "gradient_norm": "the gradient",
    "loss": "the loss",
}


class NonFinite(ArithmeticError):
    """A term of the objective became NaN or infinite; the message names it and the step."""


class NonFiniteGuard(keras.callbacks.Callback):
    """Raises `NonFinite` at the first step with a NaN or an infinity, before anything of it is saved."""

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Logs are running means of the epoch, and NaN and infinities stay in a mean: one look is enough."""
        if logs is None or math.isfinite(float(logs["loss"])) and math.isfinite(float(logs["gradient_norm"])):
            return
        named = [words for name, words in TERMS.items() if name in logs and not math.isfinite(float(logs[name]))]
        step = int(self.model.optimizer.iterations)
        raise NonFinite(f"{named[0]} is not finite at step {step}")
