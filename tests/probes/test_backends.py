import pytest

from neucobench.errors import UsageError
from neucobench.probes import backends
from neucobench.probes.available import compiled_loops, cuda_is_available
from neucobench.probes.backends import choose_kernel


@pytest.fixture
def no_numba(monkeypatch):
    monkeypatch.setattr(backends, "compiled_loops", lambda: None)


@pytest.fixture
def no_cuda(monkeypatch):
    monkeypatch.setattr(backends, "cuda_is_available", lambda: False)


@pytest.fixture
def cuda(monkeypatch):
    monkeypatch.setattr(backends, "cuda_is_available", lambda: True)


def test_the_fastest_on_a_cpu_is_numba():
    assert choose_kernel(None, "cpu").name == "numba"


@pytest.mark.usefixtures("no_cuda")
def test_auto_without_cuda_is_the_cpu():
    assert choose_kernel(None, "auto").name == "numba"


@pytest.mark.usefixtures("cuda")
def test_auto_with_cuda_is_torch_on_it():
    assert choose_kernel(None, "auto").device == "cuda"


@pytest.mark.usefixtures("cuda")
def test_auto_with_a_backend_for_cpus_stays_on_the_cpu():
    assert choose_kernel("numpy", "auto").name == "numpy"


@pytest.mark.usefixtures("no_numba")
def test_without_numba_it_is_numpy():
    assert choose_kernel(None, "cpu").name == "numpy"


@pytest.mark.usefixtures("no_numba")
def test_numba_that_was_asked_for_and_is_missing_is_an_error():
    with pytest.raises(UsageError, match="NUMBA_CACHE_DIR"):
        choose_kernel("numba", "cpu")


@pytest.mark.usefixtures("no_cuda")
def test_cuda_that_was_asked_for_and_is_missing_is_an_error():
    with pytest.raises(UsageError, match="no CUDA device"):
        choose_kernel(None, "cuda")


@pytest.mark.usefixtures("cuda")
def test_a_backend_that_cannot_use_cuda_is_an_error():
    with pytest.raises(UsageError, match="does not run on CUDA"):
        choose_kernel("numba", "cuda")


def test_unknown_names_are_errors():
    with pytest.raises(UsageError, match="no backend 'jax'"):
        choose_kernel("jax", "cpu")
    with pytest.raises(UsageError, match="no device 'tpu'"):
        choose_kernel(None, "tpu")


@pytest.mark.parametrize("error", [ImportError, OSError, RuntimeError])
def test_loops_that_cannot_be_compiled_are_none(monkeypatch, error):
    from neucobench.probes import compiled

    def fail():
        raise error("cannot cache function")

    monkeypatch.setattr(compiled, "load", fail)
    assert compiled_loops.__wrapped__() is None


def test_loops_are_none_where_compiling_is_switched_off(monkeypatch):
    monkeypatch.setattr("numba.config.DISABLE_JIT", 1)
    assert compiled_loops.__wrapped__() is None


def test_asking_for_cuda_is_no_error_anywhere():
    assert cuda_is_available() in (True, False)
