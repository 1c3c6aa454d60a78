"""The tables that temporal codecs code by: a row for each mean and each scale.

A latent less its rounded mean is taken for Gaussian around what rounding left of the
mean, one of 100 between -0.5 and 0.49, with one of 256 scales from 0.01 to 256.01. Rows
go by the mean first. Two tables hold them:

- the published one is upstream's to the last count, so all of it is float32;
- the portable one is computed in float64, where no count is near another, so that any
  machine gets the same. Its rows reach further: fewer symbols escape.
"""

import math
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from neucobench.codecs.entropy.coder import Tables
from neucobench.codecs.temporal.counts import (
    TOTAL,
    portable_counts,
    published_counts,
)
from neucobench.codecs.temporal.kept import kept_tables

MEANS = 100
SCALES = 256
SMALLEST_SCALE = 0.01
LARGEST_SCALE = 256.0
# The largest scale of the table is this many times the smallest.
SPAN = LARGEST_SCALE / SMALLEST_SCALE + 1

# Upstream leaves this much to the escape, half of it on each side.
_TAIL = 2.0**-8
# Beyond where a symbol's share is a quarter of a count it is cheaper to escape.
_LEAST_COUNT = 0.25

Floats = NDArray[Any]
# The rows of one mean: which symbols are first and last, and all probabilities.
_Rows = tuple[NDArray[np.int32], NDArray[np.int32], Floats]


@lru_cache(maxsize=1)
def published_table() -> Tables:
    """Return upstream's table: 25,600 rows of 3,888,430 entries, 16 MB.

    Streams are upstream's where torch computes ``erfc`` and ``exp`` as it did there.
    """
    return kept_tables("published", build_published)


@lru_cache(maxsize=1)
def portable_table() -> Tables:
    """Return the table of our own streams, the same on every machine, 18 MB."""
    return kept_tables("portable", build_portable)


def build_published() -> Tables:
    """Compute the published table."""
    means = torch.arange(MEANS, dtype=torch.float32) / MEANS - 0.5
    scales = scale_grid(torch.float32).numpy()
    rows = (_published_rows(mean, scales) for mean in means.numpy())
    return _joined(rows, published_counts)


def build_portable() -> Tables:
    """Compute the portable table."""
    scales = scale_grid(torch.float64).numpy()
    rows = (_portable_rows(i / MEANS - 0.5, scales) for i in range(MEANS))
    return _joined(rows, portable_counts)


def scale_grid(dtype: torch.dtype) -> torch.Tensor:
    """Return the (256,) scales; the order of operations is upstream's."""
    steps = torch.arange(SCALES, dtype=dtype) / (SCALES - 1)
    return torch.exp(steps * math.log(SPAN) + math.log(SMALLEST_SCALE))


def portable_reach(scales: Floats) -> Floats:
    """Return how many symbols the portable rows have on each side, before rounding up.

    Args:
        scales: any shape, float64.
    """
    highest = TOTAL / (_LEAST_COUNT * scales * math.sqrt(2 * math.pi))
    reach: Floats = scales * np.sqrt(2 * np.log(highest))
    return reach


def portable_probabilities(
    mean: float, scales: Floats
) -> tuple[NDArray[np.int32], Floats]:
    """Return how far the rows of one mean reach, and the probabilities in them.

    Args:
        mean: between -0.5 and 0.49.
        scales: (rows,) float64.

    Returns:
        The reach (rows,), a row being -reach to reach; and the probabilities of all
        rows one after the other, each with that of the escape at its end.
    """
    reach = (np.ceil(portable_reach(scales)) + 1).astype(np.int32)
    distance, spread, last = _laid_out(-reach, reach, np.float64(mean), scales)
    p = ndtr((0.5 - distance) / spread) - ndtr((-0.5 - distance) / spread)
    below = ndtr((-reach - 0.5 - mean) / scales)
    above = ndtr((mean - reach - 0.5) / scales)
    p[last] = below + above
    return reach, p


def _portable_rows(mean: float, scales: Floats) -> _Rows:
    reach, p = portable_probabilities(mean, scales)
    return -reach, reach, p


def _published_rows(mean: Floats, scales: Floats) -> _Rows:
    # The quantiles are float64 numbers of float32 parameters, and then float32.
    wide = scales.astype(np.float64)
    low = ndtri(_TAIL / 2) * wide + np.float64(mean)
    high = ndtri(1 - _TAIL / 2) * wide + np.float64(mean)
    first = np.floor(low.astype(np.float32)).astype(np.int32)
    final = np.ceil(high.astype(np.float32)).astype(np.int32)
    distance, spread, last = _laid_out(first, final, mean, scales)
    lower = _cumulative((-0.5 - distance) / spread)
    p = _cumulative((0.5 - distance) / spread) - lower
    starts = np.concatenate([[0], last[:-1] + 1])
    p[last] = 2 * lower[starts]
    return first, final, p.numpy()


def _laid_out(
    first: NDArray[np.int32], final: NDArray[np.int32], mean: Any, scales: Floats
) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Return the symbols' distances to the mean, their scales, and where rows end."""
    lengths = final - first + 2
    last = np.cumsum(lengths, dtype=np.int64) - 1
    starts = last + 1 - lengths
    place = np.arange(last[-1] + 1) - np.repeat(starts - first, lengths)
    distance = np.abs(place.astype(scales.dtype) - mean)
    return distance, np.repeat(scales, lengths), last


def _cumulative(x: Floats) -> torch.Tensor:
    return 0.5 * torch.erfc(-(2**-0.5) * torch.from_numpy(x))


def _joined(
    rows: Iterator[_Rows],
    to_counts: Callable[[Floats, NDArray[np.int32]], NDArray[np.int32]],
) -> Tables:
    entries, lengths, offsets = [], [], []
    for first, final, p in rows:
        entries.append(to_counts(p, final - first + 2))
        lengths.append(final - first + 3)
        offsets.append(first)
    return Tables.from_rows(
        np.concatenate(entries), np.concatenate(lengths), np.concatenate(offsets)
    )
