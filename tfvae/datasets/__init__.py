"""Data sets: `DATASETS[name](request, **options)` gives the images of one data set as `Splits`. No TensorFlow here.

To add one: write one file with `def load(request: Request, *, <options with defaults>) -> Splits`, and one line
here. Its keyword-only arguments are the options a configuration may set. Everything a loader needs is beside it:
`files` finds and downloads, `splitting` cuts, `ArraySource` and `FileSource` hold the images, and `pipeline` turns any
of them into batches. It is the only module that imports TensorFlow; `jpeg` and `preparing` do when they are used.
"""

from tfvae.registry import Registry

DATASETS = Registry(
    "dataset",
    __name__,
    {
        "arrays": "arrays:load",
        "binarized_mnist": "binarized_mnist:load",
        "celeba": "celeba:load",
        "cifar10": "cifar10:load",
        "digits": "digits:load",
        "fashion_mnist": "fashion_mnist:load",
        "folder": "folder:load",
        "mnist": "mnist:load",
        "prepared": "prepared:load",
    },
)
