"""`vae.py` in a process of its own that does not outlive the one that has begun it.

`python -m tfvae.experiments.child VAE.PY FLAG…`: standard input is a pipe that nothing is written to. When its other
end is closed, for that process was killed, training is asked to stop as by SIGTERM: it saves where it is.
"""

import os
import runpy
import signal
import sys
import threading


def stop_when_alone() -> None:
    """Waits for the end of standard input, and then asks this process to stop."""
    os.read(0, 1)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=stop_when_alone, daemon=True).start()
    script = sys.argv[1]
    sys.argv = sys.argv[1:]
    runpy.run_path(script, run_name="__main__")
