"""What each synthetic cube is a picture of: place, climate, weather, and its tasks.

Places are dealt in blocks of twenty consecutive cubes. Every block holds the same
number of each kind, so that every task has enough rows in a small set; the order
within a block is shuffled, so that neither the number in an id nor the order of the
ids says anything about a label.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from neucobench.seeding import generator

SEASONS = ("spring", "summer", "autumn", "winter")
BLOCK = 20

Hinterland = Literal["farmland", "forest", "mixed", "city"]
Shore = Literal["none", "open", "vessel"]

# One block: what the land is used for, and whether there is open water. The pictures
# of the first thirteen were chosen for a clear sky, those of the others were not;
# clouds are judged from the ninth on.
_CLEAR = 13
_SKY_FROM = 8
_DEALT: tuple[tuple[Hinterland, bool], ...] = (
    *(("farmland", False), ("farmland", False), ("forest", False), ("forest", False)),
    *(("mixed", False), ("mixed", False), ("mixed", True), ("city", False)),
    *(("farmland", False), ("forest", True), ("mixed", True)),
    *(("city", True), ("city", True)),
    *(("farmland", True), ("farmland", True), ("forest", True), ("forest", True)),
    *(("mixed", True), ("mixed", True), ("city", True)),
)
_COASTS = sum(coastal for _, coastal in _DEALT)
_VESSELS = 6

_CLEAR_TASKS = ("landcover_agriculture", "landcover_forest")
_BIOMASS = ("biomass_mean", "biomass_std")
_HEAT = ("heatisland_mean", "heatisland_std")
_TASKS_OF_HINTERLAND: dict[Hinterland, tuple[str, ...]] = {
    "farmland": ("crops",),
    "forest": _BIOMASS,
    "mixed": (*_BIOMASS, "crops", *_HEAT),
    "city": _HEAT,
}
_TASKS_OF_SHORE: dict[Shore, tuple[str, ...]] = {
    "none": (),
    "open": ("ships_presence",),
    "vessel": ("ships_presence", "ships_row", "ships_col"),
}
_SKY_TASKS = ("clouds_reg", "random_reg", "random_cls")


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Describe one place before anything is drawn.

    Attributes:
        seed: the world's seed.
        index: the number of the cube.
        hinterland: what the land is mostly used for.
        shore: whether there is open water, and a vessel on it.
        clear: whether the pictures were chosen for a clear sky.
        tasks: the tasks this cube has a label for.
        dryness: 0 lush to 1 parched; yellows the grass and warms the ground.
        warmth: deviation of the summer temperature from the usual, K.
        altitude: mean height above the sea, m.
        snow: share of open ground under snow in winter.
        moisture: (season,) wetness of the soil, mean 0 and standard deviation 1.
        wind: (season,) 0 calm to 1 rough; roughens the water.
        haze: (season,) aerosol optical depth at 550 nm.
        vapor: (season,) share of the light in B09 that water vapor lets through.
        vigor: (season,) factor on green cover: early or late, good or bad years.
    """

    seed: int
    index: int
    hinterland: Hinterland
    shore: Shore
    clear: bool
    tasks: tuple[str, ...]
    dryness: float
    warmth: float
    altitude: float
    snow: float
    moisture: NDArray[np.float32]
    wind: NDArray[np.float32]
    haze: NDArray[np.float32]
    vapor: NDArray[np.float32]
    vigor: NDArray[np.float32]

    def rng(self, part: str) -> np.random.Generator:
        """Return the generator of one part of this cube, e.g. ``"clouds"``."""
        return generator(self.seed, "sample", self.index, part)


def draw_scene(seed: int, index: int) -> Scene:
    """Return the place of cube ``index``; equal for any number of cubes and workers."""
    block, place = divmod(index, BLOCK)
    deal = generator(seed, "sample", "block", block)
    kind = int(deal.permutation(BLOCK)[place])
    hinterland, coastal = _DEALT[kind]
    clear = kind < _CLEAR
    berth = sum(coast for _, coast in _DEALT[:kind])
    vessel = coastal and deal.permutation(_COASTS)[berth] < _VESSELS
    shore: Shore = "vessel" if vessel else "open" if coastal else "none"
    tasks = (
        *_TASKS_OF_HINTERLAND[hinterland],
        *_TASKS_OF_SHORE[shore],
        *(_CLEAR_TASKS if clear else ()),
        *(_SKY_TASKS if kind >= _SKY_FROM else ()),
        "nodata",
    )
    rng = generator(seed, "sample", index, "climate")
    altitude = rng.gamma(1.5, 25.0 if shore != "none" else 140.0)
    snowy = rng.random() < 0.03 + min(altitude, 600.0) / 3000.0
    seasons = len(SEASONS)
    return Scene(
        seed=seed,
        index=index,
        hinterland=hinterland,
        shore=shore,
        clear=clear,
        tasks=tuple(sorted(tasks)),
        dryness=float(rng.uniform()),
        warmth=float(rng.normal(0.0, 1.0)),
        altitude=float(altitude),
        snow=float(rng.uniform(0.3, 0.95)) if snowy else 0.0,
        moisture=rng.normal(0.0, 1.0, seasons).astype(np.float32),
        wind=rng.uniform(0.0, 1.0, seasons).astype(np.float32),
        haze=rng.gamma(4.0, 0.035, seasons).astype(np.float32),
        vapor=rng.uniform(0.2, 0.32, seasons).astype(np.float32),
        vigor=rng.uniform(0.85, 1.08, seasons).astype(np.float32),
    )
