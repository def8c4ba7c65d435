"""From a checked command line to what pictures are made from, and from pictures to files."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tfvae.errors import UserError
from tfvae.files import save_arrays, write_json, write_text
from tfvae.inference.flags import Request
from tfvae.inference.images import Images, load_examples, load_images
from tfvae.inference.pictures import Files, Source
from tfvae.inference.restored import Restored
from tfvae.plotting import save_gif, save_image

_MILLISECONDS = 80


def open_source(request: Request) -> Source:
    """Restores the model, and reads the user's pictures or the run's examples.

    Raises:
        UserError: any of these cannot be read.
    """
    stored = load_examples(request.run.folder / "examples.npz")
    model = Restored(request.run.serving)
    examples = _named_examples(stored["images"]) if "images" in stored else None
    own = load_images(request.images, _image_shape(model, examples)) if request.images else None
    return Source(
        model=model,
        images=own or examples,
        examples=examples or own,
        kl_per_latent=stored.get("kl_per_latent"),
        code_counts=stored.get("code_counts"),
        class_shares=stored.get("class_shares"),
        num_images=request.num_images,
        seed=request.seed,
        temperature=request.temperature,
    )


def save(files: Files, folder: Path) -> Iterator[Path]:
    """Writes each file by its ending, whole or not at all, and gives its path when it is there.

    Raises:
        UserError: the folder cannot be written.
    """
    for name, content in files.items():
        path = folder / name
        try:
            _SAVERS[path.suffix](path, content)
        except OSError as error:
            raise UserError(
                f"{str(path)!r} cannot be written ({error.strerror}): choose another folder with --output_dir"
            ) from error
        yield path


def _named_examples(images: Any) -> Images:
    return Images(tuple(f"example {index}" for index in range(len(images))), images)


def _image_shape(model: Restored, examples: Images | None) -> tuple[int, int, int]:
    """The model's own size; of a model that takes any size, that of the examples."""
    height, width, channels = model.image_shape()
    if height is None or width is None:
        if examples is None:
            raise UserError("the model takes images of any size and the run has no examples: cannot choose a size")
        return examples.pixels.shape[1:]
    return height, width, channels


def _save_png(path: Path, picture: Any) -> None:
    if callable(picture):
        picture(path)
    else:
        save_image(path, picture)


_SAVERS: Mapping[str, Callable[[Path, Any], None]] = {
    ".png": _save_png,
    ".gif": lambda path, frames: save_gif(path, frames, _MILLISECONDS),
    ".npz": save_arrays,
    ".json": write_json,
    ".md": write_text,
}
