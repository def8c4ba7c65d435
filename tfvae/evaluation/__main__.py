"""How good a trained run is: one command, numbers with their uncertainty, and how they were measured.

python -m tfvae.evaluation                                          the newest run, every metric
python -m tfvae.evaluation --run=mnist_bernoulli --metrics=density --samples=5000
python -m tfvae.evaluation --run=mnist,fashion_mnist --metrics=anomaly --outliers=mnist,fashion_mnist
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tfvae import scripts
from tfvae.evaluation import comparison, images, measuring, report
from tfvae.evaluation.flags import Request, parse
from tfvae.evaluation.subject import Subject

KEPT = "Interrupted; what is finished is kept: the same command goes on from there."


def main(argv: Sequence[str]) -> None:
    """Checks the flags, finds the data, measures run by run, and says what it wrote."""
    request = parse(argv, Path.cwd())
    if isinstance(request, str):
        scripts.say(f"{__doc__}\n{request}")
        return
    # All data and options first: a fault in the last run's must not cost what is measured before.
    subjects = [
        images.subject(name, run, config, request.images, request.outliers, request.data_dir, request.options)
        for name, (run, config) in zip(_names(request), request.runs, strict=True)
    ]
    plans = [[measuring.plan(name, subject) for name in request.metrics] for subject in subjects]
    outputs = [_output(request, subject) for subject in subjects]
    reports = [_evaluate(*each) for each in zip(subjects, plans, outputs, strict=True)]
    for output in outputs:
        scripts.say(f"Wrote {output / 'evaluation.md'} and {output / 'evaluation.json'}")
    if len(reports) > 1:
        folder = request.output_dir or subjects[0].run.folder.parent / "comparison"
        comparison.write(folder, reports)
        scripts.say(f"Wrote {folder / 'comparison.md'}")


def _names(request: Request) -> list[str]:
    """Of the runs: those of their folders; where two are alike, with as many of the folders above as it takes."""
    folders = [run.folder.resolve() for run, _ in request.runs]
    depth, names = 1, [folder.name for folder in folders]
    while len(set(names)) < len(names):  # ends: no folder is named twice
        depth += 1
        names = ["-".join(part.strip("/") for part in folder.parts[-depth:]) for folder in folders]
    return names


def _output(request: Request, subject: Subject) -> Path:
    if request.output_dir is None:
        return subject.run.folder
    return request.output_dir / subject.name if len(request.runs) > 1 else request.output_dir


def _evaluate(subject: Subject, plans: Sequence[measuring.Plan], output: Path) -> dict[str, Any]:
    scripts.say(f"Run {subject.run.folder}, weights {subject.weights_hash}, {subject.images.num_images:,} images")
    for plan in plans:  # written after each, so that Ctrl-C in the next one loses none
        report.add(output, subject, plan.name, measuring.measure(plan, output, scripts.say))
    return report.read(output, subject)


def run(argv: Sequence[str]) -> int:
    """`main`, with an exit status."""
    return scripts.run(main, argv, KEPT)


if __name__ == "__main__":
    sys.exit(run(sys.argv))
