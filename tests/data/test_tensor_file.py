"""Trained weights: read without running code, checked, and into a model."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from neucobench.data.tensor_file import fill_model, read_tensors
from neucobench.errors import InputError


@pytest.mark.parametrize("wrapper", [None, "state_dict", "model", "teacher"])
def test_tensors_are_found_in_a_checkpoint(tmp_path, wrapper):
    tensors = {"a": torch.arange(3.0), "b": torch.ones(2, 2)}
    content = tensors if wrapper is None else {"epoch": 3, wrapper: tensors}
    torch.save(content, tmp_path / "a.pt")
    read = read_tensors(tmp_path / "a.pt")
    assert {key: value.tolist() for key, value in read.items()} == {
        key: value.tolist() for key, value in tensors.items()
    }


def test_safetensors_are_read(tmp_path):
    save_file({"a": torch.arange(3.0)}, tmp_path / "a.safetensors")
    assert read_tensors(tmp_path / "a.safetensors")["a"].tolist() == [0, 1, 2]


class Bomb:
    """What runs code when it is unpickled."""

    def __reduce__(self):
        return Path.touch, (Path("exploded"),)


def test_code_in_a_file_is_not_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"a": torch.ones(1), "b": Bomb()}, "bomb.pt")
    with pytest.raises(InputError, match="holds code or objects besides tensors"):
        read_tensors(Path("bomb.pt"))
    assert not Path("exploded").exists()


@pytest.mark.parametrize("name", ["a.pt", "a.pth", "a.safetensors"])
@pytest.mark.parametrize("keep", [0, 10, 200, -10])
def test_a_damaged_file_is_a_sentence(tmp_path, name, keep):
    path = tmp_path / name
    if name.endswith("safetensors"):
        save_file({"a": torch.rand(50)}, path)
    else:
        torch.save({"a": torch.rand(50)}, path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(InputError, match="give another with --weights FILE"):
        read_tensors(path)


@pytest.mark.parametrize("content", [[torch.ones(1)], {"epoch": 3}, torch.ones(1)])
def test_a_file_without_named_tensors_is_a_sentence(tmp_path, content):
    torch.save(content, tmp_path / "a.pt")
    with pytest.raises(InputError, match="--weights FILE"):
        read_tensors(tmp_path / "a.pt")


@pytest.fixture
def model() -> nn.Linear:
    with torch.device("meta"):
        return nn.Linear(3, 2)


def _weights(**more: torch.Tensor) -> dict[str, torch.Tensor]:
    return {"weight": torch.ones(2, 3), "bias": torch.zeros(2), **more}


def test_a_model_gets_its_weights_for_inference(model):
    double = {key: value.double() for key, value in _weights().items()}
    fill_model(model, double, source="a.pt")
    assert model(torch.ones(1, 3)).tolist() == [[3, 3]]
    assert model.weight.dtype == torch.float32
    assert not model.weight.requires_grad
    assert not model.training


@pytest.mark.parametrize(
    ("tensors", "sentence"),
    [
        ({"weight": torch.ones(2, 3)}, "lacks bias"),
        (_weights(head=torch.ones(1)), "has unexpected head"),
        (_weights(bias=torch.ones(5)), r"another shape of bias \(5,\) for \(2,\)"),
        (_weights(bias=torch.tensor([0, torch.nan])), "NaN or infinite .* bias"),
    ],
)
def test_weights_that_do_not_fit_are_a_sentence(model, tensors, sentence):
    with pytest.raises(InputError, match=f"a.pt are not those of Linear.*{sentence}"):
        fill_model(model, tensors, source="a.pt")


def test_what_is_known_to_be_of_no_use_is_ignored(model):
    more = _weights(**{"head.weight": torch.ones(1)})
    fill_model(model, more, source="a.pt", ignored=("head.",))
    assert model.weight.tolist() == [[1, 1, 1], [1, 1, 1]]
