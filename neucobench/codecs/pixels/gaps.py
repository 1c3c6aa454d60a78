"""Find pixels without data, and fill them so that a codec takes no notice."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_FADE = 16.0  # pixels over which a fill goes from its neighbor to the mean


@dataclass(frozen=True, kw_only=True)
class Gaps:
    """Say which pixels of a stack hold no data, and how they are marked.

    Attributes:
        value: (time, band, y, x), where the no-data value stands.
        nan: (time, band, y, x), where NaN stands.
    """

    value: NDArray[np.bool_]
    nan: NDArray[np.bool_]

    @property
    def any_kind(self) -> NDArray[np.bool_]:
        """Return where no data are, (time, band, y, x)."""
        return self.value | self.nan


def find_gaps(stored: NDArray[Any], nodata: float | None) -> Gaps:
    """Return the gaps in values as they are stored.

    Args:
        stored: (time, band, y, x), integers or floating-point numbers.
        nodata: the value that stands for no data, in the type of ``stored``; None: no
            value does. NaN always does.
    """
    nothing = np.zeros(stored.shape, bool)
    return Gaps(
        # Compared in the stored type: 0.1 is another number in float64.
        value=nothing if nodata is None else stored == stored.dtype.type(nodata),
        nan=np.isnan(stored) if stored.dtype.kind == "f" else nothing,
    )


def fill_gaps(stack: NDArray[np.float32], missing: NDArray[np.bool_]) -> None:
    """Put numbers in place of missing ones, smoothly, so that they cost few bits.

    Next to data the nearest pixel of the band is repeated; away from them it fades to
    the band's mean. A band without data takes the mean of the others.

    Args:
        stack: (time, band, y, x), changed in place.
        missing: (time, band, y, x), not True everywhere.
    """
    if not missing.any():
        return
    overall = stack[~missing].mean(dtype=np.float64)
    nearest: dict[bytes, tuple[NDArray[np.intp], NDArray[np.float32]]] = {}
    for time, band in np.argwhere(missing.any(axis=(2, 3))):
        plane, gaps = stack[time, band], missing[time, band]
        if gaps.all():
            plane[...] = overall
            continue
        # Bands mostly lack the same pixels, and distances take the longest.
        key = np.packbits(gaps).tobytes()
        if key not in nearest:
            nearest = {key: _nearest(gaps)}
        indices, share = nearest[key]
        mean = plane[~gaps].mean(dtype=np.float64)
        plane[gaps] = mean + share * (plane[tuple(indices)] - mean)


def _nearest(gaps: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Return, for each missing pixel, where the nearest datum is and what it counts."""
    from scipy.ndimage import distance_transform_edt

    distances, indices = distance_transform_edt(gaps, return_indices=True)
    share = np.exp((1 - distances[gaps]) / _FADE).astype(np.float32)
    return indices[:, gaps], share
