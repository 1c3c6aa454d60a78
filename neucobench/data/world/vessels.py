"""Ships at anchor: compact bright targets on open water."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import distance_transform_edt

from neucobench.data.world.fields import Field
from neucobench.data.world.land import Land
from neucobench.data.world.scenes import Scene

_STEPS = 5


@dataclass(frozen=True, kw_only=True)
class Vessel:
    """Hold one vessel; it lies at the same place in all four seasons.

    Attributes:
        cover: (y, x) share of each pixel that the hull covers.
        row: centroid of the hull, pixels from the top; 0 is the middle of row 0.
        column: centroid of the hull, pixels from the left.
        echo: radar brightness of the hull in VV, dB.
    """

    cover: Field
    row: float
    column: float
    echo: float


def draw_vessel(scene: Scene, land: Land) -> Vessel | None:
    """Return the vessel of ``scene``, or None where it has none."""
    if scene.shore != "vessel":
        return None
    rng = scene.rng("vessel")
    size = len(land.classes)
    length = float(np.clip(size * rng.uniform(0.08, 0.2), 3.0, 26.0))
    beam = max(1.6, length / 5.5)
    # Beyond the edge of the chip there is no sea to lie in.
    room = distance_transform_edt(np.pad(land.water, 1))[1:-1, 1:-1]
    berths = np.argwhere(room >= min(length / 2 + 1.0, room.max()))
    row, column = berths[rng.integers(len(berths))] + rng.uniform(-0.4, 0.4, 2)
    cover = _draw_hull(size, row, column, length, beam, rng.uniform(0.0, np.pi))
    total = float(cover.sum())
    rows, columns = np.mgrid[:size, :size]
    return Vessel(
        cover=cover,
        row=float((cover * rows).sum() / total),
        column=float((cover * columns).sum() / total),
        echo=float(rng.uniform(3.0, 11.0)),
    )


def _draw_hull(
    size: int, row: float, column: float, length: float, beam: float, heading: float
) -> Field:
    """Return the share of each pixel inside a pointed hull (y, x)."""
    offsets = (np.arange(size * _STEPS) + 0.5) / _STEPS - 0.5
    rows, columns = np.meshgrid(offsets - row, offsets - column, indexing="ij")
    along = (columns * np.cos(heading) + rows * np.sin(heading)) / (length / 2)
    aside = (rows * np.cos(heading) - columns * np.sin(heading)) / (beam / 2)
    inside = (np.abs(along) <= 1) & (np.abs(aside) <= 1 - np.abs(along) ** 4)
    blocks = inside.reshape(size, _STEPS, size, _STEPS)
    return np.asarray(blocks.mean((1, 3)), dtype=np.float32)
