"""The share of training that waits for batches, by a clock that moves only when it is told."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvae.training.input_wait import InputWait, of_run, sentences


class Clock:
    """Gives its time to Python and to graphs."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now

    def tensor(self):
        return tf.ensure_shape(tf.numpy_function(lambda: self.now, [], tf.float64), ())

    def passes(self, seconds):
        """A graph in which so much time goes by."""

        def passed():
            self.now += seconds
            return np.float32(0)

        return tf.ensure_shape(tf.numpy_function(passed, [], tf.float32), ())


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def wait(clock):
    return InputWait(clock, clock.tensor)


class Slow(keras.Model):
    """A model whose step takes some of the clock's seconds."""

    def __init__(self, clock, seconds):
        super().__init__()
        self.clock, self.seconds = clock, seconds
        self.mean = keras.metrics.Mean("loss")

    def train_step(self, data):
        with tf.control_dependencies([data]):  # a step begins when its batch is there
            self.mean.update_state(tf.reduce_mean(data) + self.clock.passes(self.seconds))
        return {"loss": self.mean.result()}

    def test_step(self, data):
        return self.train_step(data)


def fitted(clock, wait, reading, training, **options):
    """The shares of three epochs of four batches, each of which takes so long to read and to train on."""
    batches = tf.data.Dataset.range(100).map(lambda n: tf.cast(n, tf.float32)[None] + clock.passes(reading))
    model = Slow(clock, training)
    model.compile(**options)
    validation = tf.data.Dataset.range(2).map(lambda n: tf.cast(n, tf.float32)[None] + clock.passes(1000.0))
    history = model.fit(
        wait.measured(batches),
        steps_per_epoch=4,
        epochs=3,
        validation_data=validation,
        callbacks=[wait],
        shuffle=False,
        verbose=0,
    )
    return history.history["input_wait"]


@pytest.mark.parametrize(("reading", "training", "share"), [(3.0, 1.0, 0.75), (2.0, 0.0, 1.0), (0.0, 5.0, 0.0)])
@pytest.mark.parametrize("options", [{}, {"run_eagerly": True}], ids=["compiled", "eager"])
def test_share(reading, training, share, options, clock, wait):
    assert fitted(clock, wait, reading, training, **options) == pytest.approx([share] * 3)


def test_several_steps_in_one_call(clock, wait):
    assert fitted(clock, wait, 3.0, 1.0, steps_per_execution=2) == pytest.approx([0.75] * 3)


def test_batches_are_as_they_were(clock, wait):
    batches = tf.data.Dataset.range(5).map(lambda n: (tf.fill([2, 3], n), {"label": n}))
    found = wait.measured(batches)
    assert found.element_spec == batches.element_spec
    for one, other in zip(found, batches, strict=True):
        tf.nest.map_structure(np.testing.assert_array_equal, one, other)
    assert wait.seconds == 0


def test_a_real_clock_moves_forward():
    wait = InputWait()
    list(wait.measured(tf.data.Dataset.range(50).shuffle(10)))
    assert wait.seconds > 0


def test_of_a_run_and_what_is_said_of_it():
    assert of_run([{"input_wait": 0.5}, {"loss": 3.0}, {"input_wait": 0.1}, {"input_wait": 0.3}]) == pytest.approx(0.2)
    assert of_run([{"input_wait": 0.5}]) == 0.5
    assert of_run([{"loss": 3.0}]) is None
    assert sentences({"training": {"input_wait": 0.04}}) == sentences({"training": {"input_wait": None}}) == []
    assert sentences({"training": {}}) == []
    (found,) = sentences({"training": {"input_wait": 0.3}})
    assert found.startswith("training waited for images 30% of its time: decode them once with python -m tfvae.datase")
