"""`vae.py` from the command line to the files of a finished run."""

import csv
import io
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest
import tiny
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util import tensor_util

import config as presets
from tfvae import command_line, configuration, reports, runs
from tfvae.finished import differences
from tfvae.training import checkpoints, guard, session

MEASURED = {"loss", "negative_elbo", "reconstruction", "kl", "mse", "sigma", "active_units", "bits_per_dim"}
TRAINED = {"beta", "gradient_norm"}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished run. Not to be changed."""
    return tiny.finished(tmp_path_factory)[0]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """The images that it was trained on."""
    return tiny.finished(tmp_path_factory)[1]


@pytest.fixture
def copy(finished, tmp_path):
    """A finished run that may be changed, `run` in the test's folder."""
    shutil.copytree(finished, tmp_path / "run")
    return tmp_path / "run"


def again(data, models, *further, **options):
    """The command line of `finished`."""
    return tiny.flags(data, models, "--config.train.epochs=5", *further, **options)


def refused(capsys, arguments):
    """What the script says of arguments that it refuses: nothing of it is a traceback."""
    capsys.readouterr()
    assert tiny.script.run(arguments) == 2
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err + captured.out
    return captured.err


# Files.


def test_the_files_of_a_finished_run(finished):
    found = {name for name in tiny.files_of(finished) if not name.startswith(("serving/", "tensorboard/"))}
    numbers = ("0002", "0004", "0005")  # every second epoch, and the last
    assert found == {
        "config.json",
        "log.csv",
        "timing.csv",
        "checkpoints/last.npz",
        "checkpoints/best.npz",
        "model.keras",
        "examples.npz",
        "generations.gif",
        "reconstructions.gif",
        "curves.png",
        "report.json",
        "report.md",
        *(f"pictures/{kind}/{number}.png" for kind in ("generations", "reconstructions") for number in numbers),
    }
    assert (finished / "serving" / "1" / "saved_model.pb").exists()
    assert [path.name for path in (finished / "serving").iterdir()] == ["1"]
    assert not list(finished.rglob(".*"))


def test_animations_show_the_pictures(finished):
    for kind in ("generations", "reconstructions"):
        pictures = [np.asarray(Image.open(path)) for path in sorted((finished / "pictures" / kind).iterdir())]
        with Image.open(finished / f"{kind}.gif") as animation:
            assert animation.n_frames == len(pictures)
            for index, picture in enumerate(pictures):
                animation.seek(index)
                np.testing.assert_array_equal(np.asarray(animation.convert("L")), picture)
    with Image.open(finished / "curves.png") as curves:
        assert min(curves.size) > 200
        assert len(curves.convert("RGB").getcolors(1 << 24)) > 10


def test_the_log_has_every_quantity_of_every_epoch(finished):
    with (finished / "log.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row.pop("epoch") for row in rows] == ["1", "2", "3", "4", "5"]
    for row in rows:
        assert set(row) == MEASURED | TRAINED | {f"val_{name}" for name in MEASURED}
        values = {name: float(text) for name, text in row.items()}
        assert np.isfinite(list(values.values())).all()
        for prefix in ("", "val_"):
            bound = values[f"{prefix}negative_elbo"]
            assert bound == pytest.approx(values[f"{prefix}reconstruction"] + values[f"{prefix}kl"], rel=1e-5)
            assert values[f"{prefix}bits_per_dim"] == pytest.approx((bound / 64 + np.log(256)) / np.log(2), rel=1e-5)
    # The warm-up of the preset lasts a fifth of the run: three steps of 15, whose β is 0, a third, two thirds of 12.25.
    assert [float(row["beta"]) for row in rows] == pytest.approx([12.25 / 3, 12.25, 12.25, 12.25, 12.25], rel=1e-5)


def test_the_stored_examples(finished, data):
    with np.load(finished / "examples.npz") as examples:
        assert set(examples) == {"images", "kl_per_latent"}
        assert examples["images"].shape == (10, 8, 8, 1)  # of the validation split
        assert examples["kl_per_latent"].shape == (3,)
        assert (examples["kl_per_latent"] >= 0).all()
        levels = np.floor(examples["images"] * 256).astype(np.uint8)
    with np.load(data) as file:
        known = {image.tobytes() for image in file["images"]}
    assert all(image.tobytes() in known for image in levels)


def test_tensorboard_shows_scalars_images_and_histograms(finished):
    found = {}
    for path in (finished / "tensorboard").iterdir():
        found[path.name] = EventAccumulator(str(path))
        found[path.name].Reload()
    assert set(found) == {"train", "validation", "pictures"}
    with (finished / "log.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for name, prefix in (("train", ""), ("validation", "val_")):
        tags = found[name].Tags()["tensors"]
        expected = MEASURED | (TRAINED | {"learning_rate", "input_wait"} if name == "train" else set())
        assert set(tags) == expected
        events = found[name].Tensors("negative_elbo")
        assert [event.step for event in events] == [1, 2, 3, 4, 5]
        values = [float(tensor_util.make_ndarray(event.tensor_proto)) for event in events]
        assert values == pytest.approx([float(row[f"{prefix}negative_elbo"]) for row in rows], rel=1e-6)
    content = {
        tag: found["pictures"].SummaryMetadata(tag).plugin_data.plugin_name
        for tag in found["pictures"].Tags()["tensors"]
    }
    assert content == {
        "generations": "images",
        "reconstructions": "images",
        "posterior/mean": "histograms",
        "posterior/stddev": "histograms",
    }
    for tag in content:
        assert [event.step for event in found["pictures"].Tensors(tag)] == [2, 4, 5]
    shown = found["pictures"].Tensors("reconstructions")[-1].tensor_proto.string_val[2]
    stored = Image.open(finished / "pictures" / "reconstructions" / "0005.png")
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(shown)).convert("L")), np.asarray(stored))


def test_the_stored_configuration_is_what_was_asked_for(finished, data):
    request = command_line.parse(again(data, "anywhere"), tiny.ROOT)
    stored = configuration.read(finished / "config.json")
    assert (stored.data.image_shape, stored.data.num_images) == ((8, 8, 1), 48)
    assert differences(stored, runs.resolve(request.config, runs.load_data(request.config))) == []


# The same folder again.


def test_the_same_command_on_a_finished_run_changes_nothing(copy, data, tmp_path, capsys, monkeypatch):
    before = tiny.files_of(copy)
    monkeypatch.setattr(runs, "load_data", None)  # the data may be gone by then
    assert tiny.script.run(again(data, tmp_path)) == 0
    said = capsys.readouterr().out
    assert "is finished, and nothing was changed" in said
    for hint in ("--overwrite", "--name", f"--init_from={copy}", str(copy / "report.md")):
        assert hint in said
    assert tiny.files_of(copy) == before


def test_overwrite_trains_afresh_and_keeps_what_is_served(copy, finished, data, tmp_path):
    trace = copy / "tensorboard" / "plugins" / "profile" / "then" / "host.xplane.pb"
    trace.parent.mkdir(parents=True)
    for profile in (copy / "profile.md", trace):
        profile.write_text("of the run that was here")
    assert tiny.script.run(again(data, tmp_path, "--overwrite")) == 0
    assert not (copy / "profile.md").exists()
    assert not trace.exists()
    served = tiny.files_of(copy / "serving" / "1")
    assert {name: content for name, (content, _) in served.items()} == {
        name: content for name, (content, _) in tiny.files_of(finished / "serving" / "1").items()
    }
    assert sorted(path.name for path in (copy / "serving").iterdir()) == ["1", "2"]
    report = json.loads((copy / "report.json").read_text())
    assert report["serving_version"] == 2
    tiny.assert_same_arrays(copy / "checkpoints" / "best.npz", finished / "checkpoints" / "best.npz")
    assert (copy / "log.csv").read_text() == (finished / "log.csv").read_text()


def test_an_interrupted_overwrite_goes_on_with_the_same_command(copy, finished, data, tmp_path, monkeypatch):
    trained, original = [], session._fit

    def watched(model, splits, config, step, *further):
        trained.append(step)
        return original(model, splits, config, step, *further)

    def interrupt(self, batch, logs=None):
        if int(self.model.optimizer.iterations) == 8:
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(session, "_fit", watched)
    with monkeypatch.context() as patch:
        patch.setattr(guard.NonFiniteGuard, "on_train_batch_end", interrupt)
        assert tiny.script.run(again(data, tmp_path, "--overwrite")) == 130
    assert not (copy / "report.json").exists()
    assert tiny.script.run(again(data, tmp_path, "--overwrite")) == 0
    assert trained == [0, 8, 9]
    assert sorted(path.name for path in (copy / "serving").iterdir()) == ["1", "2"]
    tiny.assert_same_arrays(copy / "checkpoints" / "last.npz", finished / "checkpoints" / "last.npz")


def test_a_run_of_another_configuration_is_not_mixed_in(copy, data, tmp_path, capsys):
    before = tiny.files_of(copy)
    said = refused(capsys, again(data, tmp_path, "--config.train.learning_rate=0.5", "--config.model.latent_dim=4"))
    assert "model.latent_dim is 3 there and 4 here" in said
    assert "train.learning_rate is 0.002 there and 0.5 here" in said
    assert "--name" in said
    assert "--overwrite" in said
    assert tiny.files_of(copy) == before


def test_a_run_that_starts_from_the_weights_of_another(finished, data, tmp_path):
    still = ("--config.train.learning_rate=1e-9", "--config.train.epochs=1", "--config.train.seed=1")
    begun = tiny.train(data, tmp_path, *still, f"--init_from={finished}", name="begun")
    fresh = tiny.train(data, tmp_path, *still, name="fresh")
    path = "checkpoints/best.npz"
    source = tiny.arrays(finished / path)
    assert max(np.abs(one - other).max() for one, other in zip(tiny.arrays(begun / path), source, strict=True)) < 1e-6
    assert max(np.abs(one - other).max() for one, other in zip(tiny.arrays(fresh / path), source, strict=True)) > 0.1


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("--config.model.latent_dim=4", "cannot start from"),
        ("--config.model.network=mlp(units=(8, 8))", "cannot start from"),
        ("--config.model.likelihood=gaussian(scale=0.1)", "cannot start from"),
    ],
)
def test_weights_of_another_structure_are_refused_and_nothing_is_begun(
    finished, data, tmp_path, capsys, override, words
):
    assert words in refused(capsys, again(data, tmp_path, f"--init_from={finished}", override))
    assert list(tmp_path.iterdir()) == []


def test_what_is_refused_does_not_cost_the_run_that_is_there(finished, copy, data, tmp_path, capsys):
    before = tiny.files_of(copy)
    further = ("--overwrite", f"--init_from={finished}", "--config.model.latent_dim=4")
    refused(capsys, again(data, tmp_path, *further))
    assert tiny.files_of(copy) == before


def test_ctrl_c_at_the_very_end_is_made_good_by_the_same_command(copy, data, tmp_path, monkeypatch, capsys):
    (copy / "report.json").unlink()
    with monkeypatch.context() as patch:
        patch.setattr(reports, "markdown", lambda report: os.kill(os.getpid(), signal.SIGINT))
        assert tiny.script.run(again(data, tmp_path)) == 130
    assert "Traceback" not in capsys.readouterr().err
    assert tiny.script.run(again(data, tmp_path)) == 0
    assert json.loads((copy / "report.json").read_text())["serving_version"] == 1


def test_a_folder_without_weights_cannot_be_started_from(data, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    said = refused(capsys, again(data, tmp_path, f"--init_from={tmp_path / 'empty'}"))
    assert "has no checkpoints/best.npz" in said
    assert not (tmp_path / "run").exists()


def test_from_run_repeats_a_run(finished, tmp_path):
    assert (
        tiny.script.run(["vae.py", f"--from_run={finished}", f"--model_directory={tmp_path}", "--name=repeated"]) == 0
    )
    tiny.assert_same_arrays(tmp_path / "repeated" / "checkpoints" / "best.npz", finished / "checkpoints" / "best.npz")
    assert (tmp_path / "repeated" / "log.csv").read_text() == (finished / "log.csv").read_text()
    assert repeats(tmp_path / "repeated")


def repeats(run):
    """Whether the command in a run's report asks for its configuration."""
    command = json.loads((run / "report.json").read_text())["command"]
    assert command in (run / "report.md").read_text()
    python, *arguments = shlex.split(command)
    assert python == "python"
    config = command_line.parse(arguments, tiny.ROOT).config
    stored = configuration.read(run / "config.json")
    return differences(stored, runs.resolve(config, runs.load_data(config))) == []


def test_the_reported_command_repeats_the_run(finished):
    assert repeats(finished)


@pytest.mark.parametrize("name", ["", "..", ".hidden", "a/b", "/a"])
def test_names_that_are_no_names_of_a_folder(name, data, tmp_path, capsys):
    assert "--name" in refused(capsys, tiny.flags(data, tmp_path, name=name))
    assert list(tmp_path.iterdir()) == []


# Data.


@pytest.mark.parametrize("dataset", ["mnist", "fashion_mnist", "celeba"])
def test_data_that_are_nowhere(dataset, tmp_path, monkeypatch, capsys):
    def refuse(*args, **kwargs):
        raise OSError("no internet here")

    monkeypatch.setattr("urllib.request.urlopen", refuse)
    monkeypatch.setenv("TFVAE_DATA_DIR", str(tmp_path / "shared"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    (tmp_path / "mine").mkdir()
    said = refused(
        capsys,
        [
            "vae.py",
            f"--config={dataset}",
            f"--config.data.dir={tmp_path / 'mine'}",
            f"--model_directory={tmp_path / 'models'}",
        ],
    )
    for place in ("mine", "shared", "keras"):
        assert str(tmp_path / place) in said
    assert not (tmp_path / "models").exists()


@pytest.fixture
def faces(tmp_path):
    """A tree of pictures of many sizes and kinds, in the folders of three splits; one to train on is damaged."""
    rng = np.random.default_rng(0)
    folder = tmp_path / "faces"
    for index in range(24):
        channels, (height, width) = (3, 1)[index % 2], rng.integers(24, 40, 2)
        picture = Image.fromarray(rng.integers(0, 256, (height, width, channels), np.uint8).squeeze())
        path = folder / ("train", "valid", "test")[index % 3] / f"{index:02d}.{('jpg', 'png', 'bmp')[index % 3]}"
        path.parent.mkdir(parents=True, exist_ok=True)
        picture.save(path)
    whole = next(folder.rglob("*.jpg")).read_bytes()
    (folder / "train" / "broken.jpg").write_bytes(whole[: len(whole) // 2])
    return folder


FACES = (
    "--config=folder",
    "--config.data.image_shape=(20, 12, 3)",
    "--config.data.validation=0",
    "--config.model.network=mlp(units=(8,))",
    "--config.model.latent_dim=2",
    "--config.train.batch_size=2",
    "--config.train.epochs=2",
)


def test_a_damaged_file_is_named_and_nothing_is_lost(faces, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(checkpoints, "SECONDS_BETWEEN_SAVES", 0.0)
    arguments = ["vae.py", *FACES, f"--config.data.dir={faces}", f"--model_directory={tmp_path / 'models'}"]
    said = refused(capsys, arguments)
    broken = faces / "train" / "broken.jpg"
    assert str(broken) in said
    assert "'skip'" in said
    with np.load(tmp_path / "models" / "folder" / "checkpoints" / "last.npz") as file:
        assert 0 < json.loads(str(file["state"]))["step"] < 5
    # Mended, it is trained on, and the run is as if nothing had been.
    shutil.copy(next(path for path in broken.parent.iterdir() if path != broken), broken)
    assert tiny.script.run(arguments) == 0
    assert tiny.script.run([*arguments, "--name=whole"]) == 0
    found, expected = (tmp_path / "models" / name for name in ("folder", "whole"))
    tiny.assert_same_arrays(found / "checkpoints" / "last.npz", expected / "checkpoints" / "last.npz")
    assert (found / "log.csv").read_text() == (expected / "log.csv").read_text()


def test_a_damaged_file_is_skipped_and_reported(faces, tmp_path):
    run = tmp_path / "models" / "folder"
    arguments = ["vae.py", *FACES, f"--config.data.dir={faces}", f"--model_directory={run.parent}"]
    assert tiny.script.run([*arguments, "--config.data.on_bad_file=skip"]) == 0
    report = json.loads((run / "report.json").read_text())
    assert len(report["data"]["bad_files"]) == 1
    assert "broken.jpg" in report["data"]["bad_files"][0]
    assert sum(report["data"]["images"].values()) == 24
    assert report["data"]["image_shape"] == [20, 12, 3]
    text = (run / "report.md").read_text()
    assert "left out, damaged" in text
    assert "broken.jpg" in text


# Every likelihood, and every kind of pixels, once through the whole script.
KINDS = {
    "learned": ("gaussian(scale=learned)", "dequantize", np.uint8, (8, 8, 1)),
    "fixed": ("gaussian(scale=0.2)", "unit", np.float32, (8, 8, 1)),
    "optimal": ("gaussian(scale=optimal)", "unit", np.float64, (8, 8, 1)),
    "per pixel": ("gaussian(scale=per_pixel)", "dequantize", np.uint8, (20, 12, 3)),
    "laplace": ("laplace", "dequantize", np.uint8, (8, 8, 1)),
    "discretized logistic": ("discretized_logistic", "unit", np.uint8, (20, 12, 3)),
    "bernoulli": ("bernoulli", "binarize", np.float32, (8, 8, 1)),
    "continuous bernoulli": ("continuous_bernoulli", "unit", np.uint8, (8, 8, 1)),
}
BITS = {"learned", "per pixel", "laplace", "discretized logistic"}
SIGMA = {"learned", "fixed", "optimal", "laplace", "discretized logistic"}


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_of_pixels_and_likelihoods(kind, tmp_path):
    likelihood, pixels, dtype, shape = KINDS[kind]
    images = tiny.pictures(40, shape)
    np.save(tmp_path / "images.npy", images if dtype == np.uint8 else (images / 255).astype(dtype))
    run = tiny.train(
        tmp_path / "images.npy",
        tmp_path,
        f"--config.model.likelihood={likelihood}",
        f"--config.data.pixels={pixels}",
        "--config.train.epochs=1",
        "--config.train.precision=" + ("mixed_bfloat16" if kind == "fixed" else "float32"),
    )
    report = json.loads((run / "report.json").read_text())
    for split in ("validation", "test"):
        numbers = report["numbers"][split]
        assert np.isfinite(list(numbers.values())).all()
        assert ("bits_per_dim" in numbers) == (kind in BITS)
        assert ("sigma" in numbers) == (kind in SIGMA)
        assert 0 < numbers["mse_at_mean"] < 0.5
    assert report["data"]["image_shape"] == list(shape)
    assert not [path for path in run.rglob(".*")]


def test_without_validation_and_test_images(tmp_path):
    data = tiny.save_pictures(tmp_path)
    run = tiny.train(data, tmp_path, "--config.data.dataset=arrays(test_fraction=0.0)", "--config.data.validation=0")
    report = json.loads((run / "report.json").read_text())
    assert report["numbers"] == {}
    assert report["training"]["best_epoch"] == 3
    assert report["data"]["images"] == {"train": 64}
    tiny.assert_same_arrays(run / "checkpoints" / "best.npz", run / "checkpoints" / "best.npz")


# What needs neither data nor training.

WITHOUT_TENSORFLOW = """
import importlib.abc, runpy, sys

class Refuse(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("tensorflow", "keras", "tensorflow_probability", "tf_keras"):
            raise ImportError(f"{name} is not to be imported here")

sys.meta_path.insert(0, Refuse())
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--help"], 0, "--init_from"),
        (["--list"], 0, "gaussian_celeba"),
        (["--config=mnits"], 2, "did you mean 'mnist'?"),
        (["--config.train.epochs=many", "--config.model.latent=3"], 2, "config.train.epochs"),
    ],
)
def test_answers_that_need_no_tensorflow(arguments, status, words):
    command = [sys.executable, "-c", WITHOUT_TENSORFLOW, str(tiny.ROOT / "vae.py"), *arguments]
    found = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=tiny.ROOT)
    assert found.returncode == status, found.stderr
    assert words in (found.stderr if status else found.stdout)
    assert "Traceback" not in found.stderr


def test_the_list_has_a_line_for_every_preset(capsys):
    assert tiny.script.run(["vae.py", "--list"]) == 0
    lines = [line.split()[0] for line in capsys.readouterr().out.splitlines() if line.strip()]
    assert set(presets.PRESETS) <= set(lines)


@pytest.mark.parametrize(
    ("preset", "words"),
    [
        (
            "gaussian_mnist",
            ("trainable parameters: 935,251", "σ = 0.4427", 'mean squared error + 0.0005·KL" on [0, 1]'),
        ),
        (
            "gaussian_celeba",
            ("trainable parameters: 21,296,899", "σ = 0.3919", 'mean squared error + 0.0001·KL" on [−1, 1]'),
        ),
        ("mnist_bernoulli", ("likelihood: bernoulli", "28×28×1")),
    ],
)
def test_describe_reads_no_data(preset, words, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(runs, "load_data", None)
    models = tmp_path / "models"
    assert tiny.script.run(["vae.py", f"--config={preset}", "--describe", f"--model_directory={models}"]) == 0
    said = capsys.readouterr().out
    for one in (*words, "encoder:", "decoder:"):
        assert one in said
    assert not models.exists()


# Numbers that are none.


def test_a_loss_that_is_no_number_stops_the_run(data, tmp_path, monkeypatch, capsys):
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    monkeypatch.setattr(checkpoints, "SECONDS_BETWEEN_SAVES", 0.0)
    original = runs.build

    def build(config):
        model = original(config)
        terms = model.terms

        def broken(images, noise, training=False):
            found = terms(images, noise, training)
            import tensorflow as tf

            bad = tf.where(model.optimizer.iterations == 4, np.inf, 0.0) if training else 0.0
            return found._replace(kl=found.kl + tf.cast(bad, tf.float32))

        model.terms = broken
        return model

    monkeypatch.setattr(runs, "build", build)
    assert tiny.script.run(tiny.flags(data, tmp_path)) == 1
    captured = capsys.readouterr()
    assert "the KL term is not finite at step 5" in captured.err
    assert "Traceback" not in captured.err + captured.out
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
    with np.load(tmp_path / "run" / "checkpoints" / "last.npz") as file:
        assert json.loads(str(file["state"]))["step"] == 4
        assert all(np.isfinite(file[name]).all() for name in file if name != "state")
    assert not (tmp_path / "run" / "report.json").exists()
