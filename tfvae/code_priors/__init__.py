"""Priors on codes p(c), where c is a map of whole numbers: the second stage of a two-stage model.

To add one: write one file with a subclass of `CodePrior`, and one line here.
"""

from tfvae.registry import Registry

CODE_PRIORS = Registry("code prior", __name__, {"pixelcnn": "pixelcnn:GatedPixelCNN"})

__getattr__ = CODE_PRIORS.attribute
