"""Names for interchangeable parts, and what can be read of them without importing them."""

import inspect

import pytest

from tfvae import checks
from tfvae.checks import REGISTRIES
from tfvae.errors import UserError
from tfvae.registry import Registry, limit_faults

CLASSES = [
    pytest.param(registry, name, id=f"{registry.kind}-{name}".replace(" ", ""))
    for registry in REGISTRIES.values()
    for name in registry
]


@pytest.mark.parametrize(("registry", "name"), CLASSES)
def test_options_read_from_the_source_are_those_of_the_signature(registry, name):
    signature = inspect.signature(registry[name])
    supplied = {"self", "kwargs", "request", "encoder", "decoder", "likelihood", "posterior", "prior", "kl_weight"}
    if inspect.isclass(registry[name]) and registry.kind not in ("network", "KL weight"):
        signature = inspect.signature(vars(registry[name]).get("__init__", lambda self: None))
    wanted = set(signature.parameters) - supplied
    assert set(registry.parameters(name)) - supplied == wanted


@pytest.mark.parametrize(("registry", "name"), CLASSES)
def test_every_annotation_can_be_checked(registry, name):
    for option, text in registry.parameters(name).items():
        if registry.kind != "model":  # its parts are not options of a configuration
            assert checks.annotation(text) is not checks.Any, f"{option}: {text}"


@pytest.mark.parametrize(("registry", "name"), CLASSES)
@pytest.mark.parametrize("attribute", ["limits", "support"])
def test_constants_read_from_the_source_are_those_of_the_class(registry, name, attribute):
    entry = registry[name]
    if inspect.isclass(entry) and hasattr(entry, attribute):
        default = {"limits": (), "support": "interval"}[attribute]
        assert registry.constant(name, attribute, default) == getattr(entry, attribute)


@pytest.mark.parametrize(("registry", "name"), CLASSES)
def test_limits_are_of_options_that_exist(registry, name):
    assert {option for option, _, _ in registry.constant(name, "limits", ())} <= set(registry.parameters(name))


def test_a_registry_is_a_read_only_mapping():
    registry = Registry("colour", "tfvae", {"json": "files:write_json", "text": "files:write_text"})
    assert list(registry) == ["json", "text"]
    assert len(registry) == 2
    assert "json" in registry
    assert registry["text"].__name__ == "write_text"
    with pytest.raises(TypeError):
        registry["other"] = "files:atomic"


def test_unknown_names_get_the_nearest():
    registry = Registry("colour", "tfvae", {"json": "files:write_json"})
    with pytest.raises(UserError, match=r"there is no colour 'jsn': did you mean 'json'\?"):
        registry["jsn"]
    with pytest.raises(UserError, match="there is no colour 'blue': known: json"):
        registry.parameters("blue")


def test_classes_are_attributes_of_their_package():
    from tfvae import likelihoods

    assert likelihoods.Gaussian is likelihoods.LIKELIHOODS["gaussian"]
    with pytest.raises(AttributeError, match=r"'tfvae.likelihoods' has no attribute 'Gausian'"):
        likelihoods.Gausian  # noqa: B018


def test_an_entry_whose_file_is_missing_is_named():
    with pytest.raises(ImportError, match=r"tfvae.nowhere, named in a registry, does not exist"):
        Registry("colour", "tfvae", {"red": "nowhere:Red"}).parameters("red")


@pytest.mark.parametrize(
    ("options", "faults"),
    [
        ({}, []),
        ({"rise": 0.5}, []),
        ({"rise": 1.0, "channels": (1, 9)}, []),
        ({"rise": 0}, ["rise is 0: expected from 0.1 to 1"]),
        (
            {"channels": (4, 0), "rise": 2.0},
            ["rise is 2.0: expected from 0.1 to 1", "channels is (4, 0): expected from 1 to 9"],
        ),
        ({"rise": "learned"}, []),
    ],
    ids=str,
)
def test_limits(options, faults):
    assert limit_faults((("rise", 0.1, 1.0), ("channels", 1, 9)), options) == faults
