"""`python -m tfvae.evaluation` from flags to files, on a run that takes seconds to train."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tiny

from tfvae import files
from tfvae.evaluation import __main__ as command
from tfvae.evaluation import restored
from tfvae.evaluation.sections.density import Density
from tfvae.evaluation.sections.reconstruction import Reconstruction
from tfvae.plotting.files import as_pillow


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("evaluated")
    data = tiny.save_pictures(folder / "data")
    tiny.train(data, folder / "models", "--config.train.epochs=1")
    return folder / "models" / "run"


@pytest.fixture
def evaluate(trained, tmp_path):
    """Runs the command with some flags; gives its exit status, and what evaluation.json says."""

    def call(*flags, run=trained, samples=5):
        arguments = [f"--run={run}", f"--output_dir={tmp_path}", f"--samples={samples}", *flags]
        status = command.run(["evaluation", *arguments])
        path = tmp_path / "evaluation.json"
        return status, json.loads(path.read_text()) if path.exists() else {}

    return call


def test_figures_stand_beside_their_protocol(evaluate, tmp_path):
    status, report = evaluate("--metrics=density", samples=50)
    assert status == 0
    density = report["density"]
    assert density["elbo"]["unit"] == density["log_marginal"]["unit"] == "nats"
    assert density["elbo"]["standard_error"] > 0
    assert density["elbo"]["value"] == pytest.approx(-density["rate"]["value"] - density["distortion"]["value"])
    assert density["log_marginal"]["value"] > density["elbo"]["value"] - 3 * density["gap"]["standard_error"]
    protocol = density["protocol"]
    assert (protocol["samples"], protocol["seed"], protocol["images"]) == (50, 0, "arrays test")
    assert len(report["weights_hash"]) == len(protocol["images_hash"]) == 16
    text = (tmp_path / "evaluation.md").read_text()
    for picture in density["pictures"]:
        assert (tmp_path / density["folder"] / picture).stat().st_size > 300
        assert f"{density['folder']}/{picture}" in text


def test_a_second_call_measures_nothing(evaluate, monkeypatch, tmp_path):
    _, first = evaluate("--metrics=density")
    with monkeypatch.context() as patch:
        patch.setattr(Density, "measure", lambda *_: pytest.fail("measured again"))
        assert evaluate("--metrics=density") == (0, first)
    _, other = evaluate("--metrics=density", samples=6)
    assert other["density"]["folder"] != first["density"]["folder"]
    (tmp_path / first["density"]["folder"] / "log_marginal.png").unlink()
    assert evaluate("--metrics=density")[1]["density"]["elbo"] == first["density"]["elbo"]
    assert (tmp_path / first["density"]["folder"] / "log_marginal.png").exists()


def test_other_weights_are_another_answer(evaluate, trained, tmp_path):
    _, first = evaluate("--metrics=density")
    copy = tmp_path / "copy"
    for name in ("config.json", "checkpoints/best.npz", "serving/1/saved_model.pb"):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_bytes((trained / name).read_bytes())
    arrays = files.load_arrays(copy / "checkpoints/best.npz")
    files.save_arrays(copy / "checkpoints/best.npz", {name: 0.9 * array for name, array in arrays.items()})
    _, second = evaluate("--metrics=density", run=copy)
    assert second["weights_hash"] != first["weights_hash"]
    assert second["density"]["elbo"] != first["density"]["elbo"]


def test_another_structure_is_another_answer(evaluate, trained, tmp_path):
    copy = shutil.copytree(trained, tmp_path / "copy")
    _, first = evaluate("--metrics=density", run=copy)
    config = json.loads((copy / "config.json").read_text())
    config["model"]["network"]["activation"] = "tanh"  # the same weights in another network
    (copy / "config.json").write_text(json.dumps(config))
    _, second = evaluate("--metrics=density", run=copy)
    assert second["weights_hash"] != first["weights_hash"]
    assert second["density"]["elbo"] != first["density"]["elbo"]


@pytest.mark.parametrize("content", ["", "[]", '{"run": "ru'])
def test_damaged_answers_are_made_anew(evaluate, tmp_path, content):
    _, first = evaluate("--metrics=density")
    for path in (tmp_path / "evaluation.json", tmp_path / first["density"]["folder"] / "section.json"):
        path.write_text(content if content != "[]" or path.name == "evaluation.json" else "")
    status, again = evaluate("--metrics=density")
    assert status == 0
    assert again["density"]["elbo"] == first["density"]["elbo"]


def test_another_process_loses_no_section(evaluate, tmp_path, monkeypatch):
    """What was added to the report while a section was measured stays there."""
    original = Density.measure

    def slow(self, subject, folder):
        path = tmp_path / "evaluation.json"
        path.write_text(
            json.dumps(
                {**json.loads(path.read_text()), "latents": {"protocol": {}, "notes": [], "pictures": {}, "folder": ""}}
            )
        )
        return original(self, subject, folder)

    evaluate("--metrics=reconstruction", samples=4)
    monkeypatch.setattr(Density, "measure", slow)
    _, report = evaluate("--metrics=density", samples=4)
    assert {"reconstruction", "density", "latents"} <= set(report)


def test_figures_are_not_replaced_by_an_excuse(evaluate, tmp_path):
    np.savez(tmp_path / "others.npz", images=tiny.pictures(20, seed=9))
    _, first = evaluate("--metrics=anomaly", f"--outliers={tmp_path / 'others.npz'}")
    assert "auroc_elbo_vs_others_npz" in first["anomaly"]
    assert evaluate("--metrics=anomaly")[1]["anomaly"] == first["anomaly"]


def test_outliers_called_test(evaluate, tmp_path):
    folder = tmp_path / "in" / "test"
    folder.mkdir(parents=True)
    for number, image in enumerate(tiny.pictures(20, seed=9)):
        as_pillow(image).save(folder / f"{number}.png")
    status, report = evaluate("--metrics=anomaly", f"--outliers={folder}")
    assert status == 0
    assert "auroc_statistics_vs_test" in report["anomaly"]


def test_floats_and_whole_numbers_are_no_pair(evaluate, tmp_path):
    np.save(tmp_path / "own.npy", tiny.pictures(20, seed=9).astype(np.float32) / 255)
    _, report = evaluate("--metrics=anomaly", f"--outliers={tmp_path / 'own.npy'}")
    assert "which alone would tell them apart" in report["anomaly"]["left_out"]


def test_a_fault_of_any_section_comes_before_all_measurements(evaluate, tmp_path, capsys):
    np.savez(tmp_path / "own.npz", images=tiny.pictures(30))
    flags = ("--metrics=density,samples", "--extractor=nonsense", f"--images={tmp_path / 'own.npz'}")
    assert evaluate(*flags) == (2, {})
    assert "nonsense" in capsys.readouterr().err


def test_an_interruption_keeps_what_is_finished(evaluate, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Reconstruction, "measure", interrupted)
        status, report = evaluate("--metrics=reconstruction,density")
    assert status == 130
    assert "elbo" in report["density"]
    assert "reconstruction" not in report
    status, report = evaluate("--metrics=reconstruction")
    assert status == 0
    assert {"density", "reconstruction"} <= set(report)


def test_an_interrupted_density_goes_on_where_it_was(evaluate, monkeypatch, tmp_path):
    """Draw by draw the same as without the interruption."""
    monkeypatch.setattr("tfvae.evaluation.sections.density.BYTES_AT_ONCE", 1)  # one draw of one image at a time
    monkeypatch.setattr("tfvae.evaluation.resumable._SECONDS_BETWEEN_SAVES", -1.0)
    _, whole = evaluate("--metrics=density")
    (tmp_path / "evaluation.json").unlink()
    (tmp_path / whole["density"]["folder"]).rename(tmp_path / "elsewhere")
    original, calls = restored.functions_of, []

    def stopping(model):
        functions = original(model)

        def log_weights(*arguments):
            calls.append(arguments)
            if len(calls) == 18:  # within the fourth image of six
                raise KeyboardInterrupt
            return functions.log_weights(*arguments)

        return type(functions)(**{**vars(functions), "log_weights": log_weights})

    monkeypatch.setattr(restored, "functions_of", stopping)
    assert evaluate("--metrics=density")[0] == 130
    before = len(calls)
    status, resumed = evaluate("--metrics=density")
    assert status == 0
    assert 0 < len(calls) - before < 6 * 5  # not from the first image on
    for figure in ("elbo", "log_marginal", "effective_samples"):
        assert resumed["density"][figure] == whole["density"][figure]


def test_floats_are_used_as_they_are(evaluate, tmp_path):
    images = np.random.default_rng(0).random((9, 8, 8, 1)).astype(np.float32)
    np.save(tmp_path / "own.npy", images)
    _, report = evaluate("--metrics=density", f"--images={tmp_path / 'own.npy'}")
    density = report["density"]
    assert (density["protocol"]["pixels"], density["protocol"]["num_images"]) == ("unit", 9)
    assert density["protocol"]["images"] == "own.npy"
    assert "elbo_bits_per_dim" not in density
    assert any("the images are floats" in note for note in density["notes"])


def test_whole_numbers_are_treated_as_in_training(evaluate, tmp_path):
    np.savez(tmp_path / "own.npz", images=tiny.pictures(7))
    _, report = evaluate("--metrics=density", f"--images={tmp_path / 'own.npz'}", "--num_images=4", "--seed=3")
    protocol = report["density"]["protocol"]
    assert (protocol["pixels"], protocol["num_images"], protocol["seed"]) == ("dequantize", 4, 3)
    assert report["density"]["elbo_bits_per_dim"]["unit"] == "bits/dim"


def test_several_runs_make_a_table(trained, tmp_path):
    other = shutil.copytree(trained, tmp_path / "other" / "run")
    arguments = [f"--run={trained},{other}", "--metrics=density", "--samples=2", f"--output_dir={tmp_path}"]
    assert command.run(["evaluation", *arguments]) == 0
    text = (tmp_path / "comparison.md").read_text()
    assert "| | models-run | other-run |" in text
    assert "| log marginal | **-" in text
    assert (tmp_path / "rate_distortion.png").exists()
    assert (tmp_path / "other-run" / "evaluation.json").exists()


def test_a_run_is_not_compared_with_itself(evaluate, trained, capsys):
    assert evaluate("--metrics=density", run=f"{trained},{trained}/")[0] == 2
    assert "is named twice" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--metrics=densty"], "there is no metric 'densty': did you mean 'density'?"),
        (["--samples=0"], "--samples: received '0', expected a whole number of at least 1"),
        (["--num_images=-2"], "--num_images: received '-2', expected a whole number of at least 0"),
        (["--images=nothing.npz"], "--images: there is no file or folder 'nothing.npz'"),
        (["--data_dir=nowhere"], "--data_dir: there is no folder 'nowhere'"),
        (["--run=nobody"], "there is no run 'nobody'"),
        (["--outliers=nothing", "--metrics=anomaly"], "there is no data set, file or folder 'nothing'"),
        (["--outliers=arrays", "--metrics=anomaly"], "that is what run was trained on"),
        (["--outliers=digits(", "--metrics=anomaly"], "there is no data set, file or folder 'digits('"),
    ],
)
def test_faults_are_sentences(evaluate, capsys, flags, sentence):
    status, report = evaluate(*flags)
    assert status == 2
    assert report == {}
    assert sentence in capsys.readouterr().err


def test_images_of_another_shape(evaluate, tmp_path, capsys):
    np.save(tmp_path / "own.npy", np.zeros((3, 5, 5, 1), np.float32))
    assert evaluate("--metrics=density", f"--images={tmp_path / 'own.npy'}")[0] == 2
    assert "only uint8 images are resized" in capsys.readouterr().err


def test_answers_come_before_tensorflow():
    code = (
        "import sys; from tfvae.evaluation.__main__ import run; "
        "status = run(['x', '--help']) or run(['x', '--metrics=all']); print(status, 'tensorflow' in sys.modules)"
    )
    root = Path(tiny.ROOT)
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=True)
    assert found.stdout.splitlines()[-1] == "2 False"
    assert "--samples" in found.stdout
