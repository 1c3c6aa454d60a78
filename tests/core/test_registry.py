import pytest

from neucobench.errors import UnknownNameError
from neucobench.registry import Registry


def test_a_target_is_imported_on_use():
    assert Registry(kind="thing", targets={"tau": "math:tau"}).load("tau") > 6


def test_an_unknown_name_gets_a_suggestion():
    with pytest.raises(UnknownNameError, match="Did you mean 'mean'"):
        Registry(kind="encoder", targets={"mean": "a:b"}).load("meen")


def test_a_name_cannot_be_registered_twice():
    registry = Registry(kind="encoder", targets={"mean": "a:b"})
    with pytest.raises(ValueError, match="already registered"):
        registry.register("mean", "c:d")


def test_a_target_needs_a_module_and_an_object():
    with pytest.raises(ValueError, match="module:object"):
        Registry(kind="encoder").register("mean", "module")
