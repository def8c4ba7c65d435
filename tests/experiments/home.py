"""A folder with `vae.py`, a `config.py` of three tiny presets, and their images."""

import importlib.util
import shutil

import tiny

CONFIG = '''
from tfvae.configuration import Component, Config, DataConfig, ModelConfig, TrainConfig
from tfvae.experiments.lists import Experiment, Group, Row


def small():
    """A small model."""
    return Config(
        name="small",
        data=DataConfig(Component("arrays"), validation=20, pixels="dequantize"),
        model=ModelConfig(latent_dim=3, network=Component("mlp", units=(8,))),
        train=TrainConfig(batch_size=50, epochs=9, pictures_every=9),
    )


def fixed():
    """The same with a fixed scale."""
    config = small()
    config.name, config.data.pixels = "fixed", "unit"
    config.model.likelihood = Component("gaussian", scale=0.2)
    return config


def plain():
    """The same without a prior."""
    config = fixed()
    config.name, config.model.family = "plain", Component("autoencoder")
    return config


PRESETS = {"small": small, "fixed": fixed, "plain": plain}


def get_config(name):
    return PRESETS[name]()


NARROW = Row("fixed", ("--config.model.latent_dim=1", "--config.model.likelihood.scale=0.5"), "narrow")
FLAGS = ("--config.train.epochs=2",)
GROUP = Group(
    "Rectangles",
    ("small", "fixed", NARROW, "plain"),
    FLAGS,
    published={"parameters as published": {"small": 1234}},
    tradeoff={"one kind": ("fixed", "narrow"), "none": ("plain",)},
)
EXPERIMENTS = {
    "all": Experiment("All of them.", {"rectangles": GROUP}),
    "two": Experiment("Two of them.", {"rectangles": Group("Two", ("fixed", "small"), FLAGS)}),
}
'''


def make(folder):
    """Writes it, and returns it."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(tiny.ROOT / "vae.py", folder)
    (folder / "config.py").write_text(CONFIG)
    tiny.save_pictures(folder, num_images=300)
    return folder


def in_this_process(training, home):
    """Takes the place of `running.train`: starting TensorFlow takes longer than these trainings."""
    spec = importlib.util.spec_from_file_location("vae_of_home", home / "vae.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    status = script.run(["vae.py", *training.arguments])
    return "" if status == 0 else f"exit status {status}"
