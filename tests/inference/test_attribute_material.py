"""The labelled images that an attribute is studied on."""

import numpy as np
import pytest
from PIL import Image

from tfvae import configuration
from tfvae.configuration import Component, Config, DataConfig
from tfvae.errors import UserError
from tfvae.files import write_json
from tfvae.flag_parsing import Span
from tfvae.inference.attributes import material
from tfvae.inference.attributes.flags import Asked
from tfvae.inference.attributes.material import find

COUNT = 200


@pytest.fixture
def run(tmp_path):
    """Makes a run of images that all differ, with labels, and gives its folder."""

    def make(labels, **data):
        images = np.arange(COUNT, dtype=np.uint8)[:, None, None] + np.zeros((4, 4), np.uint8)
        np.savez(tmp_path / "images.npz", images=images, labels=labels)
        dataset = Component("arrays", **data.pop("options", {}))
        given = DataConfig(dataset, dir=str(tmp_path / "images.npz"), image_shape=(4, 4, 1), **data)
        write_json(tmp_path / "config.json", configuration.to_json(Config(data=given)))
        return tmp_path

    return make


def asked(name, **options):
    return Asked(**{"strengths": Span(-1, 1, 3), "strength": 1.0, "vector_images": 0, "test_images": 200,
                    "data_dir": None, "name": name} | options)  # fmt: skip


def numbers(images):
    return set(images.source.images(np.arange(images.num_images))[:, 0, 0, 0].tolist())


@pytest.mark.parametrize("validation", [0, 30])
def test_parts_share_no_image(run, validation):
    found = find(run(np.arange(COUNT) % 4, validation=validation), asked("1"), 0)
    parts = [numbers(images) for images in (found.training, found.fitting, found.test)]
    assert [len(part) for part in parts] == ([150, 30, 20] if validation else [144, 36, 20])
    assert len(set.union(*parts)) == COUNT
    assert all((found.has(images) == [n % 4 == 1 for n in sorted(numbers(images))]).all() for images in [found.test])
    assert found.exclusive
    assert (found.attributes.sum(axis=1) == 1).all()


def test_the_vector_may_be_of_fewer_images(run):
    labels = np.stack([np.arange(COUNT) % 2, np.arange(COUNT) % 3 == 0], axis=1).astype(np.int64)
    found = find(run(labels, validation=30), asked("1", vector_images=40), 0)
    assert found.attributes.shape == (40, 2)
    assert found.training.num_images == 150
    assert numbers(found.vector) < numbers(found.training)
    expected = [number % 3 == 0 for number in sorted(numbers(found.vector))]
    np.testing.assert_array_equal(found.attributes[:, 1], expected)


@pytest.mark.parametrize(
    ("labels", "options", "words"),
    [
        (np.arange(COUNT) % 2, {"test_fraction": 0.0}, "no test split"),
        (np.arange(COUNT) == 7, {}, "expected at least 2 with and 2 without"),
        (np.ones(COUNT), {}, "choose another attribute, or more images"),
    ],
    ids=["no test split", "one with it", "none without"],
)
def test_too_few_images_are_refused(run, labels, options, words):
    with pytest.raises(UserError, match=words):
        find(run(labels.astype(np.int64), options=options), asked("1"), 0)


def test_classes_that_are_not_trained_on_are_left_out(tmp_path):
    for name, count in (("train/ant", 20), ("train/bee", 20), ("test/ant", 4), ("test/bee", 4), ("test/wasp", 4)):
        (tmp_path / name).mkdir(parents=True)
        for number in range(count):
            Image.new("L", (4, 4), number).save(tmp_path / name / f"{number}.png")
    config = Config(data=DataConfig(Component("folder"), dir=str(tmp_path), image_shape=(4, 4, 1)))
    write_json(tmp_path / "config.json", configuration.to_json(config))
    found = find(tmp_path, asked("bee"), 0)
    assert found.names == ("ant", "bee")  # as many as the classifier of the training images has outputs
    assert found.has(found.test).sum() == 4
    with pytest.raises(UserError, match="folder has no training images of 'wasp': known: ant, bee"):
        find(tmp_path, asked("wasp"), 0)


def test_numbers_are_those_of_the_test_images_that_are_scored(run, monkeypatch):
    monkeypatch.setattr(material, "_JUDGED", 10)
    labels = np.arange(COUNT) % 2
    whole = numbers(find(run(labels), asked("1"), 0).test)
    assert len(whole) == 20
    scored = numbers(find(run(labels), asked("1", test_images=5), 0).test)
    assert len(scored) == 10
    labels[sorted(scored)] = 0
    labels[sorted(whole - scored)] = 1
    assert len(numbers(find(run(labels), asked("1"), 0).test)) == 20
    with pytest.raises(UserError, match="0 of the 10 arrays test images have 1"):
        find(run(labels), asked("1", test_images=5), 0)


def test_celeba_has_its_attributes(data_dir, tmp_path):
    config = Config(data=DataConfig(Component("celeba"), dir=str(data_dir), image_shape=(64, 64, 3)))
    write_json(tmp_path / "config.json", configuration.to_json(config))
    with pytest.raises(UserError, match=r"celeba has no 'Smilling': did you mean 'Smiling'\?"):
        find(tmp_path, asked("Smilling"), 0)
    found = find(tmp_path, asked("Smiling"), 0)
    assert len(found.names) == 40
    assert not found.exclusive
    assert 0.4 < found.has(found.test).mean() < 0.6
