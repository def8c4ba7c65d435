"""Imports TensorFlow without its chatter, and without what it brings along for others."""

import gc
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# What Keras and TensorFlow Probability import at their start where it is installed, for wrappers, galleries and
# augmentations that no training here uses: a quarter of the time that importing all of them takes.
TRAINING_NEEDS_NO = ("sklearn", "matplotlib", "scipy.ndimage")
# A SavedModel is served by TensorFlow alone.
SERVING_NEEDS_NO = ("keras", "scipy", "h5py")


@contextmanager
def lean_imports(*without: str) -> Iterator[None]:
    """Importing large packages in this block takes half as long.

    The garbage collector rests meanwhile: it would look through all that the modules define again and again, and finds
    nothing that can go. What they define is never looked through afterwards either.

    Args:
        without: modules that are taken for not installed inside the block, unless they are imported already. What
            can do without them does so for good; they themselves can be imported after the block.
    """
    hidden = [name for name in without if name not in sys.modules]
    known: dict[str, Any] = sys.modules
    known.update(dict.fromkeys(hidden))  # None is Python's own mark for "cannot be imported"
    resting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        for name in hidden:
            del known[name]
        gc.freeze()
        if resting:
            gc.enable()


def import_tensorflow() -> None:
    """Imports TensorFlow with its start-up messages held back; they are shown if the import fails.

    They are written by C++ before any setting can silence them, straight to file descriptor 2.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    sys.stderr.flush()
    saved = os.dup(2)
    with tempfile.TemporaryFile() as messages:
        os.dup2(messages.fileno(), 2)
        try:
            import tensorflow

            tensorflow.config.list_physical_devices()  # looks for a GPU, and grumbles where there is none
        except Exception:
            messages.seek(0)
            os.write(saved, messages.read())
            raise
        finally:
            os.dup2(saved, 2)
            os.close(saved)
