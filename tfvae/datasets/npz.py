"""Reading `.npz` and `.npy` files, with errors that name the file."""

import zipfile
import zlib
from pathlib import Path

import numpy as np

from tfvae.errors import UserError


def read_npz(path: Path, keys: tuple[str, ...], optional: tuple[str, ...] = ()) -> dict[str, np.ndarray]:
    """The arrays `keys`, and those of `optional` that are there.

    Raises:
        UserError: the file is damaged, is no `.npz`, or lacks a key.
    """
    try:
        # Opened here: numpy leaves a damaged file open.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            missing = set(keys) - set(archive.files)
            if missing:
                raise UserError(
                    f"{path} has no {', '.join(sorted(missing))}: expected the arrays {', '.join(keys)}, found "
                    f"{', '.join(archive.files) or 'none'}"
                )
            return {key: archive[key] for key in (*keys, *optional) if key in archive.files}
    except UserError:
        raise
    except (OSError, ValueError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise UserError(f"{path} cannot be read as an .npz file ({error}): get it anew") from error


def read_npy(path: Path) -> np.ndarray:
    """The array of an `.npy` file.

    Raises:
        UserError: the file is damaged, or is no `.npy`.
    """
    try:
        array = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise UserError(f"{path} cannot be read as an .npy file ({error}): save it anew") from error
    if not isinstance(array, np.ndarray):
        raise UserError(f"{path} holds several arrays: name it .npz, with the images under the key 'images'")
    return array
