"""`vae.py` until its first training step is done: `python -m benchmarks.first_step FLAGS`, the flags of `vae.py`.

Everything until then happens as in any run; then the process ends, and nothing of a run but its configuration and its
examples is left.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import vae
from tfvae import quiet


def main(argv: Sequence[str]) -> None:
    """Runs `vae.py`, which does not come back from its first step."""
    import_tensorflow = quiet.import_tensorflow

    def import_and_watch() -> None:
        import_tensorflow()
        # Here, in the block that `vae.py` imports its parts in, and no earlier.
        from tfvae.training import profile

        profile.recorded = _ending

    quiet.import_tensorflow = import_and_watch
    vae.main(["vae.py", *argv])


@contextmanager
def _ending(*arguments: Any) -> Iterator[list[Any]]:
    """In place of `profile.recorded`: a callback that ends the process after a step."""
    del arguments
    import keras

    class Ending(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
            os._exit(0)

    yield [Ending()]


if __name__ == "__main__":
    main(sys.argv[1:])
