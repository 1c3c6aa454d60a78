"""Trained weights in a file: read without running code in it, and into a model."""

import pickle
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from neucobench.errors import InputError

# What checkpoints of a training run wrap the weights in.
_WRAPPERS = ("state_dict", "model_state_dict", "model", "teacher", "encoder")
_SHOWN = 6


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a file by name, on the CPU; no code in it is run.

    Args:
        path: ``.safetensors``, or what ``torch.save`` wrote: the tensors themselves, or
            a checkpoint that holds them under ``state_dict``, ``model``, ``teacher`` or
            the like.

    Raises:
        InputError: when the file is damaged, or holds something else.
    """
    try:
        content = _read(path)
    except Exception as error:
        # A damaged archive, a broken pickle and one that wants to run code each raise
        # something else, and what it is depends on the version of torch.
        raise InputError(
            f"{path} cannot be read as weights ({_reason(error)}); a .safetensors "
            "file, or a .pt or .pth file that holds tensors alone, is accepted. Fetch "
            "it again, or give another with --weights FILE."
        ) from error
    tensors = {
        str(key): value for key, value in content.items() if isinstance(value, Tensor)
    }
    if not tensors:
        raise InputError(
            f"{path} holds no tensors by name; the state dict of a model is accepted. "
            "Give another file with --weights FILE."
        )
    return tensors


def read_metadata(path: Path) -> dict[str, str]:
    """Return what a ``.safetensors`` file says of itself; nothing of another file."""
    if path.suffix != ".safetensors":
        return {}
    from safetensors import safe_open

    with safe_open(path, framework="pt") as file:
        return dict(file.metadata() or {})


def fill_model(
    model: nn.Module,
    tensors: Mapping[str, Tensor],
    *,
    source: Path | str,
    ignored: Sequence[str] = (),
) -> None:
    """Give a model, made on the device ``meta``, its weights, for inference.

    Args:
        model: its parameters and buffers are replaced; their types stay.
        tensors: name to tensor.
        source: where they are from, for the message.
        ignored: beginnings of names that the file may hold and the model does not.

    Raises:
        InputError: when a tensor is missing, not expected, of another shape or not
            finite.
    """
    expected = model.state_dict()
    ours = {
        key: value.to(expected[key].dtype if key in expected else value.dtype)
        for key, value in tensors.items()
        if key in expected or not key.startswith(tuple(ignored))
    }
    problems = {
        "lacks": [key for key in expected if key not in ours],
        "has unexpected": [key for key in ours if key not in expected],
        "has another shape of": [
            f"{key} {tuple(ours[key].shape)} for {tuple(value.shape)}"
            for key, value in expected.items()
            if key in ours and ours[key].shape != value.shape
        ],
        "has NaN or infinite numbers in": [
            key for key, value in ours.items() if not bool(value.isfinite().all())
        ],
    }
    found = [f"{what} {_list(keys)}" for what, keys in problems.items() if keys]
    if found:
        raise InputError(
            f"The weights in {source} are not those of {type(model).__name__}: the "
            f"file {'; it '.join(found)}. Give the right file with --weights FILE."
        )
    model.load_state_dict(ours, assign=True)
    model.eval().requires_grad_(False)


def _read(path: Path) -> Mapping[Any, Any]:
    if path.suffix == ".safetensors":
        from safetensors.torch import load_file

        return dict(load_file(path))
    content = torch.load(path, map_location="cpu", weights_only=True)
    while isinstance(content, Mapping):
        inner = [content[key] for key in _WRAPPERS if key in content]
        wrapped = [item for item in inner if isinstance(item, Mapping)]
        if not wrapped:
            return content
        content = wrapped[0]
    raise TypeError(f"it holds a {type(content).__name__}")


def _reason(error: Exception) -> str:
    if isinstance(error, pickle.UnpicklingError):
        # What torch says here is how to run the code all the same.
        return "it is damaged, or holds code or objects besides tensors"
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


def _list(keys: Sequence[str]) -> str:
    more = f" and {len(keys) - _SHOWN} more" if len(keys) > _SHOWN else ""
    return f"{', '.join(keys[:_SHOWN])}{more}"
