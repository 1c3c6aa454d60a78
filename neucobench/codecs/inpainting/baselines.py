"""What clouds are filled with where no model is asked: other seasons, as they are.

A pixel that is cloudy in every season is NaN in all of them.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Mapping

Stack = NDArray[np.float32]
Mask = NDArray[np.bool_]
Baseline = Callable[[Stack, Mask], Stack]


def last_clear(stack: Stack, clouds: Mask) -> Stack:
    """Return a stack whose cloudy pixels are those of the last clear season before.

    Where no season before is clear, those of the first clear season after.

    Args:
        stack: (time, band, y, x).
        clouds: (time, y, x).
    """
    before, after = nearest_clear(clouds)
    return _filled(stack, clouds, _taken(stack, np.where(before < 0, after, before)))


def mean_of_clear(stack: Stack, clouds: Mask) -> Stack:
    """Return a stack whose cloudy pixels are the mean of all clear seasons.

    Args:
        stack: (time, band, y, x).
        clouds: (time, y, x).
    """
    clear = ~clouds[:, None]
    counts = clear.sum(axis=0)
    sums = np.where(clear, stack, 0).sum(axis=0, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        mean = np.where(counts > 0, sums / counts, np.nan).astype(np.float32)
    return _filled(stack, clouds, np.broadcast_to(mean, stack.shape))


def linear_in_time(stack: Stack, clouds: Mask) -> Stack:
    """Return a stack whose cloudy pixels lie between the clear seasons around them.

    On the straight line between the last clear season before and the first one after,
    seasons taken as equally far apart; where only one side is clear, as that side.

    Args:
        stack: (time, band, y, x).
        clouds: (time, y, x).
    """
    before, after = nearest_clear(clouds)
    share = share_of_after(before, after)[:, None]
    early = _taken(stack, np.where(before < 0, after, before))
    late = _taken(stack, np.where(after < 0, before, after))
    return _filled(stack, clouds, (1 - share) * early + share * late)


BASELINES: "Mapping[str, Baseline]" = {
    "last clear": last_clear,
    "mean of clear": mean_of_clear,
    "linear in time": linear_in_time,
}


def never_clear(clouds: Mask) -> Mask:
    """Return which pixels are cloudy in every season, (y, x) of (time, y, x)."""
    never: Mask = clouds.all(axis=0)
    return never


def nearest_clear(clouds: Mask) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the last clear season up to each one, and the first from it on; -1: none.

    Args:
        clouds: (time, y, x).
    """
    return _last_clear_up_to(clouds), _mirrored(clouds)


def share_of_after(
    before: NDArray[np.intp], after: NDArray[np.intp]
) -> NDArray[np.float32]:
    """Return what the season after counts beside the one before, (time, y, x).

    Args:
        before: (time, y, x), the last clear season up to each one; -1: none.
        after: likewise, the first from it on.
    """
    seasons = np.arange(len(before))[:, None, None]
    span = after - before
    between = (before >= 0) & (after >= 0) & (span > 0)
    share = np.where(between, (seasons - before) / np.where(between, span, 1), 0.5)
    share = np.where((before >= 0) & (after < 0), 0.0, share)
    share = np.where((before < 0) & (after >= 0), 1.0, share)
    return share.astype(np.float32)


def _last_clear_up_to(clouds: Mask) -> NDArray[np.intp]:
    seasons = np.arange(len(clouds))[:, None, None]
    return np.maximum.accumulate(np.where(clouds, -1, seasons), axis=0)


def _mirrored(clouds: Mask) -> NDArray[np.intp]:
    found = _last_clear_up_to(clouds[::-1])[::-1]
    return np.where(found < 0, -1, len(clouds) - 1 - found)


def _taken(stack: Stack, season: NDArray[np.intp]) -> Stack:
    """Return each pixel from the season that is named, NaN where it is -1."""
    places = np.clip(season, 0, None)[:, None]
    taken = np.take_along_axis(stack, places, axis=0)
    return np.where(season[:, None] < 0, np.float32(np.nan), taken)


def _filled(stack: Stack, clouds: Mask, filling: Stack) -> Stack:
    filled: Stack = np.where(clouds[:, None], filling, stack).astype(np.float32)
    return filled
