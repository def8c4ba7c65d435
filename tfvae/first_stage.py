"""The finished run that a model of two stages stands on. No TensorFlow here."""

from dataclasses import replace
from pathlib import Path

from tfvae import configuration
from tfvae.configuration import Component, Config, ModelConfig
from tfvae.errors import UserError
from tfvae.finished import differences_there
from tfvae.models import MODELS
from tfvae.run_folder import Run

_FIELD = "--config.model.codes_from"


def family_of(config: Config) -> str:
    """The family of the first stage, or "" if there is none."""
    return MODELS.constant(config.model.family.name, "first_stage_family", "")


def config_of(config: Config) -> Config:
    """What the configuration of the first stage says of data and model."""
    unset = ModelConfig()
    model = replace(
        config.model,
        family=Component(family_of(config)),
        codes_from=unset.codes_from,
        code_prior=unset.code_prior,
    )
    return replace(config, model=model)


def run_of(config: Config) -> Run | None:
    """The run whose codes are to be modelled, or None if the family needs none.

    Raises:
        UserError: if there is no such run, it is not finished, or of another family, model or data than `config` says.
    """
    family, folder = family_of(config), config.model.codes_from
    if not family:
        return None
    run = Run(Path(folder))
    if not folder or not run.config.exists():
        said = f"{_FIELD}={folder}: there is no run there" if folder else f"{_FIELD} is not given"
        raise UserError(
            f"{said}: expected the folder of a finished run of the family {family}, or its name in --model_directory"
        )
    stored = configuration.read(run.config)
    if stored.model.family.name != family:
        raise UserError(f"{_FIELD}={folder} is of the family {stored.model.family.name}: expected a run of {family}")
    if not run.report.exists():
        raise UserError(f"{_FIELD}={folder} is not finished: finish it first, with the command that began it")
    _check_same(run, stored, config)
    return run


def check(config: Config) -> None:
    """Raises the `UserError` of `run_of`, if there is one."""
    run_of(config)


def _check_same(run: Run, stored: Config, config: Config) -> None:
    # The seed decides which images are held out: with another, some of them would be what the codes were trained on.
    train = replace(stored.train, seed=config.train.seed)
    asked = replace(config_of(config), name=stored.name, train=train)
    different = differences_there(run, asked, resolved=False)
    if different:
        raise UserError(
            f"{_FIELD}={run.folder} is a run of another model, or of other data: {'; '.join(different)}; give this run "
            f"the same values, or choose another one"
        )
