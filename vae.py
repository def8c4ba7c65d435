"""Trains a variational autoencoder, and writes pictures, a report and the served model.

python vae.py                                           the bundled digits, in about a minute
python vae.py --config=config.py:mnist --config.train.epochs=5
python vae.py --list                                    all presets
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from tfvae import command_line, scripts
from tfvae.errors import UserError

HOME = Path(__file__).resolve().parent


def main(argv: Sequence[str]) -> None:
    """Checks the command line, reads the data, trains, and reports."""
    request = command_line.parse(argv, HOME)
    if isinstance(request, str):
        print(__doc__, request, sep="\n")
        return

    from tfvae import quiet

    with quiet.lean_imports(*quiet.TRAINING_NEEDS_NO):
        quiet.import_tensorflow()
        from tfvae import class_labels, describe, reports, runs
        from tfvae.training import profile, session

    if request.describe:
        print(describe.describe(request.config))
        return
    finished = None if request.overwrite else runs.finished_run(request.folder, request.config, resolved=False)
    if finished and request.profile:
        raise UserError(
            f"--profile: {finished.folder} is finished and trains no further step: add --overwrite or --name"
        )
    if finished:
        print(reports.already_finished(finished))
        return
    splits = runs.load_data(request.config)
    config = runs.resolve(request.config, splits)
    model = runs.build(config)
    if request.init_from:
        runs.load_initial_weights(model, request.init_from)
    runs.load_first_stage(model, config)
    profile.check(request.profile, config)
    run = runs.open_run(request.folder, config, request.overwrite)  # the first thing written
    session.save_examples(splits, config, run)
    if not run.begun:
        class_labels.set_shares(model, splits)
        if not request.init_from:
            runs.adapt(model, config, splits)
    with profile.recorded(run, config, request.profile, _say) as watching:
        state = session.train(model, splits, config, run, watching)
    print(reports.finish(model, splits, config, run, state, request.command))


def _say(text: str) -> None:
    print(f"\n{text}", flush=True)


def run(argv: Sequence[str]) -> int:
    """`main`, with an exit status."""
    return scripts.run(main, argv, "Interrupted; what was finished is saved, and the same command goes on.")


if __name__ == "__main__":
    sys.exit(run(sys.argv))
