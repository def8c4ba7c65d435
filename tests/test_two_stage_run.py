"""A prior trained by `vae.py` on the codes of a finished run, from the command line to the pictures."""

import json
import shutil

import numpy as np
import pytest
import tensorflow as tf
import tiny

import tfvae
from tfvae import configuration, runs
from tfvae.evaluation import __main__ as evaluation
from tfvae.inference import source
from tfvae.inference.flags import parse
from tfvae.run_folder import Run

SECOND = ("--config.model.family=two_stage", "--config.model.code_prior=pixelcnn(channels=8,depth=2)")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folders of the data, of the first stage and of the second."""
    folder = tmp_path_factory.mktemp("stages")
    data = tiny.save_pictures(folder / "data")
    first = tiny.train(data, folder / "models", "--config.model.family=vqvae", *tiny.CODED, name="first")
    named = f"--config.model.codes_from={first}"
    return data, first, tiny.train(data, folder / "models", *tiny.CODED, *SECOND, named, name="second")


def test_the_report_compares_what_a_code_costs(trained):
    report = json.loads((trained[2] / "report.json").read_text())
    costs, numbers = report["code_costs"], report["numbers"]
    assert costs["uniform"] == 2
    for split in ("validation", "test"):
        assert costs["prior"][split] == numbers[split]["bits_per_code"]
        assert 0 < costs["histogram"][split] < 4
        bits = numbers[split]["kl"] / (4 * np.log(2))  # 8×8 images have 2×2 codes
        assert numbers[split]["bits_per_code"] == pytest.approx(bits, rel=1e-5)
        assert numbers[split]["negative_elbo"] == pytest.approx(
            numbers[split]["kl"] + numbers[split]["reconstruction"], rel=1e-5
        )
        assert "bits_per_dim" in numbers[split]
    assert "a code of the test images" in (trained[2] / "report.md").read_text()


def test_it_needs_the_first_stage_no_more_once_it_has_begun(trained, tmp_path):
    _, first, second = trained
    shutil.copytree(second, tmp_path / "second")
    config = configuration.read(Run(second).config)
    config.model.codes_from = "gone"
    restored, loaded = runs.restore(Run(tmp_path / "second"), config), tfvae.load(tmp_path / "second")
    for one, other in zip(restored.first_stage.weights, tfvae.load(first).weights, strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(restored.sample(4, seed=1), loaded.sample(4, seed=1))


def test_the_export_samples_the_joint_model(trained):
    served = tf.saved_model.load(str(trained[2] / "serving/1")).signatures
    expected = {"serving_default", "encode", "decode", "compress", "decompress", "sample", "score"}
    assert set(served) == expected
    found = served["sample"](seed=tf.constant([[0, 0], [0, 1]]), temperature=tf.constant([1.0, 0.5]))
    assert found["codes"].shape == (2, 2, 2)
    assert not {"sample", "score"} & set(tf.saved_model.load(str(trained[1] / "serving/1")).signatures)


def test_the_evaluation_measures_both_parts(trained, tmp_path):
    assert evaluation.run(["evaluation", f"--run={trained[2]}", f"--output_dir={tmp_path}", "--metrics=density"]) == 0
    density = json.loads((tmp_path / "evaluation.json").read_text())["density"]
    report = json.loads((trained[2] / "report.json").read_text())["numbers"]["test"]
    assert density["elbo"]["value"] == pytest.approx(-report["negative_elbo"], rel=1e-4)
    assert density["bits_per_code"]["value"] == pytest.approx(report["bits_per_code"], rel=1e-4)
    assert density["elbo_bits_per_dim"]["value"] == pytest.approx(report["bits_per_dim"], rel=1e-4)


def test_pictures_of_what_it_draws(trained, tmp_path):
    flags = ["vae_inference.py", f"--run={trained[2]}", f"--output_dir={tmp_path}", "--num_images=4"]
    request = parse(flags, tmp_path, [])
    files, said = tiny.pictured(source.open_source(request))
    assert {"generations.png", "temperatures.gif", "filling.gif", "code_maps.png", "code_usage.png"} <= set(files)
    assert [sentence.split()[0] for sentence in said] == ["interpolation", "traversal"]


def test_another_first_stage_than_is_said_is_refused_before_anything_is_written(trained, capsys):
    data, first, second = trained
    flags = tiny.flags(
        data,
        second.parent,
        *tiny.CODED,
        *SECOND,
        f"--config.model.codes_from={first}",
        "--config.model.quantizer=vector(codes=5)",
        name="third",
    )
    assert tiny.script.run(flags) != 0
    assert "model.quantizer.codes is 4 there and 5 here" in capsys.readouterr().err
    assert not (second.parent / "third").exists()
