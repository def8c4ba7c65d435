"""PyTorch implementations of the systems that ours is measured beside, one file each, written from their layer tables.

A peer is a `torch.nn.Module` that is called with images (B, C, H, W) in [0, 1] and gives −ELBO in nats, averaged over
the batch; it has `shape`, `learning_rate`, `encode` and `decode`. What decides the speed and not the numbers (layouts,
compiling, precision) is in `setup.py`; `training.py`, `epochs.py` and `inference.py` are the work of workers.
"""
