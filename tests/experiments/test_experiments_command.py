"""`python -m tfvae.experiments` from trainings to the report, on trainings that take seconds."""

import json
import os
import re
import shutil
from pathlib import Path

import home as homes
import numpy as np
import pytest
import tiny
from PIL import Image

import tfvae
from tfvae import objectives
from tfvae.evaluation import __main__ as evaluation
from tfvae.evaluation.sections.reconstruction import Reconstruction
from tfvae.experiments import __main__ as command
from tfvae.experiments import report, running
from tfvae.experiments.distances import Distances
from tfvae.experiments.showcase import Showcase

ROWS = ("small", "fixed", "narrow", "plain")


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The home of a finished experiment; to be looked at and copied, not changed."""
    home = homes.make(tmp_path_factory.mktemp("experiments"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        patch.setattr(running, "train", homes.in_this_process)
        assert command.run(["experiments", "all", "--data=arrays:images.npz"]) == 0
    return home


@pytest.fixture
def call(finished, tmp_path, monkeypatch):
    """Runs the command in a copy of that home; gives its status. No training is expected."""
    home = shutil.copytree(finished, tmp_path / "home")
    monkeypatch.chdir(home)
    monkeypatch.setattr(running, "train", lambda training, home: pytest.fail(f"{training.name} is trained again"))

    def run(*arguments, data="--data=arrays:images.npz"):
        return command.run(["experiments", *arguments, data])

    run.home = home
    return run


def folder_of(home):
    return home / "model_directory/experiments/all"


def run_of(home, row):
    return home / "model_directory/experiments/runs" / row


def rows_of(home):
    return json.loads((folder_of(home) / "report.json").read_text())["groups"]["rectangles"]["rows"]


def test_numbers_of_the_runs_are_in_the_report(finished):
    rows = rows_of(finished)
    assert list(rows) == list(ROWS)
    for name, row in rows.items():
        said = json.loads((run_of(finished, name) / "report.json").read_text())
        figures = row["figures"]
        assert figures["parameters"]["value"] == said["model"]["trainable_parameters"]
        assert figures["seconds"]["value"] == said["training"]["seconds"]
        assert figures["images_per_second"]["value"] == said["training"]["images_per_second"]
        for number in ("negative_elbo", "bits_per_dim"):
            assert figures.get(number, {}).get("value") == said["numbers"]["test"].get(number)
    assert rows["narrow"]["preset"] == "fixed"
    assert "--config.model.latent_dim=1" in rows["narrow"]["command"]


@pytest.mark.parametrize("name", ["small", "plain"])
def test_errors_are_those_of_the_model_on_the_images_themselves(finished, name):
    model = tfvae.load(run_of(finished, name))
    config = json.loads((run_of(finished, name) / "config.json").read_text())
    test = tfvae.datasets.DATASETS["arrays"](
        tfvae.datasets.base.Request(dir=str(finished / "images.npz"), validation=config["data"]["validation"])
    ).test
    images = test.images(np.arange(test.num_images)) / np.float32(255)
    error = np.mean((np.asarray(model.reconstruct(images)) - images) ** 2)
    assert rows_of(finished)[name]["figures"]["mse"]["value"] == pytest.approx(error, rel=1e-5)


@pytest.mark.parametrize("name", ["small", "fixed"])
def test_distances_are_those_of_the_evaluation(finished, tmp_path, name):
    flags = [f"--run={run_of(finished, name)}", "--metrics=samples", f"--output_dir={tmp_path}"]
    assert evaluation.run(["evaluation", *flags]) == 0
    samples = json.loads((tmp_path / "evaluation.json").read_text())["samples"]
    row = rows_of(finished)[name]
    for figure in ("frechet_distance", "kernel_distance"):
        assert row["figures"][figure]["value"] == pytest.approx(samples[figure]["value"], rel=1e-5)
    assert row["protocols"]["distances"].items() <= samples["protocol"].items()


def test_the_best_is_marked_among_what_can_be_compared(finished):
    rows = rows_of(finished)
    for figure in ("mse", "frechet_distance"):
        counted = {name: rows[name]["figures"][figure]["value"] for name in ROWS if name != "plain"}
        assert rows[min(counted, key=counted.get)]["figures"][figure]["best"]
    # Of errors, those within a standard error of the best are as good; distances have none.
    assert [name for name in counted if rows[name]["figures"]["frechet_distance"]["best"]] == [
        min(counted, key=counted.get)
    ]
    assert not rows["plain"]["figures"]["mse"]["best"]  # it is no VAE
    kinds = {name: rows[name]["figures"]["negative_elbo"]["kind"] for name in ROWS[:3]}
    assert len(set(kinds.values())) == 3
    assert kinds["small"] == "density of dequantised pixels"
    assert not any(rows[name]["figures"]["negative_elbo"]["best"] for name in kinds)


def table_of(text):
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    heads, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    return {row[0]: dict(zip(heads, row, strict=True)) for row in rows}


def test_the_table_has_dashes_letters_and_bold_cells(finished):
    text = (folder_of(finished) / "report.md").read_text()
    table, rows = table_of(text), rows_of(finished)
    assert list(table) == list(ROWS)
    assert {table["plain"][head] for head in ("−ELBO, nats", "bits/dim", "Fréchet distance")} == {"—"}
    assert table["small"]["parameters as published"] == "1,234"
    assert table["fixed"]["parameters as published"] == "—"
    nats = rows["fixed"]["figures"]["negative_elbo"]
    letter = re.search(rf"^(\w): {re.escape(nats['kind'])}\.", text, re.MULTILINE).group(1)
    assert table["fixed"]["−ELBO, nats"] == f"{nats['value']:,.1f}<sup>{letter}</sup>".replace("-", "−")
    for name, row in table.items():
        assert row["test MSE"].startswith("**") == rows[name]["figures"]["mse"]["best"]


def test_no_folder_of_this_machine_is_in_the_report(finished):
    for name in ("report.md", "report.json"):
        text = (folder_of(finished) / name).read_text()
        assert str(finished) not in text
        assert str(finished.parent.name) not in text
    assert (
        "`python -m tfvae.experiments all --data=arrays:images.npz`" in (folder_of(finished) / "report.md").read_text()
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no /data/sets/faces.zip here", "no faces.zip here"),
        ("--config.data.dir=/a/b", "--config.data.dir=b"),
        ("1/2 and/or images/s", "1/2 and/or images/s"),
        ("'--config.data.dir=/my data/c d.zip' x/my data", "'--config.data.dir=c d.zip' x/my data"),
        ("/my data/runs/row holds, /my data", "row holds, my data"),
    ],
    ids=["file", "flag", "fractions", "spaces", "nested"],
)
def test_folders_are_left_out(text, expected):
    known = [Path("/my data"), Path("/my data/c d.zip"), Path("/my data/runs")]
    assert report.without_folders(text, known) == expected


def test_a_home_with_spaces_is_left_out_of_the_report(call, capsys):
    spaced = call.home.rename(call.home.with_name("my own home"))
    path = spaced / "model_directory/experiments/runs/fixed/checkpoints/best.npz"
    path.write_bytes(b"")
    (spaced / "my pictures").mkdir()
    (spaced / "images.npz").rename(spaced / "my pictures/images.npz")
    os.chdir(spaced)
    data = spaced / "my pictures/images.npz"
    assert call("two", f"--config.data.dir={data}", data=f"--data=arrays:{data}") == 1
    for name in ("report.md", "report.json"):
        text = (spaced / "model_directory/experiments/two" / name).read_text()
        assert "best.npz is damaged" in text
        assert not re.search("my own home|my pictures|own home|pictures/images", text)


def test_pictures_show_every_row(finished):
    with Image.open(folder_of(finished) / "rectangles.png") as picture:
        assert picture.height >= 64 * 5  # four rows below the originals, of tiles enlarged to 64 pixels
        assert picture.width >= 2 * 10 * 64
        left, right = (np.asarray(picture)[-60:, part] for part in (slice(-660, -10), slice(200, 600)))
    assert left.min() == 255  # the last model cannot be sampled from
    assert right.min() < 128
    with Image.open(folder_of(finished) / "rectangles_tradeoff.png") as picture:
        assert picture.width > 1000


def test_the_tradeoff_is_over_the_weight_that_the_scale_means(finished):
    found = json.loads((folder_of(finished) / "report.json").read_text())["groups"]["rectangles"]
    (kind,) = found["tradeoff"]  # a model without a KL term is none
    assert kind == "one kind"
    points = found["tradeoff"][kind]
    assert [point["name"] for point in points] == ["fixed", "narrow"]
    for point, scale in zip(points, (0.2, 0.5), strict=True):
        assert objectives.scale_of_mse_weight(point["weight"], 64) == pytest.approx(scale)
        assert point["mse"] == found["rows"][point["name"]]["figures"]["mse"]["value"]


def test_a_second_call_trains_and_measures_nothing(call, monkeypatch):
    before = (folder_of(call.home) / "report.md").read_text()
    (folder_of(call.home) / "report.md").unlink()
    for section in (Reconstruction, Distances, Showcase):
        monkeypatch.setattr(section, "measure", lambda *_: pytest.fail("measured again"))
    assert call("all") == 0
    assert (folder_of(call.home) / "report.md").read_text() == before


def test_another_experiment_takes_runs_that_are_finished(call, capsys):
    assert call("two") == 0
    out = capsys.readouterr().out
    assert out.index("[1/2] fixed  finished:") < out.index("[2/2] small  finished:")
    text = (call.home / "model_directory/experiments/two/report.md").read_text()
    assert list(table_of(text)) == ["fixed", "small"]


def test_a_row_that_fails_is_reported_and_the_others_go_on(call, capsys, monkeypatch):
    shutil.rmtree(run_of(call.home, "small"))
    monkeypatch.setattr(running, "train", lambda training, home: f"no memory for {training.name}")
    assert call("all") == 1
    out = capsys.readouterr().out
    assert "[1/4] small  failed: no memory for small" in out
    assert "[2/4] fixed  finished:" in out
    assert rows_of(call.home)["small"]["failure"] == "no memory for small"
    text = (folder_of(call.home) / "report.md").read_text()
    assert set(table_of(text)["small (failed)"].values()) == {"small (failed)", "—", "1,234"}
    assert "- small failed: no memory for small" in text
    assert table_of(text)["fixed"]["test MSE"] != "—"


def test_a_row_that_cannot_be_measured_is_reported_and_the_others_go_on(call, capsys):
    path = run_of(call.home, "fixed") / "checkpoints/best.npz"
    path.write_bytes(path.read_bytes()[:-100])
    assert call("all") == 1
    assert "fixed: cannot be measured" in capsys.readouterr().out
    rows = rows_of(call.home)
    assert "best.npz is damaged" in rows["fixed"]["failure"]
    assert [name for name in ROWS if rows[name]["figures"].get("mse")] == ["small", "narrow", "plain"]


@pytest.mark.parametrize(
    ("other", "words"),
    [({"seed": 1}, "those that it has kept"), ({"num_images": 200}, "data.num_images is 250 there and 160 here")],
    ids=["contents", "number"],
)
def test_runs_of_other_images_are_not_taken_for_these(call, capsys, other, words):
    tiny.save_pictures(call.home / "other", **{"num_images": 300, **other})
    before = tiny.files_of(call.home)
    assert call("two", data="--data=arrays:other/images.npz") == 2
    said = capsys.readouterr().err
    assert said.count("holds a run of other images") == said.count(words) == 2
    assert "another --model_directory" in said
    assert tiny.files_of(call.home) == before


def test_images_may_have_moved_since_the_training(call):
    for row in ("fixed", "small"):
        path = run_of(call.home, row) / "config.json"
        config = json.loads(path.read_text())
        config["data"]["dir"] = "/nowhere/images.npz"
        path.write_text(json.dumps(config))
    (call.home / "moved").mkdir()
    (call.home / "images.npz").rename(call.home / "moved/images.npz")
    assert call("two", data="--data=arrays:moved/images.npz") == 0


def test_only_report_leaves_out_what_is_not_finished(call, capsys):
    shutil.rmtree(run_of(call.home, "small"))
    assert call("all", "--only_report") == 0
    assert list(rows_of(call.home)) == ["fixed", "narrow", "plain"]
    shutil.rmtree(run_of(call.home, "").parent / "runs")
    assert call("all", "--only_report") == 2
    assert "no row of all is finished in" in capsys.readouterr().err


def test_runs_of_another_budget_are_not_touched(call, capsys):
    before = tiny.files_of(call.home)
    assert call("all", "--config.train.epochs=3") == 2
    said = capsys.readouterr().err
    assert said.count("train.epochs is 2 there and 3 here") == len(ROWS)
    assert "another --model_directory" in said
    assert tiny.files_of(call.home) == before


@pytest.mark.parametrize(
    ("arguments", "data", "sentence"),
    [
        (["all"], "--data=arrays:vae.py", "group 'rectangles': "),
        (["all", "--extractor=classifier"], "--data=arrays:images.npz", "have no labels to fit a classifier on"),
        (["all", "--extractor=classifer"], "--data=arrays:images.npz", "did you mean 'classifier'?"),
        (["all", "--config.model.network=mpl"], "--data=arrays:images.npz", "there is no network 'mpl'"),
    ],
    ids=["data", "labels", "extractor", "config"],
)
def test_faults_are_found_before_anything_is_trained(call, capsys, arguments, data, sentence):
    shutil.rmtree(run_of(call.home, "small"))
    assert call(*arguments, data=data) == 2
    assert sentence in capsys.readouterr().err
