"""The public names, what importing them costs, and which way imports point."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import tfvae
from tfvae.evaluation.sections import SECTIONS

ROOT = Path(tfvae.__file__).parent

PUBLIC = {
    "VAE",
    "code_priors",
    "datasets",
    "evaluation",
    "export",
    "likelihoods",
    "load",
    "models",
    "networks",
    "objectives",
    "plotting",
    "posteriors",
    "priors",
    "quantizers",
    "runs",
    "schedules",
    "training",
}

CLASSES = {
    "code_priors": {"GatedPixelCNN"},
    "likelihoods": {"Bernoulli", "ContinuousBernoulli", "DiscretizedLogistic", "Gaussian", "Laplace"},
    "models": {"Autoencoder", "TwoStage", "VAE", "VQVAE"},
    "networks": {
        "HalvingConv",
        "LinearResidual",
        "MLP",
        "PooledBlocks",
        "PooledConv",
        "Residual",
        "ResidualStack",
        "SkipConv",
        "StridedConv",
    },
    "posteriors": {"Gaussian", "Uniform"},
    "priors": {"Mixture", "StandardNormal"},
    "quantizers": {"FiniteScalarQuantizer", "VectorQuantizer"},
    "schedules": {"Capacity", "Constant", "Cosine", "Cyclical", "FreeBits", "Linear", "Sigmoid"},
}


def test_public_names():
    assert set(tfvae.__all__) == PUBLIC
    assert set(dir(tfvae)) >= PUBLIC


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_public_names_can_be_had(name):
    assert getattr(tfvae, name) is not None


@pytest.mark.parametrize("package", CLASSES)
def test_classes_of_registries(package):
    module = getattr(tfvae, package)
    (registry,) = (value for value in vars(module).values() if type(value).__name__ == "Registry")
    assert {entry.__name__ for entry in map(registry.__getitem__, registry)} == CLASSES[package]
    assert all(getattr(module, name).__name__ == name for name in CLASSES[package])


@pytest.mark.parametrize("package", sorted(set(CLASSES) - {"networks"}))  # which are data, and not saved
def test_saved_names_are_the_package_s_own(package):
    import keras

    for name in CLASSES[package]:
        assert keras.saving.get_registered_name(getattr(getattr(tfvae, package), name)) == f"tfvae.{package}>{name}"


def test_scripts_and_plots_need_no_tensorflow():
    light = [
        "tfvae",
        "tfvae.plotting",
        "tfvae.checks",
        "tfvae.command_line",
        "tfvae.configuration",
        "tfvae.run_folder",
        "tfvae.datasets.prepare",
        "tfvae.evaluation.__main__",
        "tfvae.experiments.__main__",
        *(f"tfvae.evaluation.sections.{name}" for name in SECTIONS),
        *(f"tfvae.{package}" for package in CLASSES),
    ]
    code = f"import sys, {', '.join(light)}; print([name for name in {HEAVY} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT.parent, check=True)
    assert found.stdout.strip() == "[]"


HEAVY = ["tensorflow", "keras", "tensorflow_probability", "tf_keras"]

# Imports point one way: a module may import what stands in a lower layer than its own, and its own package.
LAYERS = [
    {"errors", "quiet", "run_folder"},
    {"files", "registry", "scripts", "flag_parsing", "durations", "progress"},
    {"configuration", "objectives", "plotting", "datasets", "layers"},
    {"likelihoods", "posteriors", "priors", "code_priors", "quantizers", "networks", "schedules"},
    {"models"},
    {"checks", "finished", "splits", "published"},
    {
        "class_labels",
        "command_line",
        "describe",
        "evaluation",
        "experiments",
        "export",
        "first_stage",
        "folding",
        "inference",
        "reports",
        "runs",
        "training",
        "datasets/prepare.py",
    },
    {"config", "vae", "vae_inference"},
]
ALONE = {"datasets", "plotting", "objectives"}  # import no other part of the library but these
FREE = {"errors", "files", "registry"}
# One file knows both configurations and classes, and what is built on it is as high: these may import one another.
TOGETHER = LAYERS[6]


# Commands that stand in a lower package, for people look for them there.
COMMANDS = {"datasets/prepare.py"}


def part_of(path):
    relative = path.relative_to(ROOT) if path.is_relative_to(ROOT) else Path(path.name)
    return relative.as_posix() if relative.as_posix() in COMMANDS else relative.parts[0].removesuffix(".py")


def imported_parts(path):
    """The parts of tfvae that a file imports, wherever in the file it does."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            if name.startswith("tfvae."):
                yield name.split(".")[1]


SOURCES = sorted([*ROOT.rglob("*.py"), *(ROOT.parent / f"{script}.py" for script in LAYERS[-1])])
LAYER_OF = {part: number for number, layer in enumerate(LAYERS) for part in layer}


def test_every_part_has_its_layer():
    assert {part_of(path) for path in SOURCES} - {"__init__"} == set(LAYER_OF)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT.parent)))
def test_imports_point_one_way(path):
    part = part_of(path)
    for other in set(imported_parts(path)) - {part}:
        if part in ALONE:
            assert other in FREE, f"{part} imports {other}"
        elif part != "__init__":
            below = LAYER_OF[other] < LAYER_OF[part] or (part in TOGETHER and other in TOGETHER)
            assert below, f"{part} imports {other}, which is not below it"
