"""Finding a data set's files: the places looked in, in order, and at last a download."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from tfvae.datasets.base import Request
from tfvae.datasets.download import Download, DownloadError, fetch
from tfvae.errors import UserError

T = TypeVar("T")


@dataclass(frozen=True)
class Place:
    """A folder to look in.

    Attributes:
        path: the folder.
        why: what named it, for messages: "data.dir".
        is_own: the folder is this data set's alone, so that file names it shares with others are its own.
    """

    path: Path
    why: str
    is_own: bool


@dataclass(frozen=True)
class DataFiles:
    """How the files of a data set are recognised and had.

    Attributes:
        dataset: its name, for messages.
        files: the files looked for, in words.
        subfolders: names of subfolders of each place that may hold them; the first is where downloads go.
        advice: how to get them by hand: a sentence.
        downloads: pinned files that together make the data set; () if it cannot be downloaded.
    """

    dataset: str
    files: str
    subfolders: tuple[str, ...]
    advice: str
    downloads: tuple[Download, ...] = ()

    def find(self, request: Request, look: Callable[[Place], T | None]) -> T:
        """What `look` first finds: in `request.dir`, `TFVAE_DATA_DIR`, the Keras cache, or after a download.

        Args:
            request: says where to look first.
            look: gives what it found in one place, or None.

        Raises:
            UserError: it is nowhere; the message names every place and the way to get it.
        """
        places = list(_places(request))
        for place in places:
            for folder in self._folders(place):
                found = look(folder)
                if found is not None:
                    return found
        outcome = self._download()
        if isinstance(outcome, Path):
            found = look(Place(outcome, "download", is_own=True))
            if found is not None:
                return found
        looked = "; ".join(f"{place.path} ({place.why})" for place in places)
        raise UserError(
            f"the {self.dataset} data were not found. Looked for {self.files} in: {looked}; {outcome}. {self.advice} "
            "Put the files in one of these folders, or name their folder by data.dir or TFVAE_DATA_DIR."
        )

    def _folders(self, place: Place) -> list[Place]:
        below = [Place(place.path / name, place.why, is_own=True) for name in self.subfolders]
        # The more specific folder first: MNIST and Fashion-MNIST have files of the same names.
        return [folder for folder in (*below, place) if folder.path.exists()]

    def _download(self) -> Path | str:
        if not self.downloads:
            return "there is no download"
        folder = keras_cache() / self.subfolders[0]
        try:
            for download in self.downloads:
                fetch(download, folder)
        except DownloadError as error:
            return f"the download failed: {error}"
        return folder


def keras_cache() -> Path:
    """Where Keras keeps downloaded data sets: `$KERAS_HOME/datasets`, or `~/.keras/datasets`."""
    home = os.environ.get("KERAS_HOME")
    return (Path(home) if home else Path.home() / ".keras") / "datasets"


def _places(request: Request) -> list[Place]:
    named = [Place(request.path, "data.dir", is_own=True)] if request.dir else []
    shared = os.environ.get("TFVAE_DATA_DIR")
    if shared:
        named.append(Place(Path(shared).expanduser(), "TFVAE_DATA_DIR", is_own=False))
    return [*named, Place(keras_cache(), "the Keras cache", is_own=False)]
