"""The last step of the loaders that read files: leave out what cannot be decoded, and check what is left."""

from tfvae.datasets.base import Request, Splits
from tfvae.datasets.file_source import FileSource
from tfvae.errors import UserError


def assemble(
    request: Request,
    train: FileSource,
    validation: FileSource | None,
    test: FileSource | None,
    notes: tuple[str, ...],
) -> Splits:
    """`Splits` of file sources, after `request.on_bad_file`. Bad files move no image to another split.

    Raises:
        UserError: no training image is left.
    """
    bad: tuple[str, ...] = ()
    if request.on_bad_file == "skip":
        train, bad_train = train.without_bad_files()
        validation, bad_validation = validation.without_bad_files() if validation else (None, ())
        test, bad_test = test.without_bad_files() if test else (None, ())
        bad = bad_train + bad_validation + bad_test
    if bad:
        notes = (*notes, f"left out, as they cannot be decoded: {len(bad):,} image files")
    if not train:
        raise UserError(f"{request.dir or 'the data set'} leaves no image to train on: {'; '.join(notes)}")
    return Splits(train, validation or None, test or None, notes, bad)  # an empty source is false
