"""What every entry of every registry must do. A new entry is covered by its line in the registry alone."""

import dataclasses
import json

import keras
import numpy as np
import pytest
import tensorflow as tf
import variants

from tfvae import export
from tfvae.code_priors import CODE_PRIORS
from tfvae.configuration import Component
from tfvae.likelihoods import LIKELIHOODS
from tfvae.models import MODELS
from tfvae.networks import NETWORKS
from tfvae.posteriors import POSTERIORS
from tfvae.priors import PRIORS
from tfvae.quantizers import QUANTIZERS, packing
from tfvae.schedules import KL_WEIGHTS

PARTS = {
    "model": (MODELS, Component("vae")),
    "network": (NETWORKS, Component("mlp", units=(8,))),
    "likelihood": (LIKELIHOODS, Component("gaussian")),
    "posterior": (POSTERIORS, Component("gaussian")),
    "prior": (PRIORS, Component("standard_normal")),
    "KL weight": (KL_WEIGHTS, Component("constant")),
    "quantizer": (QUANTIZERS, Component("vector", codes=4)),
    "code prior": (CODE_PRIORS, Component("pixelcnn", channels=8, depth=2)),
}
# What goes with entries whose latents are maps of codes.
OF_CODES = {
    **PARTS,
    "model": (MODELS, Component("vqvae")),
    "network": (NETWORKS, Component("residual_stack", hidden=4, residual=3)),
}
GREY, COLOUR = (8, 8, 1), (6, 10, 3)
LATENTS, STEPS = 3, 10
ALL = variants.params(*(registry for registry, _ in PARTS.values()))
SERVED = variants.params(*(registry for registry, _ in PARTS.values() if registry is not KL_WEIGHTS))
SERIALIZED = variants.params(LIKELIHOODS, POSTERIORS, PRIORS, KL_WEIGHTS, QUANTIZERS, CODE_PRIORS)

every_entry = pytest.mark.parametrize(("registry", "component"), ALL)


OF_CODES_WITH_A_PRIOR = {**OF_CODES, "model": (MODELS, Component("two_stage"))}


def company(registry, component):
    """The parts that an entry can stand among: of models whose latents are vectors, or maps of codes."""
    if registry is CODE_PRIORS:
        return OF_CODES_WITH_A_PRIOR
    asked = [registry.constant(component.name, name, False) for name in ("latent_maps", "quantized")]
    return OF_CODES if registry is QUANTIZERS or any(asked) else PARTS


def make(registry, component, shape=COLOUR, **compiled):
    """A compiled model of small parts, one of them the entry under test."""
    chosen = {**company(registry, component), registry.kind: (registry, component)}
    made = {kind: entries[one.name](**one.options) for kind, (entries, one) in chosen.items() if kind != "model"}
    *size, channels = shape
    models, named = chosen["model"]
    family = models[named.name]
    first = models[family.first_stage_family] if family.first_stage_family else family
    per_latent = made["posterior"].params_per_latent if first.has_prior else 1
    encoder = made["network"].encoder(shape, per_latent * LATENTS)
    decoder = made["network"].decoder(LATENTS, (*size, made["likelihood"].params_per_channel * channels))
    of_a_prior = {
        "posterior": made["posterior"],
        "prior": made["prior"],
        "kl_weight": made["KL weight"].for_run(STEPS),
    }
    further = {"quantizer": made["quantizer"]} if first.quantized else of_a_prior if first.has_prior else {}
    model = first(encoder, decoder, likelihood=made["likelihood"], seed=3, **further, **named.options)
    model.adapt(lambda most: np.random.default_rng(0).random((20, *shape), np.float32))
    model = model if first is family else family(model, made["code prior"], seed=3)
    model.compile(**{"optimizer": keras.optimizers.Adam(1e-2), **compiled})
    return model


def images_for(model, rng, num_images=5):
    """Images of the support of the model's likelihood."""
    images = rng.random((num_images, *model.image_shape))
    levels = {"binary": 1, "levels": 255}.get(model.likelihood.support)
    return np.float32(np.rint(images * levels) / levels if levels else images)


def train_step(model, images):
    """One step as `fit` makes it, without tracing a graph. Returns the logs of this step alone."""
    model.reset_metrics()
    logs = model.train_step(tf.constant(images))
    return {name: float(value) for name, value in logs.items()}


@pytest.mark.parametrize(("registry", "component"), SERIALIZED)
def test_configuration_survives_json(registry, component):
    part = registry[component.name](**component.options)
    text = json.dumps(keras.saving.serialize_keras_object(part))
    again = keras.saving.deserialize_keras_object(json.loads(text))
    assert type(again) is type(part)
    assert again.get_config() == part.get_config()
    for option, value in component.options.items():
        assert again.get_config()[option] == value


@pytest.mark.parametrize(("registry", "component"), variants.params(NETWORKS))
def test_a_network_is_plain_data(registry, component):
    network = registry[component.name](**component.options)
    assert registry[component.name](**dataclasses.asdict(network)) == network
    first, second = (network.encoder(GREY, 2 * LATENTS) for _ in range(2))
    assert not {id(variable) for variable in first.variables} & {id(variable) for variable in second.variables}


@every_entry
@pytest.mark.parametrize("shape", [GREY, COLOUR], ids=["8x8x1", "6x10x3"])
def test_symbolic_and_eager_calls_agree(registry, component, shape, rng):
    model = make(registry, component, shape)
    images = images_for(model, rng)
    symbolic, eager = model(keras.Input(shape)), model(images)
    assert {name: tensor.shape[1:] for name, tensor in symbolic.items()} == {
        "mean": model.latent_shape,
        "stddev": model.latent_shape,
        "reconstructions": shape,
    }
    for name, tensor in eager.items():
        assert tensor.dtype == symbolic[name].dtype == "float32"
        assert tensor.shape == (len(images), *symbolic[name].shape[1:])
        assert np.isfinite(tensor).all()
    assert 0 <= np.min(eager["reconstructions"]) <= np.max(eager["reconstructions"]) <= 1
    np.testing.assert_array_equal(eager["reconstructions"], model.reconstruct(images))
    np.testing.assert_array_equal(eager["mean"], model.encode(images).mean())


def own_config(model):
    """The configuration but for the networks, of which Keras turns tuples into lists."""
    networks = {"first_stage", *(network.name for network in model.networks())}
    return {name: value for name, value in model.get_config().items() if name not in networks}


@every_entry
def test_saved_model_gives_the_same_and_goes_on_training(registry, component, rng, tmp_path):
    model = make(registry, component)
    images = images_for(model, rng)
    train_step(model, images)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    for name, tensor in model(images).items():
        np.testing.assert_array_equal(again(images)[name], tensor)
    assert own_config(again) == own_config(model)
    for _ in range(2):
        assert train_step(again, images) == train_step(model, images)
    for found, expected in zip(again.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(found, expected)


def cancelled_biases(model):
    """Biases of layers that a batch normalisation follows directly: it subtracts the mean, and them with it."""
    layers = [layer for network in model.networks() for layer in network.layers]
    normalised = [layer for layer in layers if isinstance(layer, keras.layers.BatchNormalization)]
    return {id(layer.input._keras_history.operation.bias) for layer in normalised}


@every_entry
def test_every_trainable_weight_has_a_gradient_and_moves_in_a_step(registry, component, rng):
    model = make(registry, component)
    images = images_for(model, rng)
    cancelled = cancelled_biases(model)
    with tf.GradientTape() as tape:
        terms = model.terms(tf.constant(images), model.noise(len(images), tf.constant([0, 0])), training=True)
        loss = tf.reduce_mean(tf.reduce_sum(terms.kl, axis=-1) - terms.log_likelihood + terms.added)
    gradients = tape.gradient(loss, [variable.value for variable in model.trainable_variables])
    largest = max(float(tf.reduce_max(tf.abs(gradient))) for gradient in gradients)
    before = [variable.numpy() for variable in model.trainable_variables]
    train_step(model, images)
    for variable, gradient, old in zip(model.trainable_variables, gradients, before, strict=True):
        size = float(tf.reduce_max(tf.abs(gradient)))
        if id(variable) in cancelled:
            assert size < 1e-4 * largest, variable.path
        else:
            assert size > 0, variable.path
            assert (variable.numpy() != old).any(), variable.path


@every_entry
def test_mixed_precision_trains_with_float32_densities(registry, component, rng):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = make(registry, component)
    finally:
        keras.config.set_dtype_policy(before)
    images = images_for(model, rng)
    assert "bfloat16" in {layer.compute_dtype for network in model.networks() for layer in network.layers}
    assert all(network(network.inputs[0]).dtype == "float32" for network in model.networks())
    terms = model.terms(tf.constant(images), model.noise(len(images), tf.constant([0, 0])))
    assert {term.dtype for term in terms if term is not terms.codes} == {tf.float32}
    logs = train_step(model, images)
    assert all(np.isfinite(value) for value in logs.values()), logs


@every_entry
def test_fit_and_evaluate(registry, component, rng):
    model = make(registry, component)
    images = images_for(model, rng, num_images=8)
    history = model.fit(images, batch_size=4, validation_data=(images,), validation_batch_size=4, verbose=0)
    assert all(np.isfinite(values).all() for values in history.history.values()), history.history
    logs = {name: values[-1] for name, values in history.history.items()}
    assert int(model.optimizer.iterations) == 2
    # Validation noise is the same in every pass, and its objective the bound at β = 1.
    evaluated = model.evaluate(images, batch_size=4, verbose=0, return_dict=True)
    assert {f"val_{name}": value for name, value in evaluated.items()} == pytest.approx(
        {name: value for name, value in logs.items() if name.startswith("val_")}, rel=1e-5
    )
    assert logs["val_loss"] == pytest.approx(logs["val_reconstruction"] + logs.get("val_kl", 0.0))
    if model.has_prior:
        assert logs["val_negative_elbo"] == logs["val_loss"]
    else:
        assert not {"negative_elbo", "kl", "beta", "val_negative_elbo", "val_kl"} & set(logs)


@pytest.mark.parametrize(("registry", "component"), SERVED)
def test_exported_signatures_give_what_the_model_gives_row_by_row(registry, component, rng, tmp_path):
    model = make(registry, component)
    train_step(model, images_for(model, rng))
    served = tf.saved_model.load(export.export(model, tmp_path)).signatures
    inputs = {
        "images": images_for(model, rng, 3),
        "latents": rng.normal(size=(3, LATENTS)).astype(np.float32),
        "seed": np.int32([[0, 1], [2, 3], [0, 1]]),
        "temperature": np.float32([1.0, 0.5, 0.7]),
    }
    if model.quantized:
        codes = model.encode_codes(images_for(model, rng, 3))
        inputs |= {"codes": codes, "bytes": packing.pack(codes, model.num_codes, model.code_shape)}
    functions = export.signatures(model)
    assert set(served) == set(functions)
    for name, (function, specs) in functions.items():
        arguments = {spec.name: tf.constant(inputs[spec.name]) for spec in specs}
        together = served[name](**arguments)
        expected = function(**arguments)
        assert set(together) == set(expected)
        for output, value in expected.items():
            same(together[output], value, f"{name}.{output}")
        for row in range(3):
            alone = served[name](**{key: value[row : row + 1] for key, value in arguments.items()})
            for output, value in alone.items():
                same(value[0], together[output][row], f"{name}.{output}, row {row}")


def same(found, expected, where):
    """Whole numbers and bytes are equal, and other numbers nearly."""
    if found.dtype.is_floating:
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5, err_msg=where)
    else:
        np.testing.assert_array_equal(np.asarray(found), np.asarray(expected), err_msg=where)
