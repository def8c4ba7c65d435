"""The labels that a prior on codes learns classes from."""

from tfvae.code_priors import CODE_PRIORS
from tfvae.configuration import Config
from tfvae.datasets.base import Splits
from tfvae.errors import UserError
from tfvae.first_stage import family_of
from tfvae.models.base import AbstractVAE
from tfvae.models.two_stage import TwoStage


def check(config: Config, found: Splits) -> None:
    """Refuses a prior on codes that has classes, where the training images have no labels that are such.

    Raises:
        UserError: they have none, or attributes, or labels outside the classes that there are to be.
    """
    if not family_of(config):
        return
    component, labels = config.model.code_prior, found.train.labels
    classes, data = CODE_PRIORS[component.name](**component.options).num_classes, config.data.dataset.name
    without = "or leave num_classes out for a prior without classes"
    if not classes:
        return
    said = f"config.model.code_prior is {component}: "
    if labels is None:
        raise UserError(
            f"{said}the images of {data} have no labels: expected a class of each; give images with labels, {without}"
        )
    if labels.ndim != 1:
        raise UserError(
            f"{said}the labels of {data} are attributes, {labels.shape}: expected one class of each image, (N,); give "
            f"images with such labels, {without}"
        )
    low, high = int(labels.min()), int(labels.max())
    if low < 0:
        raise UserError(
            f"{said}the labels of {data} go from {low} to {high}: expected classes from 0 on; number them so, {without}"
        )
    if high >= classes:
        raise UserError(
            f"{said}the labels of {data} go from {low} to {high}: expected num_classes={high + 1}, {without}"
        )


def set_shares(model: AbstractVAE, found: Splits) -> None:
    """Gives a prior that has classes the frequencies of the training labels; leaves any other model as it is."""
    if isinstance(model, TwoStage) and model.num_classes and found.train.labels is not None:
        model.code_prior.set_class_shares(found.train.labels)
