import numpy as np
import pytest

from neucobench.probes import kernel_torch
from neucobench.probes.kernel_torch import TorchKernel
from neucobench.probes.linear import LinearProbe

PROBE = LinearProbe(threads=1, backend="torch", epochs=4)


@pytest.fixture
def as_on_cuda(monkeypatch):
    """Group the folds as on CUDA, where tasks of all sizes train side by side."""

    def groups(self, jobs):
        return TorchKernel.groups(TorchKernel(device="cuda"), jobs)

    class OnCuda(TorchKernel):
        pass

    OnCuda.groups = groups
    monkeypatch.setattr(kernel_torch, "TorchKernel", OnCuda)


def assert_equal_scores(results, expected):
    for name, result in results.items():
        np.testing.assert_allclose(result.history, expected[name].history, rtol=1e-5)


@pytest.mark.usefixtures("as_on_cuda")
def test_tasks_side_by_side_score_as_one_after_the_other(small):
    expected = LinearProbe(threads=1, backend="numpy", epochs=4).score(*small)
    assert_equal_scores(PROBE.score(*small), expected)


@pytest.mark.usefixtures("as_on_cuda")
def test_groups_that_end_within_a_task_change_nothing(small, monkeypatch):
    monkeypatch.setattr(kernel_torch, "FOLDS_ON_CUDA", 4)
    expected = LinearProbe(threads=1, backend="numpy", epochs=4).score(*small)
    assert_equal_scores(PROBE.score(*small), expected)


def test_orders_without_numba_are_the_same(small, monkeypatch):
    expected = PROBE.score(*small)
    monkeypatch.setattr(kernel_torch, "compiled_loops", lambda: None)
    assert_equal_scores(PROBE.score(*small), expected)


def test_the_number_of_threads_of_torch_is_put_back(small):
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        PROBE.score(*small)
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


@pytest.mark.gpu
@pytest.mark.skipif(
    not kernel_torch.torch.cuda.is_available(), reason="needs a CUDA device"
)
def test_cuda_scores_as_the_cpu(small):
    expected = LinearProbe(threads=1, backend="numpy", epochs=4).score(*small)
    assert_equal_scores(LinearProbe(device="cuda", epochs=4).score(*small), expected)
