"""What a run is made of: typed, comparable, stored as JSON beside every run. No TensorFlow here.

A part that has variants (dataset, network, likelihood, …) is a `Component`: the name of a registry entry and
its options, which are that entry's constructor arguments. Scripts see this module; the classes never do.
"""

import ast
import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from tfvae.errors import UserError

T = TypeVar("T")


class Component:
    """One registry entry and its options, written as a call: `Component("gaussian", scale="learned")`.

    Args:
        name: the entry's name in its registry.
        **options: keyword arguments of the entry; what is left out keeps its default there.
    """

    def __init__(self, name: str, /, **options: Any) -> None:
        self.name = name
        self.options = {key: _frozen(value) for key, value in options.items()}

    @classmethod
    def parse(cls, text: str) -> "Component":
        """Reads `name` or `name(option=value, …)`; a bare word is a string.

        >>> Component.parse("gaussian(scale=learned)")
        gaussian(scale='learned')
        """
        try:
            node = ast.parse(text.strip(), mode="eval").body
            call = node if isinstance(node, ast.Call) else ast.Call(func=node, args=[], keywords=[])
            if not isinstance(call.func, ast.Name) or call.args:
                raise ValueError(text)
            return cls(call.func.id, **{str(item.arg): _literal(item.value) for item in call.keywords})
        except (SyntaxError, ValueError):
            raise UserError(f"{text!r} is not of the form name or name(option=value, …)") from None

    def __repr__(self) -> str:
        options = ", ".join(f"{key}={value!r}" for key, value in self.options.items())
        return f"{self.name}({options})" if options else self.name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Component) and self.to_json() == other.to_json()

    __hash__ = None  # type: ignore[assignment]  # options may be changed by an override

    def to_json(self) -> dict[str, Any]:
        """`{"name": …, **options}`, with tuples as lists."""
        return json.loads(json.dumps({"name": self.name, **self.options}))


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value


def _literal(node: ast.expr) -> Any:
    if isinstance(node, ast.Name):
        return {"true": True, "false": False}.get(node.id, node.id)
    return ast.literal_eval(node)


def _one_of(default: str, *others: str) -> Any:
    return field(default=default, metadata={"choices": (default, *others)})


def _number(default: float, low: float, high: float = float("inf")) -> Any:
    return field(default=default, metadata={"low": low, "high": high})


@dataclass
class DataConfig:
    """Which images, and what the pipeline makes of their 8-bit values.

    Attributes:
        dataset: an entry of `tfvae.datasets.DATASETS` with its options.
        dir: where to look first; then `TFVAE_DATA_DIR`, the Keras cache, a download.
        validation: images cut from the training split (where the data set has no validation split of its own).
        image_shape: (height, width, channels); empty: taken from the data (`folder`, `arrays`).
        num_images: images trained on. Presets give the official number; a run stores what was found.
        pixels: "unit" value/255, "dequantize" (value + U[0,1))/256, "binarize" Bernoulli(value/255) every epoch.
        on_bad_file: "raise" names a damaged file and stops; "skip" leaves such files out and reports them.
        cache_gib: memory, in GiB, that images of files may take once they are decoded, so that they are decoded only
            in the first epoch; a split that does not fit is decoded in each. 0: none. It changes no number.
    """

    dataset: Component = field(default_factory=lambda: Component("digits"))
    dir: str = ""
    validation: int = _number(0, low=0)
    image_shape: tuple[int, ...] = ()
    num_images: int = _number(0, low=0)
    pixels: str = _one_of("unit", "dequantize", "binarize")
    on_bad_file: str = _one_of("raise", "skip")
    cache_gib: float = _number(1.0, low=0.0)


@dataclass
class ModelConfig:
    """Which file fills each symbol of E_q[log p(x|z)] − β·KL(q(z|x) ‖ p(z)).

    Attributes:
        family: an entry of `tfvae.models.MODELS`.
        latent_dim: L, the size of z; where latents are maps, of each of their places.
        network: encoder and decoder, an entry of `tfvae.networks.NETWORKS`.
        likelihood: p(x|z), an entry of `tfvae.likelihoods.LIKELIHOODS`.
        posterior: q(z|x), an entry of `tfvae.posteriors.POSTERIORS`.
        prior: p(z), an entry of `tfvae.priors.PRIORS`.
        fitted_prior: put in the prior's place after training, fitted to what the training images are encoded as: an
            entry of `tfvae.priors.PRIORS` that can be fitted, or "none": the prior of training stays. It stays too
            where the fitted one is no better on validation images.
        kl_weight: β and its course, an entry of `tfvae.schedules.KL_WEIGHTS`.
        quantizer: of a family whose latents are codes: an entry of `tfvae.quantizers.QUANTIZERS`.
        codes_from: of a family with a first stage: the folder of the finished run that this is; on
            the command line its name in `--model_directory` will do.
        code_prior: p(c) of such a family, an entry of `tfvae.code_priors.CODE_PRIORS`.
    """

    family: Component = field(default_factory=lambda: Component("vae"))
    latent_dim: int = _number(16, low=1)
    network: Component = field(default_factory=lambda: Component("strided_conv"))
    likelihood: Component = field(default_factory=lambda: Component("gaussian"))
    posterior: Component = field(default_factory=lambda: Component("gaussian"))
    prior: Component = field(default_factory=lambda: Component("standard_normal"))
    fitted_prior: Component = field(default_factory=lambda: Component("none"))
    kl_weight: Component = field(default_factory=lambda: Component("constant"))
    quantizer: Component = field(default_factory=lambda: Component("vector"))
    codes_from: str = ""
    code_prior: Component = field(default_factory=lambda: Component("pixelcnn"))


@dataclass
class TrainConfig:
    """How the model is trained.

    Attributes:
        batch_size: images a step.
        epochs: passes over the training images.
        learning_rate: of the optimiser, at its highest.
        learning_rate_schedule: "constant", or "cosine" decay to a hundredth over the run.
        learning_rate_warmup: share of the run in which it rises linearly to that.
        optimizer: a Keras optimiser by name.
        clip_norm: largest global gradient norm; 0: no clipping.
        ema: decay of the weights' exponential moving average (0.999, say); 0: none.
        precision: Keras dtype policy of the networks; densities are float32 always.
        seed: of weights, data order and noise.
        early_stopping: stop after so many epochs without a better validation bound; 0: never.
        pictures_every: write pictures each so many epochs.
        steps_per_execution: steps that TensorFlow does at a time, at most, before Python hears of it; for models whose
            steps take milliseconds. Ctrl-C and the bar wait as long.
    """

    batch_size: int = _number(128, low=1)
    epochs: int = _number(10, low=1)
    learning_rate: float = _number(1e-3, low=1e-9, high=1.0)
    learning_rate_schedule: str = _one_of("constant", "cosine")
    learning_rate_warmup: float = _number(0.0, low=0.0, high=0.99)
    optimizer: str = _one_of("adam", "adamax", "adamw", "rmsprop", "sgd")
    clip_norm: float = _number(0.0, low=0.0)
    ema: float = _number(0.0, low=0.0, high=0.999999)
    precision: str = _one_of("float32", "mixed_bfloat16")
    seed: int = _number(0, low=0, high=2**31 - 1)
    early_stopping: int = _number(0, low=0)
    pictures_every: int = _number(1, low=1)
    steps_per_execution: int = _number(1, low=1)


@dataclass
class Config:
    """One experiment. `name` is the preset's, and by default the run's."""

    name: str = "digits"
    data: DataConfig = field(default_factory=DataConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    train: TrainConfig = field(default_factory=TrainConfig)


def to_json(config: Config) -> dict[str, Any]:
    """The configuration as plain JSON types."""
    return json.loads(json.dumps(_plain(config)))


def _plain(value: Any) -> Any:
    if isinstance(value, Component):
        return value.to_json()
    if dataclasses.is_dataclass(value):
        return {item.name: _plain(getattr(value, item.name)) for item in dataclasses.fields(value)}
    return value


def from_json(values: Mapping[str, Any]) -> Config:
    """The inverse of `to_json`. Raises `UserError` on a key that no field has."""
    return _filled(Config, values, "config")


def _filled(kind: type[T], values: Mapping[str, Any], path: str) -> T:
    fields = {item.name: item.type for item in dataclasses.fields(kind)}  # type: ignore[arg-type]
    unknown = sorted(set(values) - set(fields))
    if unknown:
        raise UserError(f"{path} has no field {', '.join(unknown)}; it was written by another version")
    return kind(**{key: _read(fields[key], value, f"{path}.{key}") for key, value in values.items()})


def _read(kind: Any, value: Any, path: str) -> Any:
    if kind is Component:
        options = dict(value)
        return Component(options.pop("name"), **options)
    if dataclasses.is_dataclass(kind):
        return _filled(kind, value, path)  # type: ignore[arg-type]
    return _frozen(value)


def read(path: Path) -> Config:
    """The configuration stored in a JSON file by a run.

    Raises:
        UserError: if the file holds no configuration, or one of another version.
    """
    try:
        return from_json(json.loads(path.read_text(encoding="utf-8")))
    except UserError as error:
        raise UserError(f"{path}: {error}") from None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UserError(f"{path} holds no configuration of a run ({type(error).__name__}: {error})") from error
