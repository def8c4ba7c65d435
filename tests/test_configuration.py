"""Configurations: JSON and back, components as text, and every fault by its words."""

import dataclasses
import json

import pytest

import config
from tfvae import checks, configuration
from tfvae.configuration import Component, Config
from tfvae.errors import UserError


@pytest.mark.parametrize("preset", config.PRESETS)
def test_presets_survive_json(preset, tmp_path):
    wanted = config.get_config(preset)
    path = tmp_path / "config.json"
    path.write_text(json.dumps(configuration.to_json(wanted)), encoding="utf-8")
    again = configuration.read(path)
    assert again == wanted
    assert checks.faults(again) == []


@pytest.mark.parametrize("preset", config.PRESETS)
def test_presets_have_no_faults_their_own_name_and_a_line_of_description(preset):
    wanted = config.get_config(preset)
    assert checks.faults(wanted) == []
    assert wanted.name == preset
    assert len(config.PRESETS[preset].__doc__.splitlines()[0]) > 20


def test_presets_are_made_anew_each_time():
    config.get_config("mnist").train.epochs = 99
    assert config.get_config("mnist").train.epochs != 99


def test_a_changed_value_makes_another_configuration():
    one, other = config.get_config(), config.get_config()
    assert one == other
    other.model.likelihood.options["scale"] = 0.1
    assert one != other


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("gaussian", Component("gaussian")),
        ("gaussian(scale=learned)", Component("gaussian", scale="learned")),
        ("gaussian(scale='learned', location=tanh)", Component("gaussian", scale="learned", location="tanh")),
        (" gaussian( scale = 1e-2 ) ", Component("gaussian", scale=0.01)),
        (
            "strided_conv(channels=(8, 16), batch_norm=false)",
            Component("strided_conv", channels=(8, 16), batch_norm=False),
        ),
        ("mlp(units=[8, 16])", Component("mlp", units=(8, 16))),
        ("linear(start=-1)", Component("linear", start=-1)),
        ("mlp(name=3)", Component("mlp", **{"name": 3})),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_components_are_read_as_calls(text, expected):
    found = Component.parse(text)
    assert (found.name, found.options) == (expected.name, expected.options)
    assert Component.parse(repr(found)).options == found.options


@pytest.mark.parametrize(
    "text", ["", "gaussian(", "gaussian(0.1)", "a.b(c=1)", "3", "gaussian(scale=1+x)", "f(x=g(1))"]
)
def test_texts_that_are_no_component_are_refused(text):
    with pytest.raises(UserError, match=r"is not of the form name or name\(option=value, …\)"):
        Component.parse(text)


def test_components_compare_by_what_json_keeps():
    assert Component("mlp", units=(8, 6)) == Component("mlp", units=[8, 6])
    assert Component("mlp", units=(8, 6)) != Component("mlp", units=(6, 8))
    assert Component("mlp") != "mlp"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"data": {"folder": 1}}', "config.data has no field folder; it was written by another version"),
        ('{"colour": 1}', "config has no field colour"),
        ("{", "holds no configuration of a run"),
        ("[]", "holds no configuration of a run"),
        ('{"model": {"likelihood": {"scale": 1}}}', "holds no configuration of a run"),
        ('{"model": {"likelihood": "gaussian"}}', "holds no configuration of a run"),
    ],
    ids=["unknown field", "unknown section", "half a file", "a list", "component without name", "component as text"],
)
def test_files_that_hold_no_configuration_are_named(text, words, tmp_path):
    path = tmp_path / "config.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=words) as caught:
        configuration.read(path)
    assert str(path) in str(caught.value)


# dotted path → value → words of the one sentence that it must give
FAULTS = {
    "unknown entry": (
        "model.likelihood",
        Component("gausian"),
        "there is no likelihood 'gausian': did you mean 'gaussian'?",
    ),
    "unknown dataset": (
        "data.dataset",
        Component("mnst"),
        "config.data.dataset: there is no dataset 'mnst': did you mean",
    ),
    "unknown family": ("model.family", Component("gan"), "there is no model 'gan': known: autoencoder, "),
    "unknown option": (
        "model.network",
        Component("strided_conv", chanels=(8,)),
        "config.model.network: strided_conv has no option 'chanels': did you mean 'channels'?",
    ),
    "option of another type": (
        "model.network",
        Component("strided_conv", batch_norm=1),
        "strided_conv(batch_norm=1): expected bool",
    ),
    "option not offered": (
        "model.network",
        Component("strided_conv", output="pool"),
        "strided_conv(output='pool'): expected Literal['conv', 'dense']",
    ),
    "scale not offered": (
        "model.likelihood",
        Component("gaussian", scale="learnt"),
        "gaussian(scale='learnt'): expected float | Literal['learned', 'optimal', 'per_pixel']",
    ),
    "scale of zero": (
        "model.likelihood",
        Component("gaussian", scale=0),
        "gaussian: scale is 0: expected from 1e-06 to 1000",
    ),
    "channels of zero": (
        "model.network",
        Component("residual", channels=(8, 0)),
        "residual: channels is (8, 0): expected from 1 to 10000",
    ),
    "share above one": (
        "model.kl_weight",
        Component("linear", duration=1.5),
        "linear(duration=1.5): expected steps (an int ≥ 1) or a share of the run in (0, 1]",
    ),
    "no steps": ("model.kl_weight", Component("cyclical", period=0), "cyclical(period=0): expected steps"),
    "negative beta": ("model.kl_weight", Component("cosine", beta=-1.0), "cosine: beta is -1.0: expected from 0 to"),
    "component as text": (
        "model.likelihood",
        "gaussian",
        "config.model.likelihood is 'gaussian', a str: expected Component",
    ),
    "float for an int": ("model.latent_dim", 2.5, "config.model.latent_dim is 2.5, a float: expected int"),
    "bool for an int": ("train.epochs", True, "config.train.epochs is True, a bool: expected int"),
    "text for a float": ("train.learning_rate", "fast", "config.train.learning_rate is 'fast', a str: expected float"),
    "infinite": ("train.clip_norm", float("inf"), "config.train.clip_norm is inf, a float: expected float"),
    "None": ("data.dir", None, "config.data.dir is None, a NoneType: expected str"),
    "too small": ("train.batch_size", 0, "config.train.batch_size is 0: expected at least 1"),
    "negative": ("data.validation", -1, "config.data.validation is -1: expected at least 0"),
    "outside a range": ("train.learning_rate", 3.0, "config.train.learning_rate is 3: expected from 1e-09 to 1"),
    "not a choice": ("data.pixels", "binarise", "config.data.pixels is 'binarise': did you mean 'binarize'?"),
    "unknown optimiser": ("train.optimizer", "adamx", "config.train.optimizer is 'adamx': did you mean 'adam"),
    "two channels": (
        "data.image_shape",
        (28, 28, 2),
        "config.data.image_shape is (28, 28, 2): expected (height, width, channels)",
    ),
    "no channels": ("data.image_shape", (28, 28), "expected (height, width, channels) with 1 or 3 channels"),
    "flat image": ("data.image_shape", (0, 28, 1), "config.data.image_shape is (0, 28, 1)"),
    "shape of floats": ("data.image_shape", (28.0, 28.0, 1.0), "a tuple: expected tuple[int, ...]"),
    "past the end": (
        "model.kl_weight",
        Component("linear", duration=10_000),
        "config.model.kl_weight: duration=10000 steps lies past the end of the run (1260 steps): give at most 1260",
    ),
    "period past the end": (
        "model.kl_weight",
        Component("cyclical", period=1261),
        "period=1261 steps lies past the end",
    ),
    "density of binary pixels": (
        "data.pixels",
        "binarize",
        "gaussian does not go with config.data.pixels=binarize, for it is a density of grey values",
    ),
    "binary mass of grey pixels": (
        "model.likelihood",
        Component("bernoulli"),
        "bernoulli does not go with config.data.pixels=dequantize, for it is the mass of pixels that are 0 or 1: "
        "give --config.data.pixels=binarize, or another likelihood",
    ),
    "mass of levels of dequantised pixels": (
        "model.likelihood",
        Component("discretized_logistic"),
        "it is the mass of 8-bit levels as they are: give --config.data.pixels=unit",
    ),
}


def with_value(wanted, path, value):
    section, name = path.split(".")
    setattr(getattr(wanted, section), name, value)
    return wanted


@pytest.mark.parametrize(("path", "value", "words"), FAULTS.values(), ids=FAULTS)
def test_each_fault_alone_is_one_sentence(path, value, words):
    found = checks.faults(with_value(config.get_config("digits"), path, value))
    assert len(found) == 1, found
    assert words in found[0]


def test_all_faults_are_reported_together_those_between_values_too():
    wanted = config.get_config("digits")
    wanted.model.network = Component("strided_conv", chanels=(8,), kernel_size=0)
    wanted.train.learning_rate = -1.0
    wanted.data.pixels = "binarize"
    wanted.model.kl_weight = Component("linear", duration=10_000)
    with pytest.raises(UserError) as caught:
        checks.check(wanted)
    lines = str(caught.value).splitlines()
    assert [line.split(":")[0].split(" is ")[0] for line in lines] == [
        "config.model.network",
        "config.model.network",
        "config.train.learning_rate",
        "config.model.likelihood",
        "config.model.kl_weight",
    ]


def test_a_wrong_value_is_not_reported_again_with_others():
    wanted = config.get_config("digits")
    wanted.train.batch_size = 0  # how many steps there are cannot be said
    wanted.model.kl_weight = Component("linear", duration=10_000)
    assert checks.faults(wanted) == ["config.train.batch_size is 0: expected at least 1"]
    wanted = config.get_config("digits")
    wanted.model.likelihood = Component("gausian")
    wanted.data.pixels = "binarize"
    assert len(checks.faults(wanted)) == 1


@pytest.mark.parametrize(
    ("likelihood", "pixels"),
    [
        ("gaussian", "unit"),
        ("gaussian", "dequantize"),
        ("laplace", "unit"),
        ("continuous_bernoulli", "dequantize"),
        ("bernoulli", "binarize"),
        ("discretized_logistic", "unit"),
    ],
)
def test_likelihoods_go_with_the_pixels_of_their_support(likelihood, pixels):
    wanted = config.get_config("digits")
    wanted.model.likelihood, wanted.data.pixels = Component(likelihood), pixels
    assert checks.faults(wanted) == []


def test_a_schedule_may_end_with_the_run_and_is_not_judged_while_its_length_is_unknown():
    wanted = with_value(config.get_config("digits"), "model.kl_weight", Component("linear", duration=1260))
    assert checks.total_steps(wanted) == 60 * 21 == 1260  # ⌈1300/64⌉ = 21
    assert checks.faults(wanted) == []
    wanted.data.num_images = 0
    wanted.model.kl_weight = Component("linear", duration=10**6)
    assert checks.faults(wanted) == []


def test_every_field_of_every_section_is_documented():
    for section in dataclasses.fields(Config)[1:]:
        for item in dataclasses.fields(section.type):
            assert f"{item.name}: " in section.type.__doc__, item.name
