"""Tables of probabilities for the coder, from a bottleneck's weights and for Gaussians.

In float32 the order of the operations is that of CompressAI: a table that differs by
one count gives another stream. In float64 what rounding does to a probability is so
small that other machines get the same counts.
"""

import copy
import math
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from neucobench.codecs.compressai_parts import pmf_to_quantized_cdf
from neucobench.codecs.entropy.coder import Tables

_SCALES = 64
SMALLEST_SCALE = 0.11
_LARGEST_SCALE = 256.0
# Of the standard normal distribution, what leaves 1e-9 outside.
_HALF_WIDTH = 6.109410204869


def bottleneck_tables(bottleneck: Any, dtype: torch.dtype = torch.float32) -> Tables:
    """Return one row for each channel of CompressAI's ``EntropyBottleneck``."""
    ours = copy.deepcopy(bottleneck).to("cpu", dtype)
    with torch.no_grad():
        ours.update(force=True)
    lengths = ours.cdf_length
    used = torch.arange(ours.quantized_cdf.shape[1]) < lengths[:, None]
    return Tables.from_rows(
        ours.quantized_cdf[used].numpy(), lengths.numpy(), ours.offset.numpy()
    )


def scale_table(dtype: torch.dtype = torch.float32) -> Tensor:
    """Return the 64 standard deviations that a Gaussian row is made for."""
    ends = math.log(SMALLEST_SCALE), math.log(_LARGEST_SCALE)
    return torch.exp(torch.linspace(*ends, _SCALES, dtype=dtype))


@lru_cache(maxsize=2)
def gaussian_tables(dtype: torch.dtype = torch.float32) -> Tables:
    """Return one row for each scale, of a Gaussian around zero."""
    scales = scale_table(dtype)
    halves = torch.ceil(scales * _HALF_WIDTH).int()
    rows = [
        _gaussian_row(scale, int(half))
        for scale, half in zip(scales, halves, strict=True)
    ]
    lengths = np.array([len(row) for row in rows], dtype=np.int32)
    return Tables.from_rows(np.concatenate(rows), lengths, -halves.numpy())


def scale_rows(scales: Tensor) -> Tensor:
    """Return the row of each scale: the first that is at least as wide, int32."""
    table = scale_table(scales.dtype)[:-1].to(scales.device)
    return torch.bucketize(scales.clamp(min=SMALLEST_SCALE), table, out_int32=True)


def _gaussian_row(scale: Tensor, half: int) -> Any:
    distance = (torch.arange(2 * half + 1) - half).abs().to(scale.dtype)
    upper = _cumulative((0.5 - distance) / scale)
    lower = _cumulative((-0.5 - distance) / scale)
    outside = 2 * lower[:1]
    return pmf_to_quantized_cdf(torch.cat([upper - lower, outside])).numpy()


def _cumulative(x: Tensor) -> Tensor:
    return 0.5 * torch.erfc(-(2**-0.5) * x)
