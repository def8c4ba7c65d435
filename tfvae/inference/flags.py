"""The command line of `vae_inference.py`: every fault found is reported, before TensorFlow is imported."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from absl import flags

from tfvae.errors import UserError, nearest
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
    """

    run: Run
    output_dir: Path
    num_images: int
    seed: int
    temperature: float
    only: tuple[str, ...]
    images: Path | None


class _Fault(str):
    """What is wrong with a flag; takes the place of its value, so that all flags are read before any is refused."""


class _Parser(flags.ArgumentParser[Any]):
    def __init__(self, convert: Callable[[str], Any], valid: Callable[[Any], bool], expected: str) -> None:
        self._convert, self._valid, self._expected = convert, valid, expected

    def parse(self, argument: Any) -> Any:
        try:
            value = self._convert(argument)
        except ValueError:
            return _Fault(f"received {argument!r}, expected {self._expected}")
        return value if self._valid(value) else _Fault(f"received {argument!r}, expected {self._expected}")


def parse(argv: Sequence[str], folder: Path, pictures: Sequence[str]) -> Request | str:
    """The checked request, or the help text if `--help` was asked for.

    Args:
        argv: the command line, program name first.
        folder: where the default `model_directory` lies: beside the script.
        pictures: names that `--only` may hold.

    Raises:
        UserError: all faults of the command line, one line each.
    """
    values = _define(folder, pictures)
    faults = _read(values, argv)
    given: dict[str, Any] = {name: values[name].value for name in values}
    if given["help"]:
        return _help(values)
    faults += [f"--{name}: {value}" for name, value in given.items() if isinstance(value, _Fault)]
    faults += _unknown_pictures(given["only"], pictures) + _path_faults(given)
    run = _find(given, faults)
    if faults or run is None:
        raise UserError("\n".join(faults))
    return _request(given, run)


def _define(folder: Path, pictures: Sequence[str]) -> flags.FlagValues:
    # Flags of its own, not absl's global ones: those belong to whichever script is run.
    values = flags.FlagValues()
    values.set_gnu_getopt()
    text = {
        "run": (None, "folder of the run, or its name in --model_directory; default: the newest finished one"),
        "model_directory": (str(folder / "model_directory"), "folder of the runs that vae.py writes"),
        "output_dir": (None, "folder to write to; default: the run's own inference/"),
        "images": (None, "picture file, or folder of them, to use instead of the run's own examples"),
    }
    for name, (default, help_text) in text.items():
        flags.DEFINE_string(name, default, help_text, flag_values=values)
    for name, parser, default, help_text in _checked_flags(pictures):
        flags.DEFINE(parser, name, default, help_text, flag_values=values)
    flags.DEFINE_boolean("help", False, "show this help", flag_values=values, short_name="h")
    return values


def _checked_flags(pictures: Sequence[str]) -> list[tuple[str, _Parser, Any, str]]:
    count = _Parser(int, lambda value: value >= 1, "a whole number of at least 1: try --num_images=64")
    seed = _Parser(int, lambda value: 0 <= value < 2**31, "a whole number from 0 to 2147483647: try --seed=0")
    above_zero = _Parser(float, lambda value: 0 < value < math.inf, "a finite number above 0: try --temperature=0.7")
    names = _Parser(_names, bool, "one or more names, with commas between them: try --only=generations")
    return [
        ("num_images", count, 64, "most images in a picture"),
        ("seed", seed, 0, "seed of everything random: the same seed writes the same files"),
        ("temperature", above_zero, 1.0, "factor of the prior's spread: below 1 typical, above 1 unusual images"),
        ("only", names, None, f"make only these, with commas between them: {', '.join(pictures)}"),
    ]


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _read(values: flags.FlagValues, argv: Sequence[str]) -> list[str]:
    """Reads the flags that are known; a sentence for each argument that is not."""
    try:
        left = values(list(argv), known_only=True)[1:]
    except flags.Error as error:  # a flag without its value
        return [f"the command line cannot be read: {error}; write --flag=value, and see --help"]
    flag_names = [f"--{name}" for name in values]
    return [
        f"there is no flag {name}: {nearest(name, flag_names)}"
        if name.startswith("-")
        else f"{name!r} is no flag: every argument starts with --, as in --run=NAME"
        for name in (argument.split("=")[0] for argument in left)
    ]


def _help(values: flags.FlagValues) -> str:
    own = [values[name] for name in values if not name.startswith(("flagfile", "undefok")) and len(name) > 1]
    defaults = {flag.name: "" if flag.default in (None, False) else f" (default: {flag.default})" for flag in own}
    lines = [f"  --{flag.name:<16} {flag.help}{defaults[flag.name]}" for flag in own]
    return "\n".join(["Flags:", *lines])


def _unknown_pictures(only: Any, pictures: Sequence[str]) -> list[str]:
    names = only if isinstance(only, tuple) else ()
    return [
        f"--only: there is no picture {name!r}: {nearest(name, pictures)}" for name in names if name not in pictures
    ]


def _path_faults(given: dict[str, Any]) -> list[str]:
    faults = []
    images, output = given["images"], given["output_dir"]
    if images is not None and not Path(images).exists():
        faults.append(f"--images: there is no file or folder {images!r}: check the path")
    if output is not None and Path(output).is_file():
        faults.append(f"--output_dir: {output!r} is a file: name a folder; it is made if there is none")
    return faults


def _find(given: dict[str, Any], faults: list[str]) -> Run | None:
    try:
        return find_run(Path(given["model_directory"]), given["run"])
    except UserError as error:
        faults.append(str(error))
        return None


def _request(given: dict[str, Any], run: Run) -> Request:
    return Request(
        run=run,
        output_dir=Path(given["output_dir"]) if given["output_dir"] else run.folder / "inference",
        num_images=given["num_images"],
        seed=given["seed"],
        temperature=given["temperature"],
        only=given["only"] or (),
        images=Path(given["images"]) if given["images"] else None,
    )
