"""From what the heads say of a latent to its symbol, its row, and what it costs.

    mu ---> m = round(mu) ---> symbol = round(y - m) ---> y_hat = symbol + m
    mu - m ---------------> mean index, 0 to 99: steps of 0.01 ---+
    sigma_raw -> positive -> scale index, 0 to 255: logarithmic --+-> row of the table

Functions take tensors of any shape. The published way is float32 and cuts indices off;
in it the order of the operations is part of the format. The portable way is float64 and
takes the nearest indices, which lie closer to what the network meant.
"""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from neucobench.codecs.entropy.coder import Tables
from neucobench.codecs.entropy.latents import to_symbols as codable
from neucobench.codecs.temporal.counts import spent_bits
from neucobench.codecs.temporal.table import (
    MEANS,
    SCALES,
    SMALLEST_SCALE,
    SPAN,
    scale_grid,
)

_LEAST_LIKELIHOOD = 1e-9
# FlexTEC's own bounds of what it then maps to a scale a second time.
_LEAST_FLEXIBLE, _MOST_FLEXIBLE = 1e-3, 10.0


def positive(s: Tensor) -> Tensor:
    """Return s + 1 above zero and 1 / (1 - s) below: always above zero, and smooth."""
    # Without the bound the branch not taken would be infinite at 1, its gradient NaN.
    return torch.where(s > 0, s + 1, 1 / (1 - s.clamp(max=0)))


def mean_index(mu: Tensor) -> Tensor:
    """Return the real index of the mean, 0 to 99."""
    return ((mu - torch.round(mu) + 0.5) * MEANS).clamp(0, MEANS - 1)


def scale_index(sigma_raw: Tensor) -> Tensor:
    """Return the real index of the scale, 0 to 255."""
    logarithm = torch.log(positive(sigma_raw) + SMALLEST_SCALE)
    share = (logarithm - math.log(SMALLEST_SCALE)) / math.log(SPAN)
    return (share * (SCALES - 1)).clamp(0, SCALES - 1)


def published_rows(mu: Tensor, sigma_raw: Tensor) -> Tensor:
    """Return the rows of the published table that upstream codes by, int32.

    Args:
        mu: float32, predicted means.
        sigma_raw: float32, of the same shape, what the scale head says.
    """
    return _rows(mean_index(mu).int(), scale_index(sigma_raw).int())


def portable_rows(mu: Tensor, sigma_raw: Tensor) -> Tensor:
    """Return the nearest rows of the portable table, int32.

    Args:
        mu: float64, predicted means.
        sigma_raw: float64, of the same shape, what the scale head says.
    """
    mean = torch.round(mean_index(mu)).int()
    return _rows(mean, torch.round(scale_index(sigma_raw)).int())


def published_flexible_scale(sigma_raw: Tensor) -> Tensor:
    """Return what FlexTEC's published coder takes for ``sigma_raw``.

    It is a scale already, and mapped to one again: the coded scale is never below 1.
    """
    scale = torch.nn.functional.softplus(sigma_raw) + 1e-6
    return scale.clamp(_LEAST_FLEXIBLE, _MOST_FLEXIBLE)


def to_symbols(y: Tensor, mu: Tensor) -> Tensor:
    """Return the int32 symbols of latents.

    Raises:
        CodecError: when one is too large to be coded, or not a number.
    """
    return torch.from_numpy(codable(torch.round(y - torch.round(mu)))).to(y.device)


def from_symbols(symbols: Tensor, mu: Tensor) -> Tensor:
    """Return the latents of symbols, whole numbers in the precision of ``mu``."""
    return symbols + torch.round(mu)


def likelihoods(y: Tensor, mu: Tensor, sigma_raw: Tensor) -> Tensor:
    """Return upstream's estimate of the probability of each symbol, at least 1e-9.

    The scale is one of the table, the nearest; the mean is any, but not above 0.49.
    """
    center = torch.round(mu)
    mean = mean_index(mu) / MEANS - 0.5
    grid = scale_grid(sigma_raw.dtype).to(sigma_raw.device)
    scale = grid[torch.round(scale_index(sigma_raw)).long()]
    p = _mass(torch.abs(torch.round(y - center) - mean), scale)
    return p.clamp(min=_LEAST_LIKELIHOOD)


def table_bits(symbols: Tensor, rows: Tensor, tables: Tables) -> NDArray[np.float64]:
    """Return the bits that the coder spends on each symbol, escapes included.

    Args:
        symbols: of any shape, int32.
        rows: of the same shape, int32: the row of the tables that each is coded by.
        tables: the probabilities.
    """
    flat = np.ascontiguousarray(rows.detach().cpu().numpy()).reshape(-1)
    assert not flat.size or (flat.min() >= 0 and flat.max() < len(tables))
    bits: NDArray[np.float64] = spent_bits(
        np.ascontiguousarray(symbols.detach().cpu().numpy()).reshape(-1),
        flat,
        tables.entries,
        tables.starts,
        tables.lengths,
        tables.offsets,
    )
    return bits.reshape(symbols.shape)


def _rows(mean: Tensor, scale: Tensor) -> Tensor:
    return mean * SCALES + scale


def _mass(distance: Tensor, scale: Tensor) -> Tensor:
    """Return what a Gaussian leaves between half a step nearer and half one further."""
    upper = _cumulative((0.5 - distance) / scale)
    return upper - _cumulative((-0.5 - distance) / scale)


def _cumulative(x: Tensor) -> Tensor:
    return 0.5 * torch.erfc(-(2**-0.5) * x)
