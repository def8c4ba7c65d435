"""Models with planted faults, and what a section needs to measure them."""

from types import SimpleNamespace

from tfvae.configuration import Config
from tfvae.datasets.array_source import ArraySource
from tfvae.evaluation.functions import Functions
from tfvae.evaluation.subject import ImageSet, Options, Subject


def subject(images, functions, pixels="unit", seed=0):
    """A subject of images (N, H, W, C) and functions, without a run."""
    chosen = ImageSet("test", ArraySource(images), pixels, seed)
    found = Subject("planted", SimpleNamespace(), Config(), chosen, chosen, (), Options(seed=seed))
    vars(found)["functions"] = functions  # in the place where the property keeps what it has built
    return found


def functions(**given):
    """Functions of which only those given can be called."""
    absent = dict.fromkeys(("encode", "reconstruct", "decode", "bound", "log_weights", "prior"))
    return Functions(**{**absent, "floats_per_decode": 1, **given})
