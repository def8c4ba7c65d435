"""Fitting the classifier whose hidden layer is an extractor. The one module here that needs Keras at its top."""

from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import tensorflow as tf

from tfvae.evaluation.extractors import resizing
from tfvae.evaluation.subject import ImageSet
from tfvae.progress import track

if TYPE_CHECKING:
    from tfvae.evaluation.extractors.classifier import Settings

layers = keras.layers


def num_outputs(labels: np.ndarray) -> int:
    """Number of classes of (N,) labels, or of attributes of (N, K) labels."""
    return int(labels.max()) + 1 if labels.ndim == 1 else labels.shape[1]


def network(image_shape: tuple[int, ...], num_outputs: int, settings: "Settings", num_features: int) -> keras.Model:
    """Images (B, H, W, C) in [0, 1] → features (B, F) and logits (B, outputs); initial weights from the seed."""
    seeds = iter(range(settings.seed, settings.seed + len(settings.channels) + 2))

    def init() -> keras.initializers.Initializer:
        return keras.initializers.HeNormal(seed=next(seeds))

    x = inputs = keras.Input(image_shape)
    for channels in settings.channels:
        x = layers.Conv2D(channels, 3, 2, "same", activation="relu", kernel_initializer=init(), dtype="float32")(x)
    x = layers.Flatten(dtype="float32")(x)
    features = layers.Dense(num_features, activation="relu", kernel_initializer=init(), dtype="float32")(x)
    logits = layers.Dense(num_outputs, kernel_initializer=init(), dtype="float32")(features)
    return keras.Model(inputs, [features, logits])


def fit(model: keras.Model, images: ImageSet, labels: np.ndarray, settings: "Settings") -> dict[str, np.ndarray]:
    """Fits by Adam; the same images, labels and settings give the same weights.

    Returns:
        `weights_0`, `weights_1`, … in the order of the model, and `accuracy` over the last pass.
    """
    optimizer = keras.optimizers.Adam(settings.learning_rate)
    optimizer.build(model.trainable_variables)
    step = tf.function(lambda x, y: _step(model, optimizer, x, y), reduce_retracing=True)
    rng = np.random.Generator(np.random.PCG64(settings.seed))
    right = 0.0
    for epoch in range(settings.epochs):
        order = rng.permutation(images.num_images)
        starts = range(0, images.num_images, settings.batch_size)
        right = 0.0
        for start in track(starts, f"fitting the classifier, pass {epoch + 1} of {settings.epochs}"):
            rows = order[start : start + settings.batch_size]
            right += float(step(_batch(images, rows, settings.size), labels[rows])) * len(rows)
    weights = {f"weights_{index}": weight.numpy() for index, weight in enumerate(model.weights)}
    return {**weights, "accuracy": np.array(right / images.num_images)}


def compiled(model: keras.Model) -> Any:
    """A network as a compiled function from images to features and logits."""
    return tf.function(lambda images: model(images, training=False), reduce_retracing=True)


def _batch(images: ImageSet, rows: np.ndarray, size: int) -> np.ndarray:
    return resizing.area(images.take(rows), size)


def _step(model: keras.Model, optimizer: keras.optimizers.Optimizer, images: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """One step. Returns the share of labels that were right before it."""
    with tf.GradientTape() as tape:
        _, logits = model(images, training=True)
        if len(labels.shape) == 1:
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
            right = tf.argmax(logits, axis=-1) == labels
        else:
            losses = tf.nn.sigmoid_cross_entropy_with_logits(tf.cast(labels, tf.float32), logits)
            right = (logits > 0) == (labels == 1)
        loss = tf.reduce_mean(losses)
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply(gradients, model.trainable_variables)
    return tf.reduce_mean(tf.cast(right, tf.float32))
