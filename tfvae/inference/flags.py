"""The command line of `vae_inference.py`: every fault found is reported, before TensorFlow is imported."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tfvae.errors import UserError
from tfvae.flag_parsing import CommandLine, attempt, unknown
from tfvae.inference.attributes import flags as attributes
from tfvae.inference.runs import Run, find_run


class Request(NamedTuple):
    """What a checked command line asks for.

    Attributes:
        run: where the model is.
        output_dir: the folder that is written to.
        num_images: most images in a picture.
        seed: seed of everything random.
        temperature: factor of the prior's standard deviation.
        only: names of the pictures asked for; none means all that the model can give.
        images: file or folder of the user's own pictures, or None.
        attribute: what is asked of an attribute, in place of the pictures; or None.
    """

    run: Run
    output_dir: Path
    num_images: int
    seed: int
    temperature: float
    only: tuple[str, ...]
    images: Path | None
    attribute: attributes.Asked | None


def parse(argv: Sequence[str], folder: Path, pictures: Sequence[str]) -> Request | str:
    """The checked request, or the help text if `--help` was asked for.

    Args:
        argv: the command line, program name first.
        folder: where the default `model_directory` lies: beside the script.
        pictures: names that `--only` may hold.

    Raises:
        UserError: all faults of the command line, one line each.
    """
    line = _define(folder, pictures)
    given, faults = line.read(argv)
    if given["help"]:
        return line.help()
    faults += unknown("only", "picture", given["only"], pictures) + path_faults(given)
    faults += attributes.faults(line, given)
    run = attempt(find_run, faults, Path(given["model_directory"]), given["run"])
    if faults:
        raise UserError("\n".join(faults))
    return _request(given, run)


def _define(folder: Path, pictures: Sequence[str]) -> CommandLine:
    line = CommandLine()
    line.text("run", None, "folder of the run, or its name in --model_directory; default: the newest finished one")
    line.text("model_directory", str(folder / "model_directory"), "folder of the runs that vae.py writes")
    line.text("output_dir", None, "folder to write to; default: the run's own inference/")
    line.text("images", None, "picture file, or folder of them, to use instead of the run's own examples")
    line.count("num_images", 64, "most images in a picture", example=64)
    line.seed()
    line.factor("temperature", "factor of the prior's spread: below 1 typical, above 1 unusual images", example=0.7)
    line.names("only", f"make only these, with commas between them: {', '.join(pictures)}", example="generations")
    attributes.define(line)
    return line


def path_faults(given: dict[str, Any]) -> list[str]:
    """A sentence for each of `--images` and `--output_dir` that cannot be used."""
    faults = []
    images, output = given["images"], given["output_dir"]
    if images is not None and not Path(images).expanduser().exists():
        faults.append(f"--images: there is no file or folder {images!r}: check the path")
    if output is not None and Path(output).is_file():
        faults.append(f"--output_dir: {output!r} is a file: name a folder; it is made if there is none")
    return faults


def _request(given: dict[str, Any], run: Run) -> Request:
    return Request(
        run=run,
        output_dir=Path(given["output_dir"]) if given["output_dir"] else run.folder / "inference",
        num_images=given["num_images"],
        seed=given["seed"],
        temperature=given["temperature"],
        only=given["only"] or (),
        images=Path(given["images"]).expanduser() if given["images"] else None,
        attribute=attributes.asked(given),
    )
