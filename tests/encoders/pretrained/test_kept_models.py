"""Models that stay loaded."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from neucobench.encoders.pretrained.kept_models import KeptModels


@pytest.fixture
def loaded():
    """Return a list of what was loaded, in this order."""
    return []


@pytest.fixture
def load(loaded):
    def load_model(name: str, weights: str | None = None) -> object:
        """Load a model."""
        loaded.append(name)
        return object()

    return KeptModels(load_model)


def test_an_ensemble_of_many_models_loads_each_once(load, loaded):
    names = [f"model-{number}" for number in range(9)]
    first = [load(name, None) for name in names]
    second = [load(name, None) for name in names]
    assert loaded == names
    assert all(one is other for one, other in zip(first, second, strict=True))


def test_weights_that_were_replaced_are_read_again(load, tmp_path):
    path = tmp_path / "weights.pt"
    path.write_bytes(b"old")
    old = load("model", str(path))
    assert load("model", str(path)) is old
    path.with_suffix(".new").write_bytes(b"new weights")
    path.with_suffix(".new").replace(path)
    assert load("model", str(path)) is not old


def test_a_file_that_is_not_there_is_left_to_the_loader(load, loaded, tmp_path):
    load("model", str(tmp_path / "none.pt"))
    assert loaded == ["model"]


def test_threads_that_ask_at_once_share_one_model(loaded):
    begun = threading.Event()

    def load_slowly(weights: str | None) -> object:
        loaded.append(weights)
        begun.wait(0.05)
        return object()

    load = KeptModels(load_slowly)
    with ThreadPoolExecutor(4) as pool:
        models = list(pool.map(load, [None] * 4))
    assert loaded == [None]
    assert len(set(models)) == 1


def test_models_can_be_forgotten(load, loaded):
    load("model", None)
    load.cache_clear()
    load("model", None)
    assert loaded == ["model", "model"]


def test_the_loader_keeps_its_name_and_sentence(load):
    assert (load.__name__, load.__doc__) == ("load_model", "Load a model.")
