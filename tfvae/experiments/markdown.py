"""The report of an experiment for people."""

from collections.abc import Mapping, Sequence

from tfvae.experiments.columns import Cell, Column, counts
from tfvae.experiments.planning import Plan
from tfvae.experiments.results import Result

LEGEND = (
    "Best of each column in **bold**, with what is within a standard error of it; only cells that are of the same kind "
    "are compared, and models without a prior are shown, not counted. A dash: the figure has no meaning there. "
    "Activations are twice the outputs of all layers for one image in float32, 1 MB = 2²⁰ bytes. Fine detail is the "
    "energy of frequencies above a quarter of a cycle per pixel, of reconstructions over that of the images: below 1 "
    "is blur, but artefacts are detail too, so none is called best. Training times are of a machine that may have had "
    "other work, and hold the validation."
)


def head(made: Plan, results: Sequence[Result]) -> str:
    """What the report is of, where it was measured, and how to read it."""
    lines = [f"# {made.request.name}", "", made.request.experiment.about, "", f"`{made.request.command}`", ""]
    machine = next((result.report for result in results if result.report), None)
    if machine is not None:
        packages = ", ".join(f"{name} {version}" for name, version in machine["packages"].items())
        lines += [f"{machine['machine']['threads']} threads, {machine['machine']['processor']}; {packages}.", ""]
    return "\n".join([*lines, LEGEND, ""])


def section(
    made: Plan,
    name: str,
    results: Sequence[Result],
    table: Mapping[Column, Mapping[str, Cell]],
    pictures: Mapping[str, str],
) -> str:
    """One group: what its rows have in common, its table and its pictures.

    Args:
        made: checked.
        name: of the group.
        results: its rows.
        table: column → row → cell.
        pictures: file name → caption.
    """
    group = made.groups[name]
    lines = [f"## {group.title}", "", *_conditions(made, name, results), ""]
    shown = [column for column, found in table.items() if found]
    letters = _letters([table[column] for column in shown])
    lines += [f"| | {' | '.join(column.title for column in shown)} |", "|---" + "|---:" * len(shown) + "|"]
    for result in results:
        row = result.training.name
        words = [_cell(column, table[column].get(row), letters) for column in shown]
        lines.append(f"| {row}{' (failed)' if result.failure else ''} | {' | '.join(words)} |")
    lines += ["", *(f"{letter}: {kind}.  " for kind, letter in letters.items())]
    lines += [f"- {result.training.name} failed: {result.failure}" for result in results if result.failure]
    for file, caption in pictures.items():
        lines += ["", f"{caption}:", "", f"![{caption}]({file})"]
    return "\n".join([*lines, ""])


def _letters(table: Sequence[Mapping[str, Cell]]) -> dict[str, str]:
    """Kind → letter, of the columns that hold more than one kind."""
    kinds = [list(dict.fromkeys(cell.kind for cell in found.values())) for found in table]
    mixed = dict.fromkeys(kind for column in kinds if len(column) > 1 for kind in column)
    return {kind: chr(ord("a") + index) for index, kind in enumerate(mixed)}


def _cell(column: Column, cell: Cell | None, letters: Mapping[str, str]) -> str:
    if cell is None:
        return "—"
    letter = letters.get(cell.kind, "")
    words = column.words(cell.figure).replace("-", "−")
    return (f"**{words}**" if cell.best else words) + (f"<sup>{letter}</sup>" if letter else "")


def _conditions(made: Plan, name: str, results: Sequence[Result]) -> list[str]:
    """What the rows have in common: images, budget, and how they were measured."""
    lines = [f"- what is changed in each preset: `{' '.join((*made.groups[name].flags, *made.request.overrides))}`"]
    done = next((result for result in results if not result.failure), None)
    if done is None:
        return lines
    data = done.report["data"]
    counts = ", ".join(f"{count:,} {split}" for split, count in data["images"].items())
    size = "×".join(map(str, data["image_shape"]))
    lines.append(f"- images: {data['dataset']}, {size}: {counts}" + "".join(f"; {note}" for note in data["notes"]))
    return [*lines, *_protocols(results)]


def _protocols(results: Sequence[Result]) -> list[str]:
    reconstruction = next((found for result in results if (found := result.protocol("reconstruction"))), None)
    sampling = next((result for result in results if result.protocol("distances")), None)
    lines = []
    if reconstruction:
        lines.append(
            f"- reconstructions: {reconstruction['reconstruction']}, of {reconstruction['num_images']:,} test images; "
            "errors per pixel on [0, 1]"
        )
    if sampling:
        protocol = sampling.protocol("distances")
        extractor = ", ".join(f"{key} {value}" for key, value in protocol["extractor"].items())
        anchors = {
            words: sampling.figure("distances", f"{key}_of_real_images")
            for key, words in (("frechet_distance", "Fréchet"), ("kernel_distance", "kernel"))
        }
        lines.append(
            f"- samples: {protocol['samples']:,} against as many training images, on features of: {extractor}; "
            "as many real test images are at "
            + " and ".join(
                f"{words} {figure.rounded()[0].replace('-', '−')}" for words, figure in anchors.items() if figure
            )
        )
        lines += [f"- {note}" for note in sampling.findings("distances").notes]
    # Of models that could be sampled from: why the others were not goes without saying.
    reasons = {result.sections["distances"].get("left_out") for result in results if result.sections and counts(result)}
    return lines + [f"- samples are not judged: {reason}" for reason in sorted(filter(None, reasons))]
