"""Trains a list of presets on the same data and budget, measures them alike, and writes one report.

python -m tfvae.experiments --list
python -m tfvae.experiments noise
python -m tfvae.experiments structures --data=folder:orl_faces.zip --rows=normal_5,inception_1
python -m tfvae.experiments kl_weights --config.train.epochs=10      changed in every row

Killed at any moment, the same command goes on; what is finished is not trained or measured again.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from tfvae import scripts
from tfvae.experiments import flags, outlook, planning, report, results, running

KEPT = "Interrupted; what is finished is kept: the same command goes on from there."


def main(argv: Sequence[str]) -> list[str]:
    """Checks everything, trains, measures, reports. Returns the names of the rows that failed."""
    request = flags.parse(argv, Path.cwd(), f"{__doc__}\n")
    if isinstance(request, str):
        _say(request)
        return []
    made = planning.plan(request)
    _say(outlook.words(made))
    failures = running.train_all(made, _say)
    found = results.measure_all(made, failures, _say)
    _say(f"Wrote {report.write(made, found)} and report.json beside it")
    return [result.training.name for result in found if result.failure]


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201


def run(argv: Sequence[str]) -> int:
    """`main`, with an exit status: 1 if a row failed."""
    failed: list[str] = []
    status = scripts.run(lambda argv: failed.extend(main(argv)), argv, KEPT)
    return status or int(bool(failed))


if __name__ == "__main__":
    sys.exit(run(sys.argv))
