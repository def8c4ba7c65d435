"""The command line of vae.py, in process: what it reads, and what it says of what it cannot read."""

import json
import shlex
from pathlib import Path

import pytest

import config
from tfvae import command_line, configuration
from tfvae.configuration import Component
from tfvae.errors import UserError

HOME = Path(config.__file__).parent


def parse(*arguments):
    return command_line.parse(["vae.py", *arguments], HOME)


def refused(*arguments):
    with pytest.raises(UserError) as caught:
        parse(*arguments)
    return str(caught.value)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """The working directory is not that of the script."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    "arguments",
    [(), ("--config=digits",), ("--config=config.py",), ("--config=config.py:digits",), ("--config", "digits")],
)
def test_default_preset(arguments):
    request = parse(*arguments)
    assert request.config == config.get_config("digits")
    assert request.folder == HOME / "model_directory" / "digits"
    assert (request.overwrite, request.init_from, request.describe) == (False, None, False)
    assert request.command == "python vae.py --config=config.py:digits"


@pytest.mark.parametrize("preset", config.PRESETS)
@pytest.mark.parametrize("prefix", ["", "config.py:"], ids=["bare", "with file"])
def test_presets_by_name(preset, prefix):
    expected = config.get_config(preset)
    if expected.model.codes_from:  # a name
        expected.model.codes_from = str(HOME / "model_directory" / expected.model.codes_from)
    assert parse(f"--config={prefix}{preset}").config == expected


def test_a_configuration_file_of_one_s_own(tmp_path):
    text = (HOME / "config.py").read_text(encoding="utf-8") + '\nPRESETS["mine"] = digits\n'
    (tmp_path / "mine.py").write_text(text, encoding="utf-8")
    assert parse("--config=mine.py:mine").config == config.get_config("digits")
    assert parse(f"--config={tmp_path / 'mine.py'}:mine").config == config.get_config("digits")


OVERRIDES = {
    "int": ("train.epochs=7", 7),
    "float": ("train.learning_rate=3e-4", 3e-4),
    "int for a float": ("train.clip_norm=5", 5.0),
    "text": ("data.dir=/some where/else", "/some where/else"),
    "text that looks like a number": ("data.dir=2024", "2024"),
    "choice": ("train.optimizer=adamw", "adamw"),
    "tuple": ("data.image_shape=(32,32,1)", (32, 32, 1)),
    "tuple, bare": ("data.image_shape=32,32,1", (32, 32, 1)),
    "tuple as list": ("data.image_shape=[32, 32, 1]", (32, 32, 1)),
    "component": ("model.likelihood=laplace", Component("laplace")),
    "component with options": (
        "model.network=strided_conv(channels=(4, 8), batch_norm=false)",
        Component("strided_conv", channels=(4, 8), batch_norm=False),
    ),
    "option of a component": ("model.likelihood.scale=0.25", Component("gaussian", scale=0.25)),
    "word as option": ("model.likelihood.scale=per_pixel", Component("gaussian", scale="per_pixel")),
}


@pytest.mark.parametrize(("argument", "value"), OVERRIDES.values(), ids=OVERRIDES)
def test_overrides(argument, value):
    request = parse(f"--config.{argument}")
    section, name = argument.partition("=")[0].split(".")[:2]
    found = getattr(getattr(request.config, section), name)
    assert found == value
    assert type(found) is type(value)
    assert getattr(getattr(config.get_config(), section), name) != value
    # The command repeats the run.
    again = command_line.parse(shlex.split(request.command)[1:], HOME)
    assert again.config == request.config
    assert again.command == request.command


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("--config.model.network.batch_norm=true", True),
        ("--config.model.network.batch_norm", True),
        ("--config.model.network.batch_norm=false", False),
        ("--noconfig.model.network.batch_norm", False),
    ],
)
def test_bool_options(argument, value):
    assert parse(argument).config.model.network.options["batch_norm"] is value


def test_tuple_options():
    assert parse("--config.model.network.channels=(4,8)").config.model.network.options["channels"] == (4, 8)


def test_values_may_follow_as_words_of_their_own():
    request = parse("--config.train.epochs", "7", "--config", "mnist", "--name", "x")
    assert (request.config.train.epochs, request.config.name, request.folder.name) == (7, "mnist", "x")


def test_overrides_may_stand_before_the_preset():
    before = parse("--config.train.epochs=7", "--config=mnist")
    after = parse("--config=mnist", "--config.train.epochs=7")
    assert before.config == after.config
    assert before.config.train.epochs == 7


def test_the_last_of_two_overrides_counts():
    assert parse("--config.train.epochs=7", "--config.train.epochs=8").config.train.epochs == 8


def test_an_option_goes_to_the_component_given_before_it():
    found = parse("--config.model.likelihood=laplace", "--config.model.likelihood.scale=0.5").config.model.likelihood
    assert found == Component("laplace", scale=0.5)


def test_other_flags(tmp_path):
    (tmp_path / "old").mkdir()
    request = parse("--model_directory=runs", "--name=mine", "--overwrite", "--init_from=old", "--describe")
    assert request.folder == Path("runs/mine")
    assert (request.overwrite, request.init_from, request.describe) == (True, Path("old"), True)


def test_the_run_that_codes_come_from_is_given_by_its_folder_or_its_name(tmp_path):
    def codes_from(*arguments):
        return parse("--config=vq_mnist_prior", *arguments).config.model.codes_from

    assert codes_from() == str(HOME / "model_directory" / "vq_mnist")
    assert codes_from(f"--model_directory={tmp_path}") == str(tmp_path / "vq_mnist")
    assert codes_from("--config.model.codes_from=other") == str(HOME / "model_directory" / "other")
    assert codes_from("--config.model.codes_from=runs/other") == "runs/other"
    assert codes_from(f"--config.model.codes_from={tmp_path}/other") == f"{tmp_path}/other"
    Path("other").mkdir()
    assert codes_from("--config.model.codes_from=other") == "other"
    assert parse().config.model.codes_from == ""


def test_from_run_repeats_a_whole_configuration(tmp_path):
    stored = config.get_config("mnist")
    stored.train.epochs = 3
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.json").write_text(json.dumps(configuration.to_json(stored)), encoding="utf-8")
    request = parse("--from_run=run", "--config.train.seed=5")
    stored.train.seed = 5
    assert request.config == stored
    assert shlex.split(request.command) == ["python", "vae.py", "--from_run=run", "--config.train.seed=5"]


def test_list_shows_a_line_for_each_preset():
    lines = parse("--list").splitlines()
    assert [line.split()[0] for line in lines] == list(config.PRESETS)
    assert all(len(line.split(maxsplit=1)[1]) > 20 for line in lines)


def test_help_names_every_flag_and_field():
    text = parse("--help")
    for name in ("--config", "--name", "--from_run", "--init_from", "--overwrite", "--list", "--describe", "--help"):
        assert name in text
    for name in ("latent_dim", "batch_size", "learning_rate", "validation"):
        assert name in text


REFUSED = {
    "unknown preset": ("--config=mnst", "there is no preset 'mnst': did you mean 'mnist'?"),
    "unknown preset of a file": ("--config=config.py:mnst", "there is no preset 'mnst': did you mean 'mnist'?"),
    "no such file": ("--config=nowhere.py:mnist", "there is no file 'nowhere.py' here or beside vae.py"),
    "not Python": ("--config=README.md:mnist", "'README.md' is no Python file"),
    "unknown field": ("--config.train.epoch=3", "there is no config.train.epoch: did you mean 'epochs'?"),
    "unknown section": ("--config.trian.epochs=3", "there is no config.trian: did you mean 'train'?"),
    "a section": ("--config.train=3", "config.train is a group of values: give one of batch_size, epochs"),
    "part of a number": (
        "--config.train.epochs.x=3",
        "there is no config.train.epochs.x: config.train.epochs has no such parts",
    ),
    "part of an option": ("--config.model.network.channels.x=3", "config.model.network has no such parts"),
    "wrong type": ("--config.train.epochs=many", "config.train.epochs was given 'many': expected int"),
    "float for an int": ("--config.train.epochs=2.5", "config.train.epochs was given '2.5': expected int"),
    "no value": ("--config.train.epochs", "config.train.epochs was given 'true': expected int"),
    "bool for a float": ("--config.train.ema=true", "config.train.ema was given 'true': expected float"),
    "tuple of words": (
        "--config.data.image_shape=a,b",
        "config.data.image_shape was given 'a,b': expected tuple[int, ...]",
    ),
    "out of range": ("--config.train.epochs=0", "config.train.epochs is 0: expected at least 1"),
    "not a choice": ("--config.data.pixels=binarise", "did you mean 'binarize'?"),
    "unknown component": ("--config.model.prior=standard_norml", "there is no prior 'standard_norml': did you mean"),
    "unknown option": ("--config.model.likelihood.scal=1", "gaussian has no option 'scal': did you mean 'scale'?"),
    "option called name": ("--config.model.likelihood.name=x", "gaussian has no option 'name'"),
    "half a component": ("--config.model.likelihood=gaussian(", "'gaussian(' is not of the form name or name(option"),
    "unknown flag": ("--nmae=x", "there is no flag --nmae: did you mean '--name'?"),
    "flag without value": ("--name", "the command line cannot be read"),
    "word": ("mnist", "unexpected argument 'mnist'"),
    "name with slashes": ("--name=a/b", "--name is 'a/b': expected the name of a folder, without slashes"),
    "hidden name": ("--name=.x", "--name is '.x': expected the name of a folder"),
    "preset's name with slashes": ("--config.name=a/b", "config.name is 'a/b': expected the name of a folder"),
    "start from nowhere": ("--init_from=nowhere", "--init_from=nowhere: there is no such folder"),
    "repeat of nothing": (
        "--from_run=nowhere",
        "--from_run=nowhere: there is no config.json: expected the folder of a run",
    ),
}


@pytest.mark.parametrize(("argument", "words"), REFUSED.values(), ids=REFUSED)
def test_refused(argument, words):
    assert words in refused(argument)


def test_a_run_cannot_start_from_the_weights_that_it_removes(tmp_path):
    (tmp_path / "mine").mkdir()
    arguments = (f"--model_directory={tmp_path}", "--name=mine", "--overwrite", f"--init_from={tmp_path / 'mine'}")
    assert "is what --overwrite would remove" in refused(*arguments)


def test_all_faults_are_reported_together_a_line_each():
    lines = refused(
        "--nmae=x",
        "--config.train.epoch=3",
        "--config.train.learning_rate=fast",
        "--config.model.likelihood=gausian",
        "--config.train.batch_size=0",
        "--init_from=nowhere",
        "--config=mnist",
    ).splitlines()
    assert len(lines) == 6
    for words in ("--nmae", "train.epoch:", "'fast'", "'gausian'", "batch_size is 0", "nowhere"):
        assert sum(words in line for line in lines) == 1, words


def test_a_fault_between_values_is_found_among_others():
    text = refused("--config.data.pixels=binarize", "--config.train.epoch=3")
    assert "there is no config.train.epoch" in text
    assert "gaussian does not go with config.data.pixels=binarize" in text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7", 7),
        ("1e-3", 1e-3),
        ("true", True),
        ("False", False),
        ("None", None),
        ("(1, 2)", (1, 2)),
        ("[1, 2]", (1, 2)),
        ("word", "word"),
        ("a-b.c", "a-b.c"),
        ("'7'", "7"),
    ],
)
def test_literals(text, value):
    found = command_line.literal(text)
    assert found == value
    assert type(found) is type(value)
