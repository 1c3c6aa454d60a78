"""Models of timm: built, filled with weights, and measured without any."""

import textwrap
from collections.abc import Mapping
from difflib import get_close_matches
from functools import lru_cache
from types import MappingProxyType, ModuleType
from typing import Any, cast

import torch
from torch import Tensor, nn

from neucobench.data.tensor_file import read_tensors
from neucobench.encoders.pretrained.kept_models import KeptModels
from neucobench.encoders.pretrained.torch_draws import torch_draws
from neucobench.encoders.pretrained.weights import find_weights
from neucobench.errors import (
    DownloadError,
    InputError,
    NeucoError,
    UnknownNameError,
    UsageError,
)
from neucobench.torchvision_shim import import_with_torchvision

# What is shown of a thousand names when none is like the one that was given.
EXAMPLES = ("convnext_tiny", "resnet50", "vit_small_patch16_224")


@KeptModels
def load_model(
    name: str,
    bands: int,
    size: int,
    weights: str | None,
    seed: int | None,
    device: torch.device,
) -> nn.Module:
    """Return the model without its classifier; the global random state is kept.

    Args:
        name: the model in timm.
        bands: bands of the image.
        size: side of the image; 0: the model's own.
        weights: a file; None: what timm downloads.
        seed: seed of random weights; None: trained ones.
        device: where the model goes.

    Raises:
        UnknownNameError: when timm has no such model.
        InputError: when the weights are not those of this model.
        DownloadError: when they cannot be fetched.
    """
    overlay = {}
    if weights is not None:
        overlay["state_dict"] = _with_classifier(name, bands, size, weights)
    with torch_draws(seed or 0):
        try:
            model = _build(name, bands, size, pretrained=seed is None, overlay=overlay)
        except OSError as error:
            raise DownloadError(
                f"The weights of timm's {name} cannot be fetched from the hub "
                f"({type(error).__name__}). Give a file with --weights FILE, or take "
                "random ones with --option pretrained=false."
            ) from error
        except RuntimeError as error:
            raise InputError(
                f"Trained weights cannot be used in timm's {name}: "
                f"{textwrap.shorten(str(error), 200)} Give the file of this model with "
                "--weights FILE, or take random ones with --option pretrained=false."
            ) from error
    model.reset_classifier(0)
    return cast(nn.Module, model.eval().requires_grad_(False).to(device))


def _with_classifier(
    name: str, bands: int, size: int, weights: str
) -> dict[str, Tensor]:
    """Return the tensors of a file, with zeros for the classifier of the model.

    It is cut off later; with it, and only then, timm refuses files that lack a tensor.
    """
    with torch.device("meta"):
        model = _build(name, bands, size)
    names = model.pretrained_cfg.get("classifier") or ()
    heads = tuple(
        f"{head}." for head in ((names,) if isinstance(names, str) else names)
    )
    tensors = read_tensors(find_weights("timm", weights))
    zeros = {
        key: torch.zeros(value.shape)
        for key, value in model.state_dict().items()
        if key.startswith(heads)
    }
    return tensors | zeros


@lru_cache(maxsize=16)
def feature_width(name: str, bands: int, size: int) -> int:
    """Return the number of pooled features, from the shapes alone.

    Raises:
        UnknownNameError: when timm has no such model.
        UsageError: when the model does not take such images, or does not pool.
    """
    try:
        with torch.device("meta"), torch.inference_mode():
            model = _build(name, bands, size).eval()
            model.reset_classifier(0)
            side, _, _ = image_format(model, size, torch.device("meta"))
            shape = model(torch.empty(1, bands, *side)).shape
    except NeucoError:
        raise
    except Exception as error:
        # Each model fails in its own way on images that it does not take.
        raise UsageError(
            f"timm's {name} does not take images of {bands} bands with size={size}: "
            f"{textwrap.shorten(str(error), 200)} Choose other bands or another size "
            "(--option bands=..., --option size=...), or another model."
        ) from error
    if len(shape) != 2:
        raise UsageError(
            f"timm's {name} returns features of shape {tuple(shape)} and not one "
            "vector for each image; choose another model."
        )
    return int(shape[-1])


def _build(
    name: str,
    bands: int,
    size: int,
    *,
    pretrained: bool = False,
    overlay: Mapping[str, Any] = MappingProxyType({}),
) -> Any:
    """Return the model with its classifier, on torch's device of the moment."""
    timm = timm_package()
    known = _known_models()
    if name not in known:
        near = get_close_matches(name, known, n=3, cutoff=0.5)
        raise UnknownNameError("model of timm", name, near or EXAMPLES)
    fixed = timm.get_pretrained_cfg(name)
    sized = {"img_size": size} if size and fixed and fixed.fixed_input_size else {}
    return timm.create_model(
        name,
        pretrained=pretrained,
        in_chans=bands,
        pretrained_cfg_overlay=dict(overlay),
        **sized,
    )


@lru_cache(maxsize=1)
def _known_models() -> frozenset[str]:
    """Return the names of all models, and of all that have a training of their own."""
    return frozenset([*timm_package().list_models(), *timm_package().list_pretrained()])


def image_format(
    model: Any, size: int, device: torch.device
) -> tuple[tuple[int, int], Tensor, Tensor]:
    """Return the image's height and width, and (band, 1, 1) mean and deviation."""
    config = model.pretrained_cfg
    side = (size, size) if size else tuple(config["input_size"][1:])
    mean, std = (
        torch.tensor(config[key], device=device)[:, None, None]
        for key in ("mean", "std")
    )
    return side, mean, std


def timm_package() -> ModuleType:
    """Return timm.

    Raises:
        MissingExtraError: when it is not installed.
    """
    return import_with_torchvision("timm", extra="models")
