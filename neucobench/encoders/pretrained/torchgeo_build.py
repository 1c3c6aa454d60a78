"""Models of torchgeo: found by the name of their weights, built, and called."""

import textwrap
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import torch
from torch import nn

from neucobench.data.tensor_file import read_tensors
from neucobench.encoders.pretrained.kept_models import KeptModels
from neucobench.encoders.pretrained.torch_draws import torch_draws
from neucobench.encoders.pretrained.torchgeo_calls import call_for, resized
from neucobench.encoders.pretrained.torchgeo_inputs import model_input
from neucobench.encoders.pretrained.weights import find_weights
from neucobench.errors import (
    DownloadError,
    InputError,
    NeucoError,
    UnknownNameError,
)
from neucobench.torchvision_shim import import_with_torchvision

# Scale-MAE's meters of a pixel: 264 pixels of 10 m are brought to 224.
GROUND = 10 * 264 / 224


@dataclass(frozen=True, kw_only=True)
class WeightFile:
    """Stand in for an entry of torchgeo's weights, whose builders check what fits.

    Attributes:
        entry: the entry; its file is downloaded when there is no other.
        path: a file of the user's own.
    """

    entry: Any
    path: Path | None

    @property
    def meta(self) -> dict[str, Any]:
        """Return what torchgeo says of the weights."""
        return cast(dict[str, Any], self.entry.meta)

    def get_state_dict(self, progress: bool) -> dict[str, Any]:
        """Return the tensors by name; no code in the file is run.

        Args:
            progress: whether a download shows how far it is.
        """
        if self.path is None:
            content = self.entry.get_state_dict(
                progress=progress,
                map_location="cpu",
                check_hash=True,
                weights_only=True,
            )
        elif type(self.entry).__name__.startswith("CROMA"):
            # One dictionary for each part of the model.
            content = torch.load(self.path, map_location="cpu", weights_only=True)
        else:
            content = read_tensors(self.path)
        return cast(dict[str, Any], content)


def find_entry(name: str) -> Any:
    """Return the entry of torchgeo's weights that is called ``name``.

    Raises:
        UnknownNameError: when torchgeo has no such weights.
        MissingExtraError: when torchgeo is not installed.
    """
    if name not in _entries():
        raise UnknownNameError("weights of torchgeo", name, _entries())
    return _entries()[name][1]


@KeptModels
def load_model(
    name: str, pool: str, weights: str | None, seed: int | None, device: torch.device
) -> nn.Module:
    """Return the model without its classifier; the global random state is kept.

    Args:
        name: the weights in torchgeo.
        pool: how Vision Transformers pool their tokens, ``avg`` or ``token``.
        weights: a file; None: what torchgeo downloads.
        seed: seed of random weights; None: trained ones.
        device: where the model goes.

    Raises:
        UnknownNameError: when torchgeo has no such weights.
        InputError: when the file is not that of this model.
        DownloadError: when the published one cannot be fetched.
    """
    entry = find_entry(name)
    path = None if weights is None else find_weights("torchgeo", weights)
    file = WeightFile(entry=entry, path=path) if seed is None else None
    with torch_draws(seed or 0):
        try:
            model = _build(name, pool, file)
        except NeucoError:
            raise
        except Exception as error:
            raise _refusal(entry, path, error) from error
    return cast(nn.Module, model.eval().requires_grad_(False).to(device))


def _refusal(entry: Any, path: Path | None, error: Exception) -> NeucoError:
    """Return the sentence for weights that cannot be loaded.

    A damaged file, tensors of other shapes and names that torchgeo does not expect each
    raise something else.
    """
    detail = textwrap.shorten(f"{type(error).__name__}: {error}", 200)
    advice = (
        "Give a file with --weights FILE, or take random weights with --option "
        "pretrained=false."
    )
    if path is None and isinstance(error, OSError):
        return DownloadError(
            f"The weights {entry} cannot be fetched from {entry.url} ({detail}). "
            f"{advice}"
        )
    return InputError(
        f"{path or entry.url} does not hold the weights {entry} ({detail}). {advice}"
    )


@lru_cache(maxsize=16)
def feature_width(name: str, pool: str) -> int:
    """Return the length of an image's vector, from the shapes alone.

    Raises:
        UnknownNameError: when torchgeo has no such weights.
        UsageError: when they cannot be used on the cubes.
    """
    entry = find_entry(name)
    read = model_input(entry)
    if read.width:
        return read.width
    with torch.device("meta"), torch.inference_mode():
        model = _build(name, pool, None).eval()
        channels = len(read.channels) + read.added
        images = resized(torch.empty(1, channels, 264, 264), read.resize)
        return int(call_for(entry)(model, entry.transforms(images)).shape[-1])


@lru_cache(maxsize=1)
def _entries() -> dict[str, tuple[str, Any]]:
    """Return the names of all weights, each with its model's name and its entry."""
    models = torchgeo_models()
    found: dict[str, tuple[str, Any]] = {}
    for model in models.list_models():
        with suppress(KeyError):  # a model without trained weights
            entries = models.get_model_weights(model)
            found |= {str(entry): (model, entry) for entry in entries}
    return found


def _build(name: str, pool: str, file: WeightFile | None) -> Any:
    """Return the model without classifier, on torch's device of the moment."""
    builder, entry = _entries()[name]
    meta = entry.meta
    by_timm = builder.startswith(("resnet", "vit_"))
    given: dict[str, Any] = {"in_chans": meta["in_chans"]} if by_timm else {}
    if by_timm and "img_size" in meta:
        given["img_size"] = meta["img_size"]
    if builder.startswith("scalemae"):
        given["res"] = GROUND
    if builder == "unet" and file is None:
        given["encoder_name"], given["encoder_weights"] = meta["encoder"], None
        given["in_channels"] = meta["in_chans"]
    if builder == "earthloc" and file is None:
        given["pretrained"] = False
    model = torchgeo_models().get_model(builder, weights=file, **given)
    if builder.startswith("swin"):
        if file is None:
            first = model.features[0][0]
            model.features[0][0] = nn.Conv2d(
                meta["in_chans"],
                first.out_channels,
                first.kernel_size,
                first.stride,
            )
        model.head = nn.Identity()
    elif builder.startswith(("vit_", "scalemae")):
        model.reset_classifier(0, pool)
    elif by_timm:
        model.reset_classifier(0)
    return model.encoder if builder == "unet" else model


def torchgeo_models() -> ModuleType:
    """Return torchgeo's package of models.

    Raises:
        MissingExtraError: when torchgeo, or what it needs, is not installed.
    """
    return import_with_torchvision("torchgeo.models", extra="models")


def torchgeo_version() -> str:
    """Return the version of torchgeo."""
    return str(import_with_torchvision("torchgeo", extra="models").__version__)
