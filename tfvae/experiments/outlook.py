"""What will be done, and how long it may take, in words."""

from collections.abc import Sequence

from tfvae.durations import duration
from tfvae.experiments.planning import Plan, Training


def words(made: Plan) -> str:
    """What will be done: a line for each group."""
    lines = [f"{made.request.name}: {made.request.experiment.about}"]
    for name, group in made.groups.items():
        trainings = made.of(name)
        done = sum(training.run.report.exists() for training in trainings)
        lines.append(f"  {name} ({group.title}): {len(trainings)} rows, {done} finished; {_budget(trainings)}")
    left = time_left(made, [training for training in made.trainings if not training.run.report.exists()])
    return "\n".join([*lines, f"  runs in {made.request.model_directory}{left and f'; {left}'}"])


def _budget(trainings: Sequence[Training]) -> str:
    epochs = sorted({training.config.train.epochs for training in trainings})
    return f"{' or '.join(f'{count:,}' for count in epochs)} epochs of {trainings[0].config.data.dataset}"


def time_left(made: Plan, waiting: Sequence[Training]) -> str:
    """How long the trainings may take, judged by the mean of those of their groups that are finished; "" if unknown."""
    total = 0.0
    for training in waiting:
        reports = [report for other in made.of(training.group) if (report := other.report) is not None]
        if not reports:
            return ""
        total += sum(report["training"]["seconds"] for report in reports) / len(reports)
    return f"about {duration(total)} of training left" if total else ""
