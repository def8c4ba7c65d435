"""The lists of config.py: presets that exist, options that they have, and every reference system in `references`."""

import re
from pathlib import Path

import pytest

import config as presets
from tfvae.errors import UserError
from tfvae.experiments import __main__ as command
from tfvae.experiments import flags, planning
from tfvae.experiments.lists import Experiment, Group, Row

ROOT = Path(presets.__file__).parent
EXPERIMENTS = presets.EXPERIMENTS


def trainings(name, *further):
    return planning.trainings_of(flags.parse(["experiments", name, *further], ROOT))


def preset_names(name):
    return [row.preset for group in EXPERIMENTS[name].groups.values() for row in group.all_rows()]


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_a_list_is_sound(name):
    found = trainings(name)
    assert [training.preset for training in found] == preset_names(name)
    assert planning.clashes(found) == []
    rows = {row.name: row for group in EXPERIMENTS[name].groups.values() for row in group.all_rows()}
    epochs = {}
    for training in found:
        # One budget in each table, and of the model only what a row changes itself.
        assert training.config.train.epochs == epochs.setdefault(training.group, training.config.train.epochs)
        if not rows[training.name].flags:
            assert training.config.model == presets.get_config(training.preset).model
    assert max(epochs.values()) <= 3


def test_every_reference_system_is_in_the_list_of_all():
    systems = r"PrateekMunjal|younganswer|j1a0m0e4sNTU|yhy258|koshian2"
    named = {name for name, preset in presets.PRESETS.items() if re.search(systems, preset.__doc__)}
    assert len(named) == 34
    assert set(preset_names("references")) == named


def test_structures_are_the_published_ones():
    (group,) = EXPERIMENTS["structures"].groups.values()
    (published,) = group.published.values()
    assert list(published) == preset_names("structures")
    assert list(published.values()) == [227, 337, 448, 558, 668, 778, 999, 1219, 709, 1302]


def test_rows_of_the_sweep_share_the_kind_and_differ_in_the_scale():
    (group,) = EXPERIMENTS["kl_weights"].groups.values()
    assert sorted(sum(group.tradeoff.values(), ())) == sorted(preset_names("kl_weights"))
    for names in group.tradeoff.values():
        configs = [presets.get_config(name) for name in names]
        scales = [config.model.likelihood.options["scale"] for config in configs]
        assert len(set(scales)) == len(scales)
        assert len({(repr(config.model.posterior), repr(config.model.network)) for config in configs}) == 1


def test_rows_of_a_noise_group_share_the_scale():
    for group in EXPERIMENTS["noise"].groups.values():
        models = [presets.get_config(row.preset).model for row in group.all_rows()]
        assert len({model.likelihood.options["scale"] for model in models}) == 1
        assert len({(repr(model.posterior), repr(model.network)) for model in models}) == len(models)


def test_overrides_reach_every_row_after_those_of_the_list():
    found = trainings("noise", "--config.train.epochs=1", "--rows=vae_01_04,vae_04_01")
    assert [training.name for training in found] == ["vae_01_04", "vae_04_01"]
    assert {training.config.train.epochs for training in found} == {1}
    assert all("closecrop" in training.command and "epochs=1" in training.command for training in found)


def test_values_may_stand_apart_as_with_vae_py():
    found = trainings("noise", "--rows", "vae_01_04", "--config.train.epochs", "10", "--noconfig.data.dir")
    assert [training.config.train.epochs for training in found] == [10]
    assert flags.parse(["experiments", "--config.train.epochs", "10", "noise"], ROOT).overrides == (
        "--config.train.epochs=10",
    )


def test_a_row_may_have_a_name_and_options_of_its_own():
    group = Group("", ("mnist", Row("mnist", ("--config.model.latent_dim=4",), "small")))
    request = flags.parse(["experiments", "noise"], ROOT)._replace(experiment=Experiment("", {"digits": group}))
    one, other = planning.trainings_of(request)
    assert (one.name, one.config.model.latent_dim) == ("mnist", 32)
    assert (other.name, other.preset, other.config.model.latent_dim) == ("small", "mnist", 4)
    assert other.run.folder.name == "small"


def test_data_goes_to_the_groups_of_that_data_set(tmp_path):
    found = trainings("references", f"--data=folder:{tmp_path}")
    folders = {training.config.data.dataset.name: training.config.data.dir for training in found}
    assert folders == {"folder": str(tmp_path), "celeba": "", "cifar10": "", "mnist": ""}


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (("mnist", "mnist"), "two rows are called 'mnist'"),
        (("mnist", "fashion_mnist"), "mnist and fashion_mnist of the group 'one' see other images"),
    ],
    ids=["names", "images"],
)
def test_rows_that_cannot_stand_in_one_table(rows, sentence):
    request = flags.parse(["experiments", "noise"], ROOT)
    lists = Experiment("", {"one": Group("", rows)})
    assert sentence in "\n".join(planning.clashes(planning.trainings_of(request._replace(experiment=lists))))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "name an experiment first"),
        (["nois"], "there is no experiment 'nois': did you mean 'noise'?"),
        (["noise", "--rows=vae_01_4"], "--rows: there is no row 'vae_01_4': did you mean 'vae_01_04'?"),
        (["noise", "--data=folder"], "--data: received 'folder', expected DATASET:PATH"),
        (["noise", "--data=holder:."], "--data: there is no data set 'holder': did you mean 'folder'?"),
        (["noise", "--data=folder:nowhere"], "--data: there is no file or folder 'nowhere'"),
        (["noise", "--data=folder:."], "--data: no row of noise is trained on 'folder'"),
        (["noise", "--config.train.epoch=1"], "there is no config.train.epoch: did you mean 'epochs'?"),
        (["noise", "--only_reports"], "there is no flag --only_reports: did you mean '--only_report'?"),
        (["noise", "--config=mnist"], "there is no flag --config:"),
        (["noise", "extra"], "'extra' is no flag"),
    ],
    ids=lambda value: " ".join(value) or "nothing" if isinstance(value, list) else "",
)
def test_faults_are_sentences(arguments, sentence):
    with pytest.raises(UserError, match=re.escape(sentence)):
        trainings(*arguments) if arguments else flags.parse(["experiments"], ROOT)


def test_list_and_help():
    text = flags.parse(["experiments", "--list"], ROOT)
    for name, experiment in EXPERIMENTS.items():
        assert f"{name}: {experiment.about}" in text
    assert "--only_report" in flags.parse(["experiments", "--help"], ROOT)


@pytest.mark.parametrize("flag", ["--list", "--list=true"])
def test_the_list_is_printed_alone(flag, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    assert command.run(["experiments", flag]) == 0
    assert capsys.readouterr().out == flags.listing(EXPERIMENTS) + "\n"


def test_every_list_is_in_the_documentation():
    text = (ROOT / "docs/experiments.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE) == list(EXPERIMENTS)


@pytest.mark.parametrize("argument", ["--list", "noise"])
def test_without_lists_there_is_a_sentence(tmp_path, argument):
    (tmp_path / "vae.py").touch()
    (tmp_path / "config.py").write_text("PRESETS = {}")
    with pytest.raises(UserError, match="there are no EXPERIMENTS in"):
        flags.parse(["experiments", argument], tmp_path)


def test_without_scripts_there_is_a_sentence(tmp_path):
    with pytest.raises(UserError, match=r"there is no vae\.py in"):
        flags.parse(["experiments", "noise"], tmp_path)
