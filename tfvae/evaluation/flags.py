"""The command line of the evaluation: every fault found is reported, before any data is read."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tfvae import configuration
from tfvae.configuration import Config
from tfvae.errors import UserError
from tfvae.evaluation.sections import SECTIONS
from tfvae.evaluation.subject import Options
from tfvae.flag_parsing import CommandLine, attempt, unknown
from tfvae.inference.flags import path_faults
from tfvae.inference.runs import find_run
from tfvae.run_folder import Run


class Request(NamedTuple):
    """What a checked command line asks for.

    Attributes:
        runs: finished runs with their configurations.
        metrics: sections to measure, in the order of the report.
        images: file or folder of images to measure on, in place of the test split, or None.
        outliers: data sets, or files or folders of images, to be told from those measured on.
        data_dir: where data sets are looked for first, in place of the runs' own; or None.
        output_dir: in place of the runs' own folders, or None.
        options: for the sections.
    """

    runs: tuple[tuple[Run, Config], ...]
    metrics: tuple[str, ...]
    images: Path | None
    outliers: tuple[str, ...]
    data_dir: str | None
    output_dir: Path | None
    options: Options


def parse(argv: Sequence[str], home: Path) -> Request | str:
    """The checked request, or the help text if `--help` was asked for.

    Args:
        argv: the command line, program name first.
        home: the folder that `model_directory` is in by default.

    Raises:
        UserError: all faults of the command line, one line each.
    """
    line = _define(home)
    given, faults = line.read(argv)
    if given["help"]:
        return line.help()
    faults += unknown("metrics", "metric", given["metrics"], list(SECTIONS)) + path_faults(given)
    if given["data_dir"] is not None and not Path(given["data_dir"]).expanduser().exists():
        faults.append(f"--data_dir: there is no folder {given['data_dir']!r}: check the path")
    runs = [attempt(_run, faults, Path(given["model_directory"]), name) for name in given["run"] or (None,)]
    if not faults:
        faults += _named_twice([run.folder for run, _ in runs])
    if faults:
        raise UserError("\n".join(faults))
    return _request(given, runs)


def _define(home: Path) -> CommandLine:
    line, metrics = CommandLine(), ", ".join(SECTIONS)
    line.names("run", "folders of runs, or their names in --model_directory; default: the newest finished one", "mnist")
    line.text("model_directory", str(home / "model_directory"), "folder of the runs that vae.py writes")
    line.names("metrics", f"measure only these, with commas between them: {metrics}", "density,samples")
    line.text("images", None, "measure on these (an .npz or .npy file, a picture, a folder), not on the test split")
    line.count("samples", Options.samples, "K, draws for each image of the importance sampling of log p(x)", 5000)
    line.count("num_images", Options.num_images, "most images to measure on; 0: all", 1000, low=0)
    line.seed()
    line.text(
        "extractor",
        Options.extractor,
        "what takes features to judge samples by: pixels, random, classifier, or a SavedModel or .keras file",
    )
    line.switch("fit_extractor", "fit the classifier to the data set's labels where that was not done before")
    line.names("outliers", "data sets, or files of images, that anomaly scores shall find", "fashion_mnist")
    line.switch("write_png", "write samples and real images as PNG files too, for other programs")
    line.text("data_dir", None, "where to look for the data first; default: where the run found it")
    line.text("output_dir", None, "folder to write to; default: the run's own, of several runs comparison/ beside them")
    return line


def _run(model_directory: Path, name: str | None) -> tuple[Run, Config]:
    run = Run(find_run(model_directory, name).folder)
    for needed in (run.config, run.checkpoints / "best.npz"):
        if not needed.exists():
            raise UserError(f"the run {str(run.folder)!r} has no {needed.relative_to(run.folder)}: train it again")
    return run, configuration.read(run.config)


def _named_twice(folders: Sequence[Path]) -> list[str]:
    resolved = [folder.resolve() for folder in folders]
    return [f"--run: {folder} is named twice" for folder in set(resolved) if resolved.count(folder) > 1]


def _request(given: dict[str, Any], runs: Sequence[tuple[Run, Config]]) -> Request:
    asked = given["metrics"] or tuple(SECTIONS)
    fit = given["fit_extractor"]
    return Request(
        runs=tuple(runs),
        metrics=tuple(name for name in SECTIONS if name in asked),
        images=Path(given["images"]).expanduser() if given["images"] else None,
        outliers=given["outliers"] or (),
        data_dir=given["data_dir"],
        output_dir=Path(given["output_dir"]) if given["output_dir"] else None,
        options=Options(
            samples=given["samples"],
            num_images=given["num_images"],
            seed=given["seed"],
            extractor="classifier" if fit and given["extractor"] == Options.extractor else given["extractor"],
            fit_extractor=fit,
            write_png=given["write_png"],
        ),
    )
