"""A process that ends while a stream still reads ahead ends: after Ctrl-C, or a traceback that holds the iterator."""

import subprocess
import sys

import numpy as np

# With a bare tf.numpy_function this hung three times of three.
CODE = """
import sys
from tfvae.datasets import pipeline
from tfvae.datasets.base import Request
from tfvae.datasets.folder import load
source = load(Request(dir=sys.argv[1]), test_fraction=0.0).train
iterator = iter(pipeline.training_batches(source.subset([0] * 5000), 100, seed=0))
for _ in range(10):
    next(iterator)
print("left reading", flush=True)
"""


def test_process_ends_while_reading(encode, write_tree, rng):
    path = write_tree({"a.jpg": encode(rng.integers(0, 256, (200, 200, 3), np.uint8), "JPEG")})
    run = subprocess.run([sys.executable, "-c", CODE, str(path)], capture_output=True, text=True, timeout=60)
    assert (run.returncode, run.stdout) == (0, "left reading\n"), run.stderr
