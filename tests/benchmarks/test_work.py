"""What workers do, at tiny sizes: ours through `fit`, peers' epochs, inference, growth."""

import math

import numpy as np
import pytest

from benchmarks import growing, ours, served
from benchmarks.suites import SUITES, growth
from benchmarks.suites.growth import CURVES, slope, slope_row

DIGITS = ("--config=digits", "--config.model.network=mlp(units=(8,))", "--config.train.batch_size=50")


def test_a_unit_of_ours_is_a_step():
    work = ours.Steps(DIGITS)
    assert work.run(3) == 150
    assert int(work._model.optimizer.iterations) == 3


def test_epochs_of_ours_are_whole_and_of_one_fit():
    work = ours.Epochs(DIGITS)
    assert work.run(1) == work._images
    assert work.run(2) == 2 * work._images


def test_what_fails_in_fit_is_said():
    from benchmarks.paced import PacedFit

    def fit(callbacks):
        raise ValueError("no data")

    with pytest.raises(ValueError, match="no data"):
        PacedFit(fit).epoch()


def test_peers_have_the_images_that_ours_trains_on(tmp_path):
    path = tmp_path / "images.npy"
    count = ours.save_images(DIGITS, str(path))
    images = np.load(path)
    assert images.shape == (count, 28, 28, 1)
    assert images.dtype == np.uint8
    assert ours.Epochs(DIGITS)._images == count


@pytest.mark.parametrize("loading", ["loader", "rows"])
def test_an_epoch_of_a_peer_is_every_image_once(loading, tmp_path):
    torch = pytest.importorskip("torch")
    from benchmarks.peers.epochs import LOADING, Epochs

    pixels = torch.arange(10.0).reshape(10, 1, 1, 1)
    batches = list(LOADING[loading](pixels, 4)())
    assert [len(batch) for batch in batches] == [4, 4, 2]
    assert sorted(torch.cat(batches).flatten().tolist()) == list(range(10))
    path = tmp_path / "images.npy"
    np.save(path, np.zeros((10, 28, 28, 1), np.uint8))
    work = Epochs("benchmarks.peers.mlp:MLP", 4, {}, str(path), loading)
    assert work.run(2) == 20


def test_pythae_trains_the_networks_of_a_peer(tmp_path):
    torch = pytest.importorskip("torch")
    pytest.importorskip("pythae")
    from benchmarks.peers.with_pythae import Epochs

    path = tmp_path / "images.npy"
    np.save(path, np.full((10, 28, 28, 1), 30, np.uint8))
    work = Epochs("benchmarks.peers.mlp:MLP", 16, 4, str(path))
    weights = sum(weight.numel() for weight in work._trainer.model.parameters())
    assert weights == 1_079_600
    before = torch.nn.utils.parameters_to_vector(work._trainer.model.parameters()).clone()
    assert work.run(1) == 10
    assert not torch.equal(before, torch.nn.utils.parameters_to_vector(work._trainer.model.parameters()))


@pytest.mark.parametrize("verb", ["encode", "decode"])
def test_calls_of_peers(verb):
    pytest.importorskip("torch")
    from benchmarks.peers.inference import Calls

    assert Calls("benchmarks.peers.mlp:MLP", verb, 3, {"layout": "contiguous"}).run(2) == 6


def test_calls_of_signatures(tmp_path):
    path = served.export(DIGITS, str(tmp_path))
    for verb in ("encode", "decode"):
        work = served.Calls(path, verb, 3)
        assert work.run(2) == 6
        assert all(len(values) == 3 for values in work._function(**work._arguments).values())


def test_made_up_images_are_read_as_any_others():
    found = growing.reading(600)
    assert 0 < found["first_seconds"] < found["seconds"]
    assert found["added_bytes"] > 0
    source = growing.MadeUp(np.arange(100))
    part = source.subset([7, 3])
    np.testing.assert_array_equal(part.images([1, 0]), source.images([3, 7]))
    assert part.digest() != source.digest()


def test_points_of_training_and_of_sampling():
    step = growing.training_step(DIGITS)
    sampling = growing.importance_sampling(DIGITS, num_images=2, num_samples=3)
    assert step["seconds"] > 0
    assert sampling["seconds"] > 0


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.title)
def test_points_of_curves_can_be_asked_for(curve):
    assert callable(getattr(growing, curve.target))
    for value in curve.values:
        options = curve.options(value)
        if "flags" in options:
            ours.configured(options["flags"])


def test_slopes_and_their_verdict():
    assert slope([1, 10, 100], [5, 500, 50_000]) == pytest.approx(2)
    curve = CURVES[0]._replace(title="x", values=(1, 10, 100), size=lambda value: value)
    linear = [{"seconds": 2.0 * n, "added_bytes": 7.0} for n in curve.values]
    assert slope_row(curve, linear) == ("x", "1.00", "1.00", "0.00", "0.00", "yes")
    worse = [{"seconds": 2.0 * max(n, 10) ** 1.5, "added_bytes": 7.0} for n in curve.values]
    assert slope_row(curve, worse)[2:] == ("1.50", "0.00", "0.00", "**no**")


def test_growth_puts_every_curve_in_a_table(monkeypatch):
    from benchmarks.suite import Session

    monkeypatch.setattr(growth, "call", lambda target, **options: {"seconds": 1.0, "added_bytes": 1e6})
    found = SUITES["growth"].measure(Session(1, None, lambda words: None))
    assert [table.title for table in found.tables[1:]] == [curve.title for curve in CURVES]
    assert len(found.tables[0].rows) == len(CURVES)
    assert found.tables[1].rows[0] == (1_000, 1.0, pytest.approx(1_000), None, 1.0)
    assert math.isclose(float(found.tables[0].rows[0][1]), 0, abs_tol=1e-9)
