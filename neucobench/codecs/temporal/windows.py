"""Latents to windows of tokens and back.

::

    latents (batch, channel, y, x)
        │ reflected to multiples of 4
        ├──▶ windows of 4 x 4     (windows, 16 tokens, channel)    what is coded
        └──▶ windows of 8 x 8     (windows, 64 tokens, channel)    context: 2 more on
                                                                   each side, reflected

Windows, and the tokens in each, stand in raster order. A flexible network repacks each
window: of its T tokens, token s holds the s-th slice of the channels of all positions,
so that the first tokens are a coarse version of the whole window.
"""

import torch
from torch import Tensor
from torch.nn import functional

from neucobench.codecs.temporal.sizes import CONTEXT, WINDOW

_BORDER = (CONTEXT - WINDOW) // 2


def decoder_windows(latents: Tensor, *, flexible: bool) -> Tensor:
    """Return the tokens that are coded, (batch * windows, 16, channel).

    Args:
        latents: (batch, channel, y, x).
        flexible: whether the channels of a window are repacked.
    """
    return _cut(_extended(latents, 0), WINDOW, flexible)


def context_windows(latents: Tensor, *, flexible: bool) -> Tensor:
    """Return what surrounds each window, (batch * windows, 64, channel)."""
    return _cut(_extended(latents, _BORDER), CONTEXT, flexible)


def join_windows(tokens: Tensor, height: int, width: int, *, flexible: bool) -> Tensor:
    """Return (batch, channel, y, x) of the tokens of decoder windows.

    Args:
        tokens: (batch * windows, 16, channel).
        height: of the latents.
        width: of the latents; what windows hold beyond both is cut off.
        flexible: whether the windows are repacked.
    """
    rows, columns = window_grid(height, width)
    unpacked = repack(tokens) if flexible else tokens
    channels = tokens.shape[-1]
    grid = unpacked.reshape(-1, rows, columns, WINDOW, WINDOW, channels)
    whole = grid.permute(0, 5, 1, 3, 2, 4)
    joined = whole.reshape(-1, channels, rows * WINDOW, columns * WINDOW)
    return joined[..., :height, :width]


def window_grid(height: int, width: int) -> tuple[int, int]:
    """Return how many windows cover latents, down and across."""
    return -(-height // WINDOW), -(-width // WINDOW)


def repack(tokens: Tensor) -> Tensor:
    """Exchange positions and slices of channels; twice is the same as never.

    Args:
        tokens: (windows, T, channel), with a number of channels that T divides.
    """
    windows, count, channels = tokens.shape
    slices = tokens.reshape(windows, count, count, channels // count)
    return slices.transpose(1, 2).reshape(windows, count, channels)


def _cut(padded: Tensor, size: int, flexible: bool) -> Tensor:
    channels = padded.shape[1]
    columns = functional.unfold(padded, kernel_size=size, stride=WINDOW)
    windows = columns.reshape(len(padded), channels, size**2, -1).permute(0, 3, 2, 1)
    tokens = windows.reshape(-1, size**2, channels)
    return repack(tokens) if flexible else tokens


def _extended(latents: Tensor, border: int) -> Tensor:
    """Return latents with a border, and up to a multiple of 4, by reflection.

    The reflection goes back and forth where there are fewer latents than it needs.
    """
    for axis in (-2, -1):
        size = latents.shape[axis]
        end = -(-size // WINDOW) * WINDOW + border
        if border == 0 and end == size:
            continue
        place = torch.arange(-border, end, device=latents.device).abs()
        period = max(1, 2 * (size - 1))
        place = place % period
        place = torch.minimum(place, period - place).clamp(max=size - 1)
        latents = latents.index_select(axis, place)
    return latents
