"""Runs of `vae.py` that take seconds: a few small pictures, a small network."""

import importlib.util
import json
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent

_spec = importlib.util.spec_from_file_location("vae", ROOT / "vae.py")
script = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(script)

# 64 images: 6 for the test, 10 for validation, 48 to train on, in steps of 20, 20 and 8.
NUM_IMAGES, STEPS_PER_EPOCH = 64, 3
BASE = (
    "--config.data.dataset=arrays",
    "--config.data.image_shape=()",
    "--config.data.validation=10",
    "--config.model.latent_dim=3",
    "--config.model.network=mlp(units=(8,))",
    "--config.train.batch_size=20",
    "--config.train.pictures_every=2",
    "--config.train.epochs=3",
)
# What turns that into codes of 2×2 places, at either stage.
CODED = (
    "--config.model.network=residual_stack(hidden=8,residual=4,blocks=1)",
    "--config.model.quantizer=vector(codes=4)",
    "--config.data.pixels=dequantize",
    "--config.model.kl_weight=constant",
    "--config.train.epochs=2",
)


def pictures(num_images=NUM_IMAGES, shape=(8, 8, 1), seed=0):
    """Bright rectangles on a dark ground, uint8: there is something to learn."""
    rng = np.random.default_rng(seed)
    height, width, channels = shape
    images = np.full((num_images, *shape), 20, np.uint8)
    for image in images:
        top, left = rng.integers(0, height - 3), rng.integers(0, width - 3)
        image[top : top + 3, left : left + 3] = rng.integers(150, 256, channels)
    return images


def save_pictures(folder, **options):
    """Writes `images.npz`, and returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "images.npz"
    np.savez(path, images=pictures(**options))
    return path


def flags(data, models, *further, name="run"):
    """The command line of a tiny run."""
    return ["vae.py", *BASE, f"--config.data.dir={data}", f"--model_directory={models}", f"--name={name}", *further]


def train(data, models, *further, name="run"):
    """Runs the script in this process, which must end well. Returns the run's folder."""
    status = script.run(flags(data, models, *further, name=name))
    assert status == 0
    return Path(models) / name


def evaluated(run, output):
    """What the evaluation finds of a run, with data in `data/` beside the folder of its models, by section."""
    from tfvae.evaluation import __main__ as evaluation

    status = evaluation.run(
        ["evaluation", f"--run={run}", f"--data_dir={run.parent.parent / 'data'}", f"--output_dir={output}"]
    )
    assert status == 0
    return json.loads((output / "evaluation.json").read_text(encoding="utf-8"))


def pictured(source, only=()):
    """The files of all pictures, by name, and what is said of those that are left out."""
    from tfvae.inference import pictures

    made = list(pictures.make(source, only))
    files = {name: content for part in made for name, content in part.files.items()}
    return files, [part.left_out.removeprefix("Left out: ") for part in made if part.left_out]


_finished = []


def finished(tmp_path_factory):
    """The folder of a finished run and the file of its data, made once; to be looked at and copied, not changed."""
    if not _finished:
        folder = tmp_path_factory.mktemp("finished")
        data = save_pictures(folder / "data")
        _finished.append((train(data, folder / "models", "--config.train.epochs=5"), data))
    return _finished[0]


def arrays(path):
    """The arrays of a checkpoint, but for the state, which tells the seconds; by number, for names depend on what
    the process has made before."""
    with np.load(path) as file:
        return [file[name] for name in file if name != "state"]


def assert_same_arrays(one, other):
    found, expected = arrays(one), arrays(other)
    assert len(found) == len(expected)
    for a, b in zip(found, expected, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)


def files_of(folder):
    """Every file below `folder` by its path, with its bytes and the time it was written."""
    folder = Path(folder)
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
