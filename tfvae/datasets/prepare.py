"""Decodes, crops and resizes a data set once, and keeps the images as files that are read at the speed of memory.

python -m tfvae.datasets.prepare --dataset='celeba(crop=closecrop)' --data_dir=DIR --output=prepared/celeba
python -m tfvae.datasets.prepare --verify --output=prepared/celeba     compares every file with its checksum

Then train on them, with the flags that it names when it is done.
"""

import inspect
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tfvae import checks, scripts
from tfvae.configuration import Component
from tfvae.datasets import DATASETS, preparing
from tfvae.datasets.base import Request
from tfvae.datasets.manifest import Manifest
from tfvae.errors import UserError
from tfvae.flag_parsing import CommandLine, attempt
from tfvae.progress import track

KEPT = "Interrupted; what is finished is kept: the same command goes on from there."


class Asked(NamedTuple):
    """What a checked command line asks for.

    Attributes:
        output: the folder of the prepared images.
        dataset: what to prepare; None: only to verify what is there.
        request: what of it.
    """

    output: Path
    dataset: Component | None
    request: Request


def main(argv: Sequence[str]) -> None:
    """Checks the flags, reads the data, and writes what is not there yet."""
    asked = parse(argv)
    if isinstance(asked, str):
        scripts.say(f"{__doc__}\n{asked}")
        return
    if asked.dataset is None:
        scripts.say(f"Every file of {asked.output} is as it was written: {_contents(preparing.verify(asked.output))}")
        return
    from tfvae import quiet

    quiet.import_tensorflow()
    load = DATASETS[asked.dataset.name]
    found = load(asked.request, **asked.dataset.options)
    made = preparing.prepare(
        asked.output,
        found,
        {"dataset": asked.dataset.name, "options": _options(load, asked.dataset.options)},
        lambda shards: track(shards, "preparing", unit="file"),
    )
    scripts.say(f"Wrote {asked.output}: {_contents(made)}")
    scripts.say(f"Train on them with --config.data.dataset=prepared --config.data.dir={asked.output}")


def _options(load: Any, given: dict[str, Any]) -> dict[str, Any]:
    """All options of a data set, those left out too: a default may become another."""
    parameters = inspect.signature(load).parameters.values()
    defaults = {one.name: one.default for one in parameters if one.kind is inspect.Parameter.KEYWORD_ONLY}
    return {**defaults, **given}


def _contents(made: Manifest) -> str:
    counts = ", ".join(f"{part.images:,} {name}" for name, part in made.parts.items())
    return f"{counts} images of {'×'.join(map(str, made.image_shape))}"


def parse(argv: Sequence[str]) -> Asked | str:
    """The checked request, or the help text if `--help` was asked for.

    Raises:
        UserError: all faults of the command line, one line each.
    """
    line = _define()
    given, faults = line.read(argv)
    if given["help"]:
        return line.help()
    if not given["output"]:
        faults.append("--output is missing: give the folder for the prepared images, as in --output=prepared/celeba")
    if given["verify"]:
        faults += [
            f"--{name} goes not with --verify, which only looks at --output: leave one of them out"
            for name in ("dataset", "data_dir", "image_shape", "on_bad_file")
            if line.was_given(name)
        ]
    dataset = None if given["verify"] else _dataset(given["dataset"], faults)
    request = attempt(_request, faults, given)
    if faults:
        raise UserError("\n".join(faults))
    return Asked(Path(given["output"]).expanduser(), dataset, request)


def _define() -> CommandLine:
    line = CommandLine()
    line.text("dataset", None, "what to prepare, with its options, such as celeba(crop=closecrop) or folder")
    line.text("data_dir", "", "where to look for it first; then TFVAE_DATA_DIR, the Keras cache, a download")
    line.text("output", None, "folder for the prepared images; what is finished there is checked, and kept")
    line.text("image_shape", "", "height,width,channels; default: the data set's own")
    line.text("on_bad_file", "raise", "raise: stop at a file that cannot be decoded; skip: leave such files out")
    line.switch("verify", "write nothing: compare every file in --output with its checksum")
    return line


def _dataset(text: str | None, faults: list[str]) -> Component | None:
    if not text:
        faults.append(f"--dataset is missing: give one of {', '.join(DATASETS)}")
        return None
    component = attempt(Component.parse, faults, text)
    if component is not None:
        found = checks.component_faults("data.dataset", component)
        faults += [fault.replace("config.data.dataset", "--dataset") for fault in found]
        if component.name == "prepared":
            faults.append("--dataset=prepared is prepared already: name the data set that it was made from")
    return component


def _request(given: dict[str, Any]) -> Request:
    text = (given["image_shape"] or "").strip("() ")
    if text and not re.fullmatch(r"\d+\s*,\s*\d+\s*,\s*\d+", text):
        raise UserError(f"--image_shape: received {text!r}, expected three whole numbers: try --image_shape=64,64,3")
    shape = tuple(int(part) for part in text.split(",")) if text else ()
    return Request(dir=given["data_dir"], image_shape=shape, on_bad_file=given["on_bad_file"])


def run(argv: Sequence[str]) -> int:
    """`main`, with an exit status."""
    return scripts.run(main, argv, KEPT)


if __name__ == "__main__":
    sys.exit(run(sys.argv))
