"""Imports TensorFlow without its chatter."""

import os
import sys
import tempfile


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
