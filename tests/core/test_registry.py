import pytest

from neucobench.errors import UnknownNameError
from neucobench.registry import Registry


def test_a_target_is_imported_on_use():
    assert Registry(kind="thing", targets={"tau": "math:tau"}).load("tau") > 6


def test_an_unknown_name_gets_a_suggestion():
    with pytest.raises(UnknownNameError, match="Did you mean 'mean'"):
        Registry(kind="encoder", targets={"mean": "a:b"}).load("meen")
