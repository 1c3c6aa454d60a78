"""Pictures (batch, band, y, x), as the networks take them: checked, padded, cropped."""

from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor, nn

from neucobench.errors import CodecError

SMALLEST = 16
_DIMENSIONS = 4
# Pixels of one pass, on a CPU and on a GPU.
_PASS = (1 << 16, 1 << 22)


def check_pictures(x: Tensor, bands: int) -> None:
    """Check the shape, the type and the values of pictures.

    Raises:
        CodecError: when one does not fit.
    """
    check_tensor(x)
    if x.ndim != _DIMENSIONS or x.shape[1] != bands or not len(x):
        raise CodecError(
            f"Pictures of the shape {tuple(x.shape)} were given; this codec takes "
            f"(batch, {bands} bands, y, x). Give them in that order."
        )
    if x.dtype != torch.float32:
        raise CodecError(
            f"Pictures of the type {x.dtype} were given; this codec takes float32, "
            "standardized. Convert them with .float() and standardize them."
        )
    if min(x.shape[-2:]) < SMALLEST:
        raise CodecError(
            f"Pictures of {x.shape[-2]} x {x.shape[-1]} pixels were given; the least "
            f"is {SMALLEST} x {SMALLEST}. Code a larger tile."
        )
    if not all(bool(end.isfinite()) for end in x.aminmax()):
        raise CodecError(
            "The pictures hold NaN or infinite values; every pixel must be a number. "
            "Fill the gaps before, and note where they were."
        )


def check_tensor(x: object) -> None:
    """Check that a network is given a tensor.

    Raises:
        CodecError: when it is something else, e.g. an array of NumPy.
    """
    if not isinstance(x, Tensor):
        raise CodecError(
            f"Pictures were given as {type(x).__name__}; this codec takes a tensor of "
            "torch, float32, standardized. Convert them, e.g. with torch.from_numpy()."
        )


def in_passes(transform: nn.Module, x: Tensor, *, stride: int) -> Tensor:
    """Return ``transform(x)``, computed for a few pictures at a time.

    Fresh memory must be cleared by the system, which for the layers of a large batch
    costs more than the batch saves: one tile of 256 x 256 is the optimum on a CPU.

    Args:
        transform: from batch to batch.
        x: (batch, channel, y, x).
        stride: how many pixels of a picture one step of ``x`` stands for.
    """
    on_gpu = x.device.type == "cuda"
    pixels = x.shape[-2] * x.shape[-1] * stride**2
    most = max(1, _PASS[on_gpu] // pixels)
    if not on_gpu:
        _keep_freed_memory()
    whole: Tensor
    if torch.is_grad_enabled() or len(x) <= most:
        whole = transform(x)
        return whole
    first = transform(x[:most])
    whole = first.new_empty((len(x), *first.shape[1:]))
    whole[:most] = first
    for start in range(most, len(x), most):
        whole[start : start + most] = transform(x[start : start + most])
    return whole


@lru_cache(maxsize=1)
def _keep_freed_memory() -> None:
    """Use and free a block of 31 MiB, once.

    The allocator of glibc gives memory back as soon as twice the largest block that was
    ever freed lies idle, but counts blocks up to 32 MiB alone. Without this it takes
    and returns the memory of the layers in turn, a tenth to a fifth of all time.
    """
    torch.empty(31 << 20, dtype=torch.uint8)


def reflect(x: Tensor, multiple: int) -> Tensor:
    """Return pictures padded below and to the right, to multiples, by reflection.

    The reflection goes back and forth where a picture is smaller than its border.
    """
    for axis in (-2, -1):
        size = x.shape[axis]
        if size % multiple:
            place = torch.arange(-(-size // multiple) * multiple, device=x.device)
            place = place % (2 * (size - 1))
            x = x.index_select(axis, torch.minimum(place, 2 * (size - 1) - place))
    return x


def crop(x: Tensor, size: Sequence[int]) -> Tensor:
    """Return the first rows and columns of pictures.

    Raises:
        CodecError: when the pictures have fewer.
    """
    height, width = (int(number) for number in size)
    full = x.shape[-2:]
    if not (0 < height <= full[0] and 0 < width <= full[1]):
        raise CodecError(
            f"The size {height} x {width} was given for latents that make pictures of "
            f"{full[0]} x {full[1]}; give the size that the pictures had."
        )
    return x[..., :height, :width]
