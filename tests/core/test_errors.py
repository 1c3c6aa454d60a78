import inspect

import pytest

from neucobench import errors
from neucobench.errors import MissingExtraError, NeucoError, UnknownNameError

CLASSES = [
    item
    for _, item in inspect.getmembers(errors, inspect.isclass)
    if issubclass(item, NeucoError)
]


@pytest.mark.parametrize("error", CLASSES)
def test_every_error_is_drawn_in_the_tree(error):
    assert error.__name__ in (errors.__doc__ or "")


@pytest.mark.parametrize("error", [item for item in CLASSES if item is not NeucoError])
def test_every_error_is_also_a_builtin_one(error):
    builtin = (ValueError, OSError, ImportError, LookupError)
    assert issubclass(error, builtin)


def test_an_unknown_name_without_a_near_one_lists_what_is_known():
    message = str(UnknownNameError("task", "zzz", ["crops", "biomass_mean"]))
    assert message == "There is no task named 'zzz'. Known: biomass_mean, crops."


def test_a_missing_extra_says_how_to_install_it():
    message = str(MissingExtraError("rasterio", extra="raster"))
    assert "pip install 'neucobench[raster]'" in message
