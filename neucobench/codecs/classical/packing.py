"""Which planes a coder sees together, and in which order."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from neucobench.codecs.classical.coder import Planes


@dataclass(frozen=True, kw_only=True)
class Packing:
    """Cut a stack's planes into groups.

    Attributes:
        together: how many of the planes that follow each other in a row are one group,
            the last of a row may have fewer; None: all rows are one group.
        seasons_inside: a row is the seasons of a band; otherwise the bands of a season.
    """

    together: int | None
    seasons_inside: bool = False

    def split(self, planes: Planes) -> list[Planes]:
        """Return (time, band, y, x) as groups (plane, y, x)."""
        ordered = planes.swapaxes(0, 1) if self.seasons_inside else planes
        if self.together is None:
            return [ordered.reshape(-1, *planes.shape[2:])]
        return [
            row[start : start + self.together]
            for row in ordered
            for start in range(0, len(row), self.together)
        ]

    def sizes(self, shape: Sequence[int]) -> list[int]:
        """Return how many planes each group of a stack (time, band, y, x) has."""
        time, bands = shape[:2]
        rows, length = (bands, time) if self.seasons_inside else (time, bands)
        if self.together is None:
            return [rows * length]
        full, rest = divmod(length, self.together)
        return ([self.together] * full + [rest] * bool(rest)) * rows

    def join(self, groups: Sequence[Planes], shape: Sequence[int]) -> Planes:
        """Return groups as the stack (time, band, y, x) that they were."""
        time, bands, *size = shape
        planes = np.concatenate(groups)
        if self.seasons_inside:
            return planes.reshape(bands, time, *size).swapaxes(0, 1)
        return planes.reshape(time, bands, *size)


_MOST = 4_095  # components that OpenJPEG takes

EACH_PLANE = Packing(together=1)
TRIPLETS = Packing(together=3)
BANDS_OF_A_SEASON = Packing(together=_MOST)
SEASONS_OF_A_BAND = Packing(together=_MOST, seasons_inside=True)
ALL_PLANES = Packing(together=None)
