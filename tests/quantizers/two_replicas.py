"""Trains on two replicas in a process of its own, for devices are chosen once: `python two_replicas.py FOLDER`."""

import sys
from pathlib import Path

import numpy as np
import tensorflow as tf

if __name__ == "__main__":
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    import replicas_model

    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    with strategy.scope():
        weights = replicas_model.trained()
    np.savez(Path(sys.argv[1]) / "two.npz", *weights, replicas=strategy.num_replicas_in_sync)
