"""Where an encoder or a codec computes."""

import pytest
import torch

from neucobench.device import torch_device
from neucobench.errors import UsageError


@pytest.fixture
def devices(monkeypatch):
    """Return a function that makes torch see a number of CUDA devices."""

    def see(count: int) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: count)

    return see


@pytest.mark.parametrize(
    ("name", "count", "device"),
    [
        ("cpu", 2, torch.device("cpu")),
        ("auto", 0, torch.device("cpu")),
        ("auto", 2, torch.device("cuda", 0)),
        ("cuda", 1, torch.device("cuda", 0)),
        ("cuda:1", 2, torch.device("cuda", 1)),
    ],
)
def test_a_name_stands_for_a_device(devices, name, count, device):
    devices(count)
    assert torch_device(name) == device


@pytest.mark.parametrize(("name", "count"), [("cuda", 0), ("cuda:2", 2)])
def test_a_device_that_is_not_there_is_refused(devices, name, count):
    devices(count)
    with pytest.raises(UsageError, match=f"torch sees {count} CUDA devices"):
        torch_device(name)


@pytest.mark.parametrize("name", ["gpu", "cuda:", "cuda:one", "auto:1", "mps"])
def test_another_name_is_refused(devices, name):
    devices(1)
    with pytest.raises(UsageError, match=f"There is no device '{name}'"):
        torch_device(name)
