"""Models are large: none outlives the test that loaded it."""

import sys

import pytest

from neucobench.encoders.pretrained.kept_models import KeptModels

PACKAGE = "neucobench.encoders.pretrained."


@pytest.fixture(autouse=True)
def no_model_is_kept():
    """Forget all loaded models after the test."""
    yield
    for name in [name for name in sys.modules if name.startswith(PACKAGE)]:
        for value in vars(sys.modules[name]).values():
            if isinstance(value, KeptModels):
                value.cache_clear()
