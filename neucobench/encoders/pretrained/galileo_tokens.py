"""Galileo's tokens: what a group of bands becomes, and where and when it was.

A token stands for one group of bands, in one patch, at one time. The encoding that is
added to it has four parts of equal width: group, time step, month, place.
"""

import math
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from neucobench.encoders.pretrained.transformer import sine_cosine

PATCH = 8  # of the kernels that were trained
MOST_STEPS = 24
# Groups of the 13 space-time bands: VV VH B2 B3 B4 B5 B6 B7 B8 B8A B11 B12 NDVI.
GROUPS: dict[str, slice] = {
    "S1": slice(0, 2),
    "S2_RGB": slice(2, 5),
    "S2_Red_Edge": slice(5, 8),
    "S2_NIR_10m": slice(8, 9),
    "S2_NIR_20m": slice(9, 10),
    "S2_SWIR": slice(10, 12),
    "NDVI": slice(12, 13),
}


def resize_kernel(kernel: Tensor, patch: int) -> Tensor:
    """Return the projection of smaller patches that agrees with the trained one.

    With R the matrix that shrinks a patch of 8 x 8 pixels, the new kernel is the old
    one times the pseudo-inverse of R: what a shrunken patch gives is then as close as
    can be to what the patch itself gave.

    Args:
        kernel: (output, band, 8, 8)
        patch: side of the new patches, 1 to 8.

    Returns:
        (output, band, patch, patch)
    """
    if patch == PATCH:
        return kernel
    resized = kernel.flatten(-2) @ _inverse_of_shrinking(patch).to(kernel)
    return resized.view(*kernel.shape[:-2], patch, patch)


@lru_cache(maxsize=PATCH)
def _inverse_of_shrinking(patch: int) -> Tensor:
    """Return (64, patch * patch) float64; bicubic, antialiased, half-pixel centers."""
    units = torch.eye(PATCH * PATCH, dtype=torch.float64).view(-1, 1, PATCH, PATCH)
    shrunk = interpolate(
        units, (patch, patch), mode="bicubic", antialias=True, align_corners=False
    )
    inverse: Tensor = torch.linalg.pinv(shrunk.flatten(1))
    return inverse.T


def encode_steps(steps: int, width: int) -> Tensor:
    """Return (steps, width) of the time steps: the stored ``pos_embed``."""
    positions = torch.arange(steps, dtype=torch.float64)
    return sine_cosine(positions, _frequencies(width)).float()


def encode_months(width: int) -> Tensor:
    """Return (12, width) of the months: the stored ``month_embed``."""
    months = torch.arange(12, dtype=torch.float64)
    turn = torch.full((width // 2,), 2 * math.pi / 12, dtype=torch.float64)
    return sine_cosine(months, turn).float()


def encode_places(rows: int, columns: int, patch: int, width: int) -> Tensor:
    """Return (rows, columns, width): the column's half, then the row's.

    The position is the distance in pixels of 10 m, so that patches of any size lie at
    the same places.
    """
    down = torch.arange(rows, dtype=torch.float64) * patch
    across = torch.arange(columns, dtype=torch.float64) * patch
    frequencies = _frequencies(width // 2)
    halves = [
        sine_cosine(across, frequencies).expand(rows, -1, -1),
        sine_cosine(down, frequencies)[:, None].expand(-1, columns, -1),
    ]
    return torch.cat(halves, dim=-1).float()


def _frequencies(width: int) -> Tensor:
    """Return (width / 2,): 10000^(-i / (2 width)), half the usual exponent."""
    index = torch.arange(width // 2, dtype=torch.float64)
    return torch.pow(10000.0, -index / (2 * width))
