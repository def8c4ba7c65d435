"""The presets of the reference systems: size, likelihood, KL weight, and what --describe says of one of them."""

import math
import re

import pytest

import config as presets
from tfvae import describe, runs
from tfvae.configuration import Component

# reference-systems.md, section 7.
TRAINABLE = {
    "gaussian_mnist": 935_251,
    "gaussian_celeba": 21_296_899,
    "celeba64": 3_928_329,
    "ae_01": 3_679_657,
    "ae_02": 3_676_195,
    **{name: 2_499_497 for name in presets.PRESETS if re.match(r"vae_0[123]_", name)},
    "vae_04_01": 2_762_153,
    "standard_32": 985_059,
    "standard_64": 3_937_635,
    "standard_32_tanh": 985_059,
    "standard_64_tanh": 3_937_635,
    "beta_32": 435_043,
    "beta_64": 453_667,
    "vq_32": 662_083,
    "vq_64": 662_083,
    "normal_1": 1_959_169,
    "normal_2": 3_528_769,
    "normal_3": 5_098_369,
    "normal_4": 6_667_969,
    "normal_5": 8_237_569,
    "normal_6": 9_807_169,
    "normal_8": 12_946_369,
    "normal_10": 16_085_569,
    "inception_1": 5_950_969,
    "inception_2": 11_512_369,
}
SIDES = {  # of which the encoder, mean and scale included, and the decoder
    "celeba64": (2_095_104, 1_833_225),
    "ae_01": (2_530_176, 1_149_481),
    "ae_02": (2_527_424, 1_148_771),
    "vae_01_01": (1_874_304, 625_193),
    "vae_04_01": (1_874_304, 887_849),
    "standard_32": (520_576, 464_483),
    "standard_64": (2_095_104, 1_842_531),
    "beta_32": (335_488, 99_555),
    "beta_64": (344_800, 108_867),
    "vq_32": (372_096, 289_987),
}
WITH_TEN_LATENTS = {"celeba64": 3_203_101, "beta_64": 419_831}
RUNS = [f"vae_01_0{run}" for run in range(1, 6)] + [f"vae_02_0{run}" for run in range(1, 4)]
RUNS += ["vae_03_01", "vae_03_02", "vae_04_01"]


def sizes(preset, **model):
    """Trainable parameters of encoder and decoder."""
    config = presets.get_config(preset)
    config.data.num_images = config.data.num_images or 100
    vars(config.model).update(model)
    return tuple(describe.count_params(network)[0] for network in runs.build(config).networks())


@pytest.mark.parametrize("preset", TRAINABLE)
def test_trainable_parameters(preset):
    found = sizes(preset)
    assert sum(found) == TRAINABLE[preset]
    assert found == SIDES.get(preset, found)


@pytest.mark.parametrize("preset", WITH_TEN_LATENTS)
def test_trainable_parameters_with_ten_latents(preset):
    assert sum(sizes(preset, latent_dim=10)) == WITH_TEN_LATENTS[preset]


@pytest.mark.parametrize("preset", TRAINABLE)
def test_a_preset_names_its_reference_and_what_it_does_otherwise(preset):
    words = presets.PRESETS[preset].__doc__
    assert re.search(r"PrateekMunjal|younganswer|j1a0m0e4sNTU|yhy258|koshian2", words)
    if not preset.startswith("ae_"):  # who says what they share with `pooled`
        assert "Deviations:" in words
    counts = {int(text.replace(",", "")) for text in re.findall(r"([\d,]+) weights", words)}
    assert counts <= set(TRAINABLE.values()) | set(WITH_TEN_LATENTS.values())


def test_all_runs_are_there():
    assert set(RUNS) | {"ae_01", "ae_02"} == {name for name in presets.PRESETS if re.match(r"v?ae_0", name)}


@pytest.mark.parametrize(
    ("presets_", "sigma"),
    [
        (["celeba64"], 0.620),
        (["vae_01_01"], 1.739),
        (["vae_01_02"], 0.550),
        (["vae_03_02"], 0.246),
        (["vae_01_03", "vae_02_01", "vae_04_01"], 0.0778),
        (["vae_01_04", "vae_01_05", "vae_02_02", "vae_02_03", "vae_03_01"], 0.0246),
        (["standard_32_tanh"], math.sqrt(6.4e-4 * 3072 / 2) / 2),
        (["standard_64_tanh"], math.sqrt(32 / 162_770 * 12_288 / 2) / 2),
    ],
)
def test_scale_that_the_kl_weight_implies(presets_, sigma):
    for preset in presets_:
        config = presets.get_config(preset)
        assert config.model.likelihood.options["scale"] == pytest.approx(sigma, rel=3e-3)
        assert config.model.kl_weight == Component("constant")
        if sigma != 0.620:
            assert any(f"{sigma:.{digits}f}" in presets.PRESETS[preset].__doc__ for digits in (3, 4))


def test_noise_of_the_runs():
    found = {run: presets.get_config(run).model.posterior for run in RUNS}
    expected = {"01": Component("uniform", interval="above"), "02": Component("uniform", interval="around")}
    assert found == {run: expected.get(run[4:6], Component("gaussian")) for run in RUNS}


@pytest.mark.parametrize("preset", ["beta_32", "beta_64"])
def test_capacity_is_in_nats_of_the_summed_kl_and_follows_the_steps(preset):
    config = presets.get_config(preset)
    weight = runs.build(config).kl_weight
    steps = 30 * math.ceil(config.data.num_images / 64)
    # γ·|KL − C|: at half of the run C = 12.5 nats.
    assert float(weight.penalty([[10.0] * 32], steps // 2)[0]) == pytest.approx(15.625 * (320 - 12.5), rel=1e-3)
    assert float(weight.penalty([[10.0] * 32], 2 * steps)[0]) == pytest.approx(15.625 * (320 - 25), rel=1e-6)


def test_presets_of_a_family_share_nothing_that_can_be_changed():
    config = presets.get_config("vae_01_01")
    config.model.posterior.options["interval"] = "around"
    assert presets.get_config("vae_01_02").model.posterior.options == {"interval": "above"}


# reference-systems.md, section 2: each convolution with its batch normalisation.
CELEBA64 = [
    ("32×32×32", 896),
    ("32×32×32", 64),
    ("16×16×64", 18_496),
    ("16×16×64", 128),
    ("8×8×128", 73_856),
    ("8×8×128", 256),
    ("4×4×256", 295_168),
    ("4×4×256", 512),
    ("2×2×512", 1_180_160),
    ("2×2×512", 1_024),
    ("256", 2 * 262_272),  # mean and log-variance in one layer
    ("2048", 264_192),
    ("4×4×256", 1_179_904),
    ("4×4×256", 512),
    ("8×8×128", 295_040),
    ("8×8×128", 256),
    ("16×16×64", 73_792),
    ("16×16×64", 128),
    ("32×32×32", 18_464),
    ("32×32×32", 64),
    ("64×64×3", 867),
    ("64×64×3", 6),
]


def test_described_rows_of_celeba64_are_the_reference_s_table():
    text = describe.describe(presets.get_config("celeba64"))
    rows = re.findall(r"^  \S+ +([\d×]+) +([\d,]+) +[\d,]+$", text, re.MULTILINE)
    found = [(shape, int(count.replace(",", ""))) for shape, count in rows]
    assert [row for row in found if row[1]] == CELEBA64
    # What has no weights in between: the linear layer's units are a map of 2×2×512.
    assert found.index(("2×2×512", 0)) < found.index(("2048", 0)) < found.index(("256", 524_544))
    assert ("2×2×512", 0) in found[found.index(("2048", 264_192)) :][:2]
    assert "trainable parameters: 3,928,329 " in text
    assert '"mean squared error + 0.00025·KL" on [−1, 1]' in text


def test_describing_a_model_without_a_prior_says_so():
    text = describe.describe(presets.get_config("ae_01"))
    assert "latents: 1024; no prior" in text
    assert "KL" not in text
    assert "posterior gaussian" not in text
