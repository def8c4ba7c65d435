"""`vae_inference.py --attribute`, on planted attributes and a SavedModel that knows them."""

import importlib.util
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tfvae import configuration
from tfvae.configuration import Component, Config, DataConfig
from tfvae.files import load_arrays, write_json
from tfvae.flag_parsing import CommandLine, Span

ROOT = Path(__file__).resolve().parent.parent.parent
SHAPE, COUNT = (8, 8, 1), 900
FILES = {"strip.png", "motion.gif", "vector.npz", "attribute.json", "attribute.md"}

spec = importlib.util.spec_from_file_location("vae_inference", ROOT / "vae_inference.py")
script = importlib.util.module_from_spec(spec)
spec.loader.exec_module(script)


def planted(rng):
    """Images whose upper half is bright with attribute 0, the lower with 1, which mostly goes with it; 2 is chance."""
    first = rng.random(COUNT) < 0.5
    second = np.where(rng.random(COUNT) < 0.7, first, ~first)
    images = rng.integers(20, 100, (COUNT, *SHAPE))
    images[:, :4] += 120 * first[:, None, None, None]
    images[:, 4:] += 120 * second[:, None, None, None]
    labels = np.stack([first, second, rng.random(COUNT) < 0.3], axis=1).astype(np.int64)
    return images.astype(np.uint8), labels


def save_model(folder):
    """Two latents: the brightness of the upper and the lower half."""
    import tensorflow as tf

    images = tf.TensorSpec([None, *SHAPE], tf.float32, "images")
    latents = tf.TensorSpec([None, 2], tf.float32, "latents")

    class Halves(tf.Module):
        @tf.function(input_signature=[images])
        def encode(self, images):
            mean = tf.reduce_mean(tf.reshape(images, [-1, 2, 32]), axis=2)
            return {"mean": mean, "stddev": tf.zeros_like(mean) + 0.01}

        @tf.function(input_signature=[latents])
        def decode(self, latents):
            return {"images": tf.reshape(tf.repeat(latents, 32, axis=1), [-1, *SHAPE])}

        @tf.function(input_signature=[images])
        def serving_default(self, images):
            return {"reconstructions": self.decode(self.encode(images)["mean"])["images"]}

    model = Halves()
    signatures = {name: getattr(model, name) for name in ("serving_default", "encode", "decode")}
    tf.saved_model.save(model, str(folder), signatures)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A folder with the runs `several` (attributes), `classes` and `bare` (without labels), and a cache."""
    folder = tmp_path_factory.mktemp("world")
    images, labels = planted(np.random.default_rng(0))
    kinds = {"several": {"labels": labels}, "classes": {"labels": labels[:, 0] + labels[:, 1]}, "bare": {}}
    for name, arrays in kinds.items():
        np.savez(folder / f"{name}.npz", images=images, **arrays)
        save_model(folder / "runs" / name / "serving" / "1")
        dataset = Component("arrays", test_fraction=0.3)
        data = DataConfig(dataset, dir=str(folder / f"{name}.npz"), image_shape=SHAPE, validation=150)
        write_json(folder / "runs" / name / "config.json", configuration.to_json(Config(data=data)))
    return folder


@pytest.fixture
def infer(world, capsys, monkeypatch):
    """Runs the script in this process: (exit status, stdout, stderr)."""
    monkeypatch.setenv("TFVAE_CACHE_DIR", str(world / "cache"))

    def call(*arguments):
        status = script.run(["vae_inference.py", f"--model_directory={world / 'runs'}", *map(str, arguments)])
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return call


@pytest.fixture
def study(infer, tmp_path):
    """Runs the script on an attribute of a run; its report, and the folder of its files."""

    def call(run, attribute, *arguments):
        arguments = (f"--run={run}", f"--attribute={attribute}", f"--output_dir={tmp_path}", *arguments)
        status, out, err = infer("--test_images=60", *arguments)
        assert (status, err) == (0, "")
        folder = tmp_path / f"attribute_{attribute}"
        assert {path.name for path in folder.iterdir()} == FILES
        assert all(f"Wrote {folder / name}" in out for name in FILES)
        return json.loads((folder / "attribute.json").read_text()), folder, out

    return call


def test_both_judges_see_a_planted_attribute_rise(study):
    report, folder, out = study("several", "0")
    assert report["vector"]["num_images"] == 480
    assert report["judges"]["latents"]["accuracy"]["value"] > 0.95
    assert report["judges"]["pictures"]["auroc"]["value"] > 0.9
    without, every = report["groups"]["without 0"], report["groups"]["with and without"]
    assert (without["num_images"], without["with"], every["num_images"]) == (60, 0, 60)
    assert 15 < every["with"] < 45
    effect = next(effect for effect in without["effects"] if effect["strength"] == 1)
    assert effect["rose"]["both"]["value"] > 0.9
    assert effect["score"]["latents"]["value"] > 0.9
    assert report["rose"]["without 0"] == effect["rose"]
    assert list(report["other_attributes"]) == ["1", "2"]
    assert report["other_attributes"]["1"]["difference"] > 0.25
    plain = load_arrays(folder / "vector.npz")["vector"]  # of the second half, too, for the attributes go together
    assert plain[0] > plain[1] > 0.1
    assert re.search(r"60 test images, without 0: at strength 1 the score of 0 rose on 100\.0 % by the latents", out)
    assert "| +1 |" in (folder / "attribute.md").read_text()


def test_classes_are_attributes_that_exclude_each_other(study):
    report, _, _ = study("classes", "2", "--strengths=0:1:2")
    assert report["other_attributes"] == {}
    effect = report["groups"]["without 2"]["effects"][-1]
    assert effect["rose"]["latents"]["value"] > 0.9


def test_pictures_show_what_was_asked_for(study, tmp_path, world):
    _, folder, _ = study("several", "0", "--strengths=0:1.5:10", "--num_images=3", "--vector_images=100")
    with Image.open(folder / "strip.png") as strip, Image.open(folder / "motion.gif") as motion:
        assert strip.width > 11 * 130
        assert 3 * 130 < strip.height < 3 * 130 + 40
        assert motion.n_frames == 48
    images, _ = planted(np.random.default_rng(0))
    np.save(tmp_path / "mine.npy", images[:5])
    report, folder, _ = study("several", "0", f"--images={tmp_path / 'mine.npy'}", "--strengths=-1:1:3")
    assert report["groups"]["without 0"]["num_images"] == 60  # scores are those of held-out images all the same
    with Image.open(folder / "strip.png") as strip:
        assert 5 * 130 < strip.height < 5 * 130 + 40
        # Of a decoded picture at -1, 0 and +1 the upper half becomes brighter.
        grey = np.asarray(strip, float)[-128:-70]
        shades = [grey[:, left : left + 120].mean() for left in grey.shape[1] - 130 * np.array([3, 2, 1])]
        assert np.all(np.diff(shades) > 10)


def test_the_same_command_writes_the_same_files(study):
    def contents(folder):
        return {path.name: path.read_bytes() for path in folder.iterdir()}

    first = contents(study("several", "2")[1])
    assert contents(study("several", "2")[1]) == first


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--run=several", "--attribute=7"], "has no '7': known: 0, 1, 2"),
        (["--run=bare", "--attribute=0"], "have no labels"),
        (["--run=several", "--attribute=0", "--data_dir=nowhere"], "--data_dir: there is no folder 'nowhere'"),
        (["--run=several", "--attribute=0", "--only=originals"], "leave one of them out"),
        (["--run=several", "--attribute=0", "--temperature=0.5"], "--temperature is of draws from the prior"),
        (["--run=several", "--strengths=0:1:5"], "--strengths belongs to --attribute"),
        (["--run=several", "--data_dir=."], "--data_dir belongs to --attribute"),
        (["--run=several", "--attribute=0", "--strengths=1:0:5"], "--strengths: received '1:0:5', expected from:to"),
        (["--run=several", "--attribute=0", "--strengths=0,1"], "try --strengths=-3:3:7"),
        (["--run=several", "--attribute=0", "--strength=0"], "--strength: received '0'"),
        (["--run=several", "--attribute=0", "--test_images=1"], "--test_images: received '1'"),
        (["--run=several", "--attribute=0", "--vector_images=2"], "at least 2 with and 2 without"),
    ],
    ids=lambda value: value[-1] if isinstance(value, list) else "",
)
def test_what_cannot_be_is_said_in_a_sentence(infer, tmp_path, arguments, words):
    status, _, err = infer(*arguments, f"--output_dir={tmp_path / 'out'}")
    assert status == 2
    assert len(err.splitlines()) == 1
    assert words in err
    assert not (tmp_path / "out").exists()


def test_runs_without_their_data_or_configuration_say_so(world, infer):
    for name, change in (("moved", {"dir": "/nowhere"}), ("lost", None)):
        save_model(world / "runs" / name / "serving" / "1")
        if change:
            write_json(world / "runs" / name / "config.json", {"data": {"dataset": {"name": "arrays"}, **change}})
    status, _, err = infer("--run=moved", "--attribute=0")
    assert status == 2
    assert "named by --data_dir: the data folder '/nowhere' does not exist" in err
    assert infer("--run=moved", "--attribute=9", f"--data_dir={world / 'several.npz'}")[2].startswith(
        "--attribute: arr"
    )
    assert "no config.json" in infer("--run=lost", "--attribute=0")[2]


@pytest.mark.parametrize("text", ["-1.5:1.5:7", "0:1.5:10", "-0.3:0.3:7"])
def test_spans_are_evenly_spaced_and_reach_zero(text):
    line = CommandLine()
    line.span("span", Span(0, 1, 2), "help")
    given, faults = line.read(["x", f"--span={text}"])
    assert not faults
    low, high, number = text.split(":")
    values = given["span"].values()
    np.testing.assert_allclose(values, np.linspace(float(low), float(high), int(number)), atol=1e-9)
    assert 0.0 in values
    assert str(given["span"]) == text
    assert line.was_given("span")
