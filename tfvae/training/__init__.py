"""Callbacks for runs: checkpoints that resume bit for bit, pictures, log, progress, a guard against NaN."""
