"""The layout of a run's folder. No TensorFlow here: inference reads runs too."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Run:
    """A folder below `model_directory/`, and what is where in it."""

    folder: Path

    @property
    def config(self) -> Path:
        """The resolved configuration, JSON."""
        return self.folder / "config.json"

    @property
    def report(self) -> Path:
        """Written last: a run that has it is finished."""
        return self.folder / "report.json"

    @property
    def model(self) -> Path:
        """The Keras model with its optimiser."""
        return self.folder / "model.keras"

    @property
    def log(self) -> Path:
        """The table of epochs, CSV."""
        return self.folder / "log.csv"

    @property
    def timing(self) -> Path:
        """The table of what is measured by the clock, which no two runs have alike, CSV."""
        return self.folder / "timing.csv"

    @property
    def checkpoints(self) -> Path:
        """The folder of `last.npz` and `best.npz`."""
        return self.folder / "checkpoints"

    @property
    def fitted_prior(self) -> Path:
        """The weights of the prior that was fitted after training, if one was; none, if it was not better."""
        return self.checkpoints / "prior.npz"

    @property
    def begun(self) -> bool:
        """Whether there is a state of training to go on with."""
        return (self.checkpoints / "last.npz").exists()

    @property
    def serving(self) -> Path:
        """The folder of exported versions."""
        return self.folder / "serving"

    @property
    def examples(self) -> Path:
        """A few original images, for pictures without the data set."""
        return self.folder / "examples.npz"

    @property
    def pictures(self) -> Path:
        """The folder of pictures by epoch."""
        return self.folder / "pictures"

    @property
    def tensorboard(self) -> Path:
        """The folder of event files."""
        return self.folder / "tensorboard"
