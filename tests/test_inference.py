"""`vae_inference.py` on tiny SavedModels: every picture, every sentence."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tfvae.errors import UserError
from tfvae.inference import pictures, source, walks
from tfvae.inference.flags import parse
from tfvae.inference.images import load_images
from tfvae.inference.pictures import PICTURES
from tfvae.inference.runs import find_run

ROOT = Path(__file__).resolve().parent.parent
LATENTS = 5
GREY, COLOUR = (8, 8, 1), (8, 6, 3)
ALL = {
    "originals.png",
    "reconstructions.png",
    "generations.png",
    "generations.gif",
    "interpolation.gif",
    "traversal.png",
    "traversal.gif",
    "latents.npz",
}

spec = importlib.util.spec_from_file_location("vae_inference", ROOT / "vae_inference.py")
script = importlib.util.module_from_spec(spec)
spec.loader.exec_module(script)


def save_model(folder, shape, leave_out=()):
    """A linear autoencoder with the signatures of a run's SavedModel."""
    import tensorflow as tf

    size = int(np.prod(shape))
    images = tf.TensorSpec([None, *shape], tf.float32, "images")
    latents = tf.TensorSpec([None, LATENTS], tf.float32, "latents")
    seed, temperature = tf.TensorSpec([None, 2], tf.int32, "seed"), tf.TensorSpec([None], tf.float32, "temperature")

    class Model(tf.Module):
        def __init__(self):
            super().__init__()
            self.weights = tf.Variable(tf.random.stateless_normal([size, LATENTS], [1, 2]) * 0.3)
            self.spread = tf.Variable([0.9, 0.1, 0.5, 0.3, 0.7])

        @tf.function(input_signature=[images])
        def encode(self, images):
            mean = tf.reshape(images - 0.5, [-1, size]) @ self.weights
            return {"mean": mean, "stddev": tf.zeros_like(mean) + self.spread}

        @tf.function(input_signature=[latents])
        def decode(self, latents):
            return {"images": tf.reshape(tf.sigmoid(latents @ tf.transpose(self.weights)), [-1, *shape])}

        @tf.function(input_signature=[images])
        def serving_default(self, images):
            # As the mean of a Gaussian may: a little outside [0, 1].
            return {"reconstructions": self.decode(self.encode(images)["mean"])["images"] * 1.2 - 0.1}

        @tf.function(input_signature=[seed, temperature])
        def sample(self, seed, temperature):
            def draw(one):
                return tf.random.stateless_normal([LATENTS], one)

            codes = temperature[:, None] * tf.map_fn(draw, seed, fn_output_signature=tf.float32)
            return {"images": self.decode(codes)["images"], "latents": codes}

    model = Model()
    names = ("serving_default", "encode", "decode", "sample")
    signatures = {name: getattr(model, name) for name in names if name not in leave_out}
    tf.saved_model.save(model, str(folder), signatures)


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    """SavedModels by name, made once."""
    folder = tmp_path_factory.mktemp("models")
    save_model(folder / "grey", GREY)
    save_model(folder / "colour", COLOUR)
    save_model(folder / "plain", GREY, leave_out=("sample",))
    return folder


@pytest.fixture
def make_run(models, tmp_path):
    """Makes a run `tmp_path/runs/NAME` from a model, with examples unless told otherwise."""

    def make(name="mine", model="grey", version=1, examples=True, **arrays):
        run = tmp_path / "runs" / name
        shutil.copytree(models / model, run / "serving" / str(version))
        if examples:
            shape = COLOUR if model == "colour" else GREY
            images = np.random.default_rng(3).random((12, *shape), np.float32)
            np.savez(run / "examples.npz", images=images, **arrays)
        return run

    return make


@pytest.fixture
def infer(tmp_path, capsys):
    """Runs the script in this process: (exit status, stdout, stderr)."""

    def call(*arguments):
        status = script.run(["vae_inference.py", f"--model_directory={tmp_path / 'runs'}", *map(str, arguments)])
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return call


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize(("model", "mode"), [("grey", "L"), ("colour", "RGB")])
def test_every_picture(make_run, infer, model, mode):
    folder = make_run(model=model) / "inference"
    status, out, err = infer("--num_images=6")
    assert (status, err) == (0, "")
    assert {path.name for path in folder.iterdir()} == ALL
    assert all(f"Wrote {folder / name}" in out for name in ALL)
    width = 64 if model == "grey" else 48
    for name in ("originals.png", "generations.png"):
        with Image.open(folder / name) as image:
            assert (image.mode, image.size) == (mode, (3 * (width + 2) + 2, 2 * 66 + 2))
    with Image.open(folder / "reconstructions.png") as image:
        assert image.size == (3 * (width + 12) + 12, 2 * (2 * 64 + 3 + 12) + 12)
    with Image.open(folder / "traversal.png") as image:
        assert image.height > LATENTS * 66
        assert image.width > 7 * (width + 2)
    for name, frames in (("generations.gif", 48), ("interpolation.gif", 32), ("traversal.gif", 32)):
        with Image.open(folder / name) as image:
            assert image.n_frames == frames
            assert (image.info["loop"], image.info["duration"]) == (0, 80)
            assert image.mode == ("L" if mode == "L" else "P")


def test_same_seed_same_bytes(make_run, infer, tmp_path):
    make_run()
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        assert infer(f"--seed={seed}", f"--output_dir={tmp_path / name}")[0] == 0
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    changed = {name for name, data in contents(tmp_path / "c").items() if data != contents(tmp_path / "a")[name]}
    assert changed == {"generations.png", "generations.gif"}


def test_temperature_changes_generations(make_run, infer, tmp_path):
    make_run()
    infer("--only=generations", f"--output_dir={tmp_path / 'a'}")
    infer("--only=generations", "--temperature=0.5", f"--output_dir={tmp_path / 'b'}")
    assert set(contents(tmp_path / "a")) == {"generations.png", "generations.gif"}
    assert contents(tmp_path / "a")["generations.png"] != contents(tmp_path / "b")["generations.png"]


def test_only_makes_what_is_named(make_run, infer):
    run = make_run()
    assert infer("--only=traversal, originals")[0] == 0
    assert set(contents(run / "inference")) == {"traversal.png", "traversal.gif", "originals.png"}


def opened(run, **options):
    arguments = [f"--{name}={value}" for name, value in options.items()]
    request = parse(["x", f"--model_directory={run.parent}", f"--run={run.name}", *arguments], ROOT, tuple(PICTURES))
    return source.open_source(request)


def test_latents_are_ordered_by_kl(make_run):
    stored = opened(make_run("stored", kl_per_latent=np.array([0.1, 0.5, 0.3, 0.9, 0.7])))
    assert pictures._ranked(stored)[2] == [
        f"z{i}: {kl:.2f} nats" for i, kl in ((3, 0.9), (4, 0.7), (1, 0.5), (2, 0.3), (0, 0.1))
    ]
    computed = opened(make_run("computed"))
    mean, stddev = computed.model.encode(computed.examples.pixels)
    kl = np.mean(0.5 * (mean**2 + stddev**2 - 1 - np.log(stddev**2)), axis=0)
    _, chosen, labels = pictures._ranked(computed)
    assert chosen.tolist() == np.argsort(-kl).tolist()
    assert labels == [f"z{index}" for index in chosen]  # whose prior that is, is not known


def test_walk_starts_with_the_generations(make_run):
    ((files, _),) = pictures.make(opened(make_run(), num_images=4), ["generations"])
    np.testing.assert_array_equal(files["generations.gif"][0], files["generations.png"])


def test_interpolation_ends_at_the_reconstructions(make_run):
    opened_source = opened(make_run(), num_images=5)
    frames = pictures.interpolation(opened_source)["interpolation.gif"]
    mean, _ = opened_source.model.encode(opened_source.images.pixels[:5])
    first, last = opened_source.model.decode(mean[:-1]), opened_source.model.decode(mean[1:])
    for frame, images in ((frames[0], first), (frames[16], last)):
        block = pictures.grid(images, columns=4)
        height, width, _ = block.shape
        np.testing.assert_allclose(frame[-height:, :width].astype(int), block, atol=1)
        np.testing.assert_allclose(frame[-height:, -width:].astype(int), block, atol=1)


def test_values_outside_the_range_are_clipped(make_run):
    model = opened(make_run()).model
    reconstructions = model.reconstruct(np.random.default_rng(0).random((130, *GREY), np.float32))
    assert reconstructions.shape == (130, *GREY)
    assert reconstructions.min() >= 0
    assert reconstructions.max() <= 1


def test_slerp_keeps_lengths(rng):
    start, end = rng.normal(size=(2, 50, 32))
    middle = np.linalg.norm(walks.slerp(start, end, 0.5), axis=-1)
    expected = (np.linalg.norm(start, axis=-1) + np.linalg.norm(end, axis=-1)) / 2
    np.testing.assert_allclose(middle, expected)
    assert (np.linalg.norm(walks.lerp(start, end, 0.5), axis=-1) < 0.9 * expected).mean() > 0.9
    np.testing.assert_allclose(walks.slerp(start, end, 0), start)
    np.testing.assert_allclose(walks.slerp(start, end, 1), end)


@pytest.mark.parametrize("end", [[0, 0, 0], [2, 0, 0], [-2, 0, 0], [1, 0, 0]])
def test_slerp_without_an_arc_is_a_line(end):
    start = np.array([1.0, 0, 0], np.float32)
    np.testing.assert_allclose(walks.slerp(start, np.array(end, np.float32), 0.25), [0.75 + 0.25 * end[0], 0, 0])


def test_closed_loop_returns(rng):
    points = rng.normal(size=(3, 2, 4))
    loop = walks.closed_loop(points, 10)
    assert loop.shape == (30, 2, 4)
    np.testing.assert_allclose(loop[[0, 10, 20]], points)
    assert np.abs(loop[-1] - loop[0]).max() < 0.2 * np.abs(points[2] - points[0]).max()


def test_model_without_sample(make_run, infer):
    run = make_run(model="plain")
    status, out, _ = infer()
    assert status == 0
    assert "Left out: generations cannot be made: the model has no signature 'sample'" in out
    assert set(contents(run / "inference")) == {name for name in ALL if not name.startswith("generations")}
    status, _, err = infer("--only=originals,generations", f"--output_dir={run / 'other'}")
    assert status == 2
    assert "--only: generations cannot be made" in err
    assert set(contents(run / "other")) == {"originals.png"}  # made and written before it came to that


def test_run_without_examples(make_run, infer):
    run = make_run(examples=False)
    status, out, _ = infer()
    assert status == 0
    assert "originals cannot be made: the run has no examples.npz; give pictures with --images" in out
    assert set(contents(run / "inference")) == {"generations.png", "generations.gif"}


def mixed_folder(folder):
    """The same picture in every format: grey ramp from left to right, 40×20, and one of each oddity."""
    folder.mkdir()
    ramp = np.tile(np.linspace(0, 255, 40).astype(np.uint8), (20, 1))
    image = Image.fromarray(ramp)
    for ending in ("png", "jpg", "bmp", "gif", "pgm"):
        image.save(folder / f"grey.{ending}")
    image.convert("RGB").save(folder / "colour.ppm")
    Image.fromarray(ramp.astype(np.uint16) * 257).save(folder / "deep.png")
    image.convert("P").save(folder / "palette.png")
    np.save(folder / "one.npy", ramp)
    np.savez(folder / "two.npz", images=np.stack([ramp, ramp])[..., None].astype(np.float32) / 255)
    (folder / "below").mkdir()
    image.save(folder / "below" / "grey.PNG")
    (folder / ".hidden").write_text("no image")
    return folder


@pytest.mark.parametrize("shape", [GREY, COLOUR])
def test_own_pictures_of_all_kinds(tmp_path, shape):
    images = load_images(mixed_folder(tmp_path / "own"), shape)
    assert len(images.names) == 12
    assert images.names[0] == "below/grey.PNG"
    assert {"one.npy[0]", "two.npz[1]"} <= set(images.names)
    assert images.pixels.shape == (12, *shape)
    assert images.pixels.dtype == np.float32
    # The middle of the ramp: cropped, not squeezed.
    assert images.pixels.min() > 0.2
    assert images.pixels.max() < 0.8
    np.testing.assert_allclose(images.pixels, np.broadcast_to(images.pixels[:1], images.pixels.shape), atol=0.03)


def test_arrays_of_the_models_shape_are_taken_exactly(tmp_path, rng):
    pixels = rng.random((3, *COLOUR), np.float32)
    np.save(tmp_path / "a.npy", pixels)
    np.testing.assert_array_equal(load_images(tmp_path / "a.npy", COLOUR).pixels, pixels)


def test_transparent_is_white_and_cameras_are_turned(tmp_path):
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(tmp_path / "clear.png")
    assert (load_images(tmp_path / "clear.png", GREY).pixels == 1).all()
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    half = Image.fromarray(np.repeat(np.array([0, 255], np.uint8), 4)[:, None].repeat(8, axis=1))
    half.save(tmp_path / "turned.png", exif=exif)
    assert load_images(tmp_path / "turned.png", GREY).pixels[0, 0].min() == 1


def test_own_pictures_are_used(make_run, infer, tmp_path):
    run = make_run()
    status, _, err = infer(f"--images={mixed_folder(tmp_path / 'own')}", "--num_images=4")
    assert (status, err) == (0, "")
    assert {path.name for path in (run / "inference").iterdir()} == ALL
    with np.load(run / "inference" / "latents.npz") as latents:
        assert len(latents["names"]) == 12
        assert latents["mean"].shape == latents["stddev"].shape == (12, LATENTS)
    with Image.open(run / "inference" / "originals.png") as image:
        assert image.size == (134, 134)


def test_one_picture_cannot_be_interpolated(make_run, infer, tmp_path):
    make_run()
    Image.new("L", (9, 9)).save(tmp_path / "a.png")
    status, out, _ = infer(f"--images={tmp_path / 'a.png'}")
    assert status == 0
    assert "Left out: interpolation cannot be made: an interpolation needs two images or more" in out


def test_files_that_are_no_images_are_named(make_run, infer, tmp_path):
    make_run()
    own = mixed_folder(tmp_path / "own")
    (own / "notes.txt").write_text("hello")
    (own / "cut.png").write_bytes((own / "grey.png").read_bytes()[:60])
    np.savez(own / "other.npz", pixels=np.zeros((2, 8, 8, 1)))
    np.save(own / "bytes.npy", np.full((8, 8), 255.0))
    (own / "empty.npy").touch()
    status, _, err = infer(f"--images={own}")
    assert status == 2
    lines = err.splitlines()
    assert [Path(re.search("'(.*?)'", line)[1]).name for line in lines] == [
        "bytes.npy",
        "cut.png",
        "empty.npy",
        "notes.txt",
        "other.npz",
    ]
    assert all("expected PNG, JPEG" in line for line in lines)
    assert "divide 0–255 values by 255" in lines[0]
    assert "not 'images'" in lines[4]


def test_empty_folder_of_pictures(make_run, infer, tmp_path):
    make_run()
    (tmp_path / "own").mkdir()
    status, _, err = infer(f"--images={tmp_path / 'own'}")
    assert status == 2
    assert "holds no files: expected PNG" in err


def test_all_faults_of_the_flags_at_once(infer, tmp_path):
    (tmp_path / "file").touch()
    status, out, err = infer(
        "--num_image=3",
        "stray",
        "--num_images=0",
        "--temperature=inf",
        "--seed=x",
        "--only=generation,sandwich",
        "--images=nowhere",
        f"--output_dir={tmp_path / 'file'}",
    )
    assert (status, out) == (2, "")
    for words in (
        "no flag --num_image: did you mean '--num_images'?",
        "'stray' is no flag",
        "--num_images: received '0', expected a whole number of at least 1",
        "--temperature: received 'inf', expected a finite number above 0",
        "--seed: received 'x', expected a whole number",
        "no picture 'generation': did you mean 'generations'?",
        "no picture 'sandwich': known: classes, code_maps, code_usage, filling, generations",
        "--images: there is no file or folder 'nowhere'",
        "is a file: name a folder",
        "there is no folder",
        "python vae.py",
    ):
        assert words in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "arguments", [["--temperature=nan"], ["--temperature=0"], ["--only="], ["--seed=-1"], ["--run"]]
)
def test_single_faults(make_run, infer, arguments):
    make_run()
    status, _, err = infer(*arguments)
    assert status == 2
    assert len(err.splitlines()) == 1
    assert arguments[0].split("=")[0] in err


def test_help_needs_no_run(infer):
    status, out, _ = infer("--help")
    assert status == 0
    assert all(f"--{name}" in out for name in ("run", "num_images", "only", "images", "temperature"))
    assert "traversal" in out


def test_newest_run_and_version(make_run, tmp_path):
    runs = tmp_path / "runs"
    old, new, shipped = make_run("old"), make_run("new"), make_run("example")
    shutil.copytree(new / "serving" / "1", new / "serving" / "10")
    shutil.copytree(new / "serving" / "1", new / "serving" / "9")
    (new / "serving" / "11").mkdir()  # still being written
    for path, time in ((old / "serving" / "1", 100), (new / "serving" / "10", 200), (shipped / "serving" / "1", 900)):
        os.utime(path, (time, time))
    assert find_run(runs) == (new, new / "serving" / "10")
    assert find_run(runs, "old").folder == old
    shutil.rmtree(old)
    shutil.rmtree(new)
    assert find_run(runs).folder == shipped


def test_missing_runs(tmp_path):
    with pytest.raises(UserError, match=r"there is no folder .*nowhere.* python vae\.py"):
        find_run(tmp_path / "nowhere")
    with pytest.raises(UserError, match=r"there is no run in .* python vae\.py"):
        find_run(tmp_path)
    (tmp_path / "digits").mkdir()
    with pytest.raises(UserError, match=r"no run in .* is finished .*digits"):
        find_run(tmp_path)
    with pytest.raises(UserError, match=r"digits' .* training is not finished"):
        find_run(tmp_path, "digits")
    with pytest.raises(UserError, match=r"no run 'digit' .* did you mean 'digits'.* python vae\.py"):
        find_run(tmp_path, "digit")


def test_a_run_is_no_folder_of_runs(make_run):
    run = make_run()
    with pytest.raises(UserError, match=f"--model_directory={run.parent} --run=mine"):
        find_run(run)


def test_damaged_files(make_run, infer):
    run = make_run()
    (run / "examples.npz").write_bytes(b"PK nothing")
    status, _, err = infer()
    assert status == 2
    assert "examples.npz' cannot be read" in err
    (run / "examples.npz").unlink()
    (run / "serving" / "1" / "saved_model.pb").write_bytes(b"nothing")
    status, _, err = infer()
    assert status == 2
    assert "SavedModel" in err
    assert "cannot be read" in err


def test_a_picture_is_there_before_the_next_is_made(make_run, infer, monkeypatch):
    folder = make_run() / "inference"
    seen = []

    def interrupted(source):
        seen.extend(path.name for path in folder.iterdir())
        raise KeyboardInterrupt

    monkeypatch.setattr(pictures, "PICTURES", {**pictures.PICTURES, "reconstructions": interrupted})
    status, out, _ = infer()
    assert status == 130
    assert seen == ["originals.png"]
    assert set(contents(folder)) == {"originals.png"}
    assert f"Wrote {folder / 'originals.png'}" in out


def test_unwritable_output(make_run, infer, tmp_path):
    make_run()
    (tmp_path / "file").touch()
    status, _, err = infer("--only=originals", f"--output_dir={tmp_path / 'file' / 'below'}")
    assert status == 2
    assert "choose another folder with --output_dir" in err


def test_interruption(make_run, infer, monkeypatch):
    make_run()

    def interrupt(request):
        raise KeyboardInterrupt

    monkeypatch.setattr(script, "open_source", interrupt)
    assert infer()[0] == 130


def test_from_another_folder_without_networks(make_run, tmp_path):
    make_run()
    code = (
        "import runpy, sys; sys.path.insert(0, sys.argv.pop(1)); sys.argv = sys.argv[1:]\n"
        "try: runpy.run_path(sys.argv[0], run_name='__main__')\n"
        "except SystemExit as end: print('status', end.code)\n"
        "ours = [m for m in sys.modules if m.startswith('tfvae.')]\n"
        "UNUSED = ('keras', 'tensorflow_probability', 'tf_keras', 'scipy', 'sklearn', 'matplotlib')\n"
        "print('tensorflow' in sys.modules, [m for m in UNUSED if m in sys.modules],\n"
        "      [m for m in ours if m.split('.')[1] in\n"
        "       ('networks', 'models', 'likelihoods', 'training', 'runs', 'evaluation', 'datasets')])"
    )
    arguments = [str(ROOT / "vae_inference.py"), f"--model_directory={tmp_path / 'runs'}", "--only=originals"]
    done = subprocess.run(
        [sys.executable, "-c", code, str(ROOT), *arguments], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-2:] == ["status 0", "True [] []"]


def test_wrong_flags_answer_before_tensorflow(tmp_path):
    done = subprocess.run(
        [sys.executable, "-X", "importtime", str(ROOT / "vae_inference.py"), "--nonsense", "--num_images=no"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    said = [line for line in done.stderr.splitlines() if not line.startswith("import time:")]
    assert said[0].startswith("there is no flag --nonsense")
    assert "Traceback" not in done.stderr
    assert not re.search(r"\| +(tensorflow|keras|matplotlib)$", done.stderr, re.MULTILINE)
