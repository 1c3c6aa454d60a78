"""Any backbone of TerraTorch's registry: built, filled with weights, and called."""

import inspect
import textwrap
from functools import lru_cache
from math import isqrt
from typing import Any, cast

import torch
from torch import Tensor, nn

from neucobench.data.tensor_file import fill_model, read_tensors
from neucobench.encoders.pretrained.kept_models import KeptModels
from neucobench.encoders.pretrained.terratorch_inputs import (
    RegistryInput,
    registry_input,
)
from neucobench.encoders.pretrained.terratorch_registry import (
    backbone_registry,
    find_backbone,
    is_own,
)
from neucobench.encoders.pretrained.torch_draws import torch_draws
from neucobench.encoders.pretrained.weights import (
    find_weights,
)
from neucobench.errors import DownloadError, InputError, UsageError
from neucobench.torchvision_shim import import_with_torchvision


@lru_cache(maxsize=64)
def registry_width(name: str, inputs: str | None, bands: str | None, size: int) -> int:
    """Return the length of an image's vector, found with an empty image.

    Raises:
        UsageError: when the backbone cannot be built, or does not take such images.
    """
    plan = registry_input(name, inputs, bands, size)
    try:
        try:
            return _width_on("meta", name, plan)
        except (NotImplementedError, RuntimeError):
            # Some builders compute with values, which this device does not hold.
            return _width_on("cpu", name, plan)
    except Exception as error:
        # Each builder, and each backbone, refuses in its own way.
        ((modality, chosen),) = plan.read.bands
        raise UsageError(
            f"The backbone {name} cannot be built, or takes no image of "
            f"{', '.join(chosen)} of {modality} ({_reason(error)}). Choose --option "
            "inputs=..., bands=... or size=... as it wants, or another backbone."
        ) from error


def _width_on(device: str, name: str, plan: RegistryInput) -> int:
    with torch_draws(0), torch.device(device), torch.inference_mode():
        model = build(name, plan, pretrained=False).eval()
        channels = len(plan.read.channels) + plan.read.added
        images = plan.prepare(torch.zeros(1, channels, 264, 264))
        return int(pooled(model(images)).shape[-1])


def build(name: str, plan: RegistryInput, *, pretrained: bool) -> Any:
    """Return the backbone, on torch's device of the moment."""
    arguments = dict(plan.arguments)
    parameters = inspect.signature(find_backbone(name)).parameters
    if pretrained or "pretrained" in parameters or not is_own(name):
        # Those that do not name it are built with random weights unless it is given.
        arguments["pretrained"] = pretrained
    return backbone_registry().build(name, **arguments)


def pooled(output: Any) -> Tensor:
    """Return (images, width): the last features, averaged over the image.

    A sequence of tokens has the square of patches at its end; what stands before it,
    class tokens and registers, is left out.

    Args:
        output: what a backbone returns: a tensor or, nested in any way, several.

    Raises:
        TypeError: when the last one holds no features of images.
    """
    while isinstance(output, (list, tuple)):
        output = output[-1]
    shape = tuple(getattr(output, "shape", ()))
    if len(shape) == 2:
        return cast(Tensor, output)
    if len(shape) == 3:
        patches = isqrt(shape[1]) ** 2
        return cast(Tensor, output[:, shape[1] - patches :].mean(dim=1))
    if len(shape) == 4:
        # Images are square: the axis that is not one of an equal pair is the channels'.
        last = shape[1] == shape[2] != shape[3]
        return cast(Tensor, output.mean(dim=(1, 2) if last else (2, 3)))
    raise TypeError(f"it returns {type(output).__name__} of shape {shape}")


@KeptModels
def load_registered(
    name: str,
    options: tuple[str | None, str | None, int],
    weights: str | None,
    seed: int | None,
    device: torch.device,
) -> nn.Module:
    """Return the backbone; the global random state is kept.

    Args:
        name: in TerraTorch's registry.
        options: modality, bands and size, as of ``registry_input``.
        weights: a file; None: what TerraTorch downloads.
        seed: seed of random weights; None: trained ones.
        device: where the backbone goes.

    Raises:
        InputError: when there are no weights that fit, or the file is another's.
        DownloadError: when the published ones cannot be fetched.
    """
    plan = registry_input(name, *options)
    trained = seed is None and weights is None
    if trained:
        _require_weights(name)
    advice = "Give a file with --weights FILE, or --option pretrained=false"
    if plan.entry is not None:
        advice += f", or choose torchgeo:{plan.entry}"
    with torch_draws(seed or 0):
        try:
            model = build(name, plan, pretrained=trained)
        except OSError as error:
            raise DownloadError(
                f"The weights of {name} cannot be fetched from the hub "
                f"({type(error).__name__}). {advice}."
            ) from error
        except Exception as error:
            # Each builder refuses in its own way what it does not take.
            raise InputError(
                f"TerraTorch cannot build {name}{' with its weights' * trained}: "
                f"{_reason(error)}. {advice}."
            ) from error
    if weights is not None:
        _fill(model, weights)
    return cast(nn.Module, model.eval().requires_grad_(False).to(device))


def _require_weights(name: str) -> None:
    """Refuse backbones that TerraTorch would leave with random weights.

    Raises:
        InputError: with what can be given instead.
    """
    if is_own(name):
        parameters = inspect.signature(find_backbone(name)).parameters
        published = "weights" not in parameters or parameters["weights"].default
    else:
        timm = import_with_torchvision("timm", extra="terratorch")
        config = timm.get_pretrained_cfg(name.removeprefix("timm_"))
        published = config is not None and config.has_weights
    if not published:
        raise InputError(
            f"TerraTorch has no trained weights of {name}. Give a file with --weights "
            "FILE, or take random ones with --option pretrained=false."
        )


def _fill(model: nn.Module, weights: str) -> None:
    """Take the tensors of a file, whether or not they carry the wrapper's prefix."""
    path = find_weights("terratorch", weights)
    tensors = read_tensors(path)
    found: dict[str, Tensor] = {}
    for key, own in model.state_dict().items():
        bare = key.partition(".")[2]
        given = tensors.get(key, tensors.get(bare))
        if given is not None:
            found[key] = given
        elif {"fc", "fc_norm", "head"} & set(key.split(".")):
            found[key] = own  # a classifier, which features do not go through
    fill_model(model, found, source=path)


def _reason(error: Exception) -> str:
    return textwrap.shorten(f"{type(error).__name__}: {error}", 200)
