"""The images that a configuration names. No TensorFlow here."""

from tfvae.configuration import Config
from tfvae.datasets import DATASETS
from tfvae.datasets.base import Request, Splits
from tfvae.datasets.cached_source import keep


def load(config: Config, folder: str | None = None) -> Splits:
    """The data set of a configuration, cut as it says.

    Args:
        config: checked.
        folder: where to look, in place of the configuration's own `data.dir`.

    Raises:
        UserError: the data cannot be found or read.
    """
    data = config.data
    request = Request(
        dir=data.dir if folder is None else folder,
        image_shape=data.image_shape,
        validation=data.validation,
        seed=config.train.seed,
        on_bad_file=data.on_bad_file,
    )
    return keep(DATASETS[data.dataset.name](request, **data.dataset.options), int(data.cache_gib * 2**30))
