"""The ground of a scene: relief, water, land use in parcels, and the forest's mass."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neucobench.data.world.fields import (
    Field,
    Mask,
    at_most,
    parcels,
    rotated_grid,
    smooth_fields,
)
from neucobench.data.world.scenes import Hinterland, Scene

WATER, BROADLEAF, CONIFER, MAIZE, SOYBEAN, CEREAL, GRASS, BUILT, BARE = range(9)
CLASSES = (
    *("water", "broadleaf forest", "conifer forest", "maize", "soybean", "cereal"),
    *("grass", "built", "bare"),
)
FOREST = (BROADLEAF, CONIFER)
ARABLE = (MAIZE, SOYBEAN, CEREAL)

# Weights of a Dirichlet draw: arable, forest, grass, built, bare.
_USES: dict[Hinterland, tuple[float, float, float, float, float]] = {
    "farmland": (3.0, 0.8, 0.6, 0.25, 0.1),
    "forest": (0.5, 4.0, 0.7, 0.1, 0.15),
    "mixed": (1.3, 1.3, 0.7, 0.6, 0.15),
    "city": (0.3, 0.7, 1.0, 3.0, 0.3),
}
_RELIEF: dict[Hinterland, float] = {
    "farmland": 6.0,
    "forest": 60.0,
    "mixed": 25.0,
    "city": 10.0,
}


@dataclass(frozen=True, kw_only=True)
class Land:
    """Hold the maps of one scene's ground; nothing here changes with the season.

    Attributes:
        elevation: (y, x) meters; the bed of the water where there is water.
        classes: (y, x) numbers into ``CLASSES``.
        biomass: (y, x) above-ground biomass, Mg/ha; 0 on water and built ground.
        vigor: (y, x) how well a parcel grows, around 1.
        tone: (y, x) brightness of soil, roofs and crowns, around 0, deviation 1.
        streets: (y, x) 1 on streets of built ground, 0 elsewhere.
        rows: (y, x) the stripes of tillage, between -1 and 1; 0 off the fields.
    """

    elevation: Field
    classes: NDArray[np.uint8]
    biomass: Field
    vigor: Field
    tone: Field
    streets: Field
    rows: Field

    @property
    def water(self) -> Mask:
        """Return where the scene is under water (y, x)."""
        return np.asarray(self.classes == WATER)

    def share(self, *classes: int) -> float:
        """Return the fraction of the scene that belongs to ``classes``."""
        return float(np.isin(self.classes, classes).mean())


def draw_land(scene: Scene, size: int) -> Land:
    """Return the ground of ``scene`` on a chip of ``size`` by ``size`` pixels."""
    rng = scene.rng("land")
    angle = float(rng.uniform(0.0, np.pi))
    width = float(np.clip(size * rng.uniform(0.2, 0.36), 5.0, 40.0))
    parcel, centers = parcels(
        rng, size, angle=angle, width=width, aspect=float(rng.uniform(1.0, 2.2))
    )
    hills, coast, *lots = smooth_fields(rng, 8, size, slope=2.6)
    use = _assign_uses(rng, scene, np.stack(lots), centers)[parcel]
    classes = np.where(_draw_water(rng, scene, coast), WATER, use).astype(np.uint8)
    height = hills * _RELIEF[scene.hinterland] * min(1.0, size / 128)
    parcel_tone = rng.normal(0.0, 1.0, len(centers)).astype(np.float32)[parcel]
    streets, roofs = _draw_blocks(rng, size, angle)
    built = classes == BUILT
    return Land(
        elevation=(scene.altitude + height).astype(np.float32),
        classes=classes,
        biomass=_draw_biomass(rng, scene, classes),
        vigor=rng.normal(1.0, 0.07, len(centers)).astype(np.float32)[parcel],
        tone=np.where(built, roofs, parcel_tone),
        streets=np.where(built, streets, np.float32(0.0)),
        rows=_draw_rows(size, angle, np.isin(classes, ARABLE)),
    )


def _assign_uses(
    rng: np.random.Generator, scene: Scene, lots: Field, centers: NDArray[np.intp]
) -> NDArray[np.uint8]:
    """Return the class of every parcel; neighbors tend to be used alike."""
    shares = rng.dirichlet(_USES[scene.hinterland])
    local = lots[:, centers[:, 0], centers[:, 1]]
    appeal = np.log(shares + 1e-3)[:, None] + 0.9 * local[:5]
    use = appeal.argmax(0)
    crops = rng.choice(ARABLE, size=len(centers), p=rng.dirichlet((0.9, 0.9, 0.9)))
    needles = rng.beta(0.8, 0.8) + 0.25 * local[5] > 0.5
    woods = np.where(needles, CONIFER, BROADLEAF)
    fixed = np.full(len(centers), 0)
    options = np.stack([crops, woods, fixed + GRASS, fixed + BUILT, fixed + BARE])
    return np.asarray(options[use, np.arange(len(centers))], dtype=np.uint8)


def _draw_water(rng: np.random.Generator, scene: Scene, coast: Field) -> Mask:
    direction = float(rng.uniform(0.0, 2 * np.pi))
    share = float(rng.uniform(0.15, 0.5))
    if scene.shore == "none":
        return np.zeros(coast.shape, dtype=np.bool_)
    slope, _ = rotated_grid(len(coast), direction)
    return at_most(slope / np.float32(len(coast)) * 3.0 + 0.6 * coast, share)


def _draw_biomass(
    rng: np.random.Generator, scene: Scene, classes: NDArray[np.uint8]
) -> Field:
    """Return Mg/ha: stands differ by age; fields and meadows hold little."""
    stands = smooth_fields(rng, 1, len(classes), slope=1.8)[0]
    age = rng.uniform(0.15, 1.0)
    spread = rng.uniform(0.15, 0.5)
    forest = 320.0 * age * np.exp(spread * stands) * (1.0 - 0.3 * scene.dryness)
    low = np.zeros(len(CLASSES), dtype=np.float32)
    low[[MAIZE, SOYBEAN, CEREAL, GRASS]] = (8.0, 5.0, 5.0, 4.0)
    return np.where(np.isin(classes, FOREST), forest, low[classes]).astype(np.float32)


def _draw_blocks(
    rng: np.random.Generator, size: int, angle: float
) -> tuple[Field, Field]:
    """Return streets (1 or 0) and the tone of every roof, both (y, x)."""
    u, v = rotated_grid(size, angle)
    lot, block = float(rng.uniform(2.2, 4.0)), float(rng.uniform(8.0, 14.0))
    streets = ((u % block) < 1.2) | ((v % (block * 1.3)) < 1.2)
    roofs = rng.normal(0.0, 1.0, (64, 64)).astype(np.float32)
    row, column = (np.floor(axis / lot).astype(np.intp) % 64 for axis in (u, v))
    return streets.astype(np.float32), roofs[row, column]


def _draw_rows(size: int, angle: float, fields: Mask) -> Field:
    u, _ = rotated_grid(size, angle)
    return np.where(fields, np.sin(u * 2.1), 0.0).astype(np.float32)
