"""One synthetic cube: the world at a place, what satellites see, and the labels.

::

    Scene ──▶ Land ──┬──▶ clear reflectance ──▶ clouds ──▶ L2A ──▶ air ──▶ L1C
      │              ├──▶ backscatter ──▶ speckle ──▶ S1
      ├──▶ Sky ──────┤
      └──▶ Vessel ───┴──▶ labels
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neucobench.data.world.climate import surface_temperature
from neucobench.data.world.fields import Field
from neucobench.data.world.land import (
    ARABLE,
    FOREST,
    GRASS,
    MAIZE,
    SOYBEAN,
    Land,
    draw_land,
)
from neucobench.data.world.radar import backscatter
from neucobench.data.world.scenes import Scene, draw_scene
from neucobench.data.world.sky import (
    Sky,
    draw_sky,
    through_clouds,
    to_counts,
    top_of_atmosphere,
)
from neucobench.data.world.surface import clear_reflectance, ground_cover
from neucobench.data.world.vessels import Vessel, draw_vessel
from neucobench.seeding import generator

# Deck and hatches in the bands of L2A, counts.
# fmt: off
_DECK = np.array((1700, 1900, 2000, 2100, 2150, 2200, 2200, 2250, 2300, 2300,
                  2400, 2200), dtype=np.float32)
# fmt: on
_RANDOM_TOP = 20.0
_RANDOM_MIDDLE = 10.0


@dataclass(frozen=True, kw_only=True)
class Place:
    """Hold the truth of one synthetic cube, before any satellite looks at it.

    Attributes:
        scene: what kind of place it is, and its weather.
        land: its ground.
        cover: share of each material (season, material, y, x).
        sky: clouds, shadows and missing data.
        vessel: the vessel, where there is one.
    """

    scene: Scene
    land: Land
    cover: Field
    sky: Sky
    vessel: Vessel | None


def draw_place(seed: int, index: int, size: int) -> Place:
    """Return the truth of cube ``index`` on ``size`` by ``size`` pixels of 10 m."""
    scene = draw_scene(seed, index)
    land = draw_land(scene, size)
    return Place(
        scene=scene,
        land=land,
        cover=ground_cover(scene, land),
        sky=draw_sky(scene, size),
        vessel=draw_vessel(scene, land),
    )


def observe(place: Place) -> dict[str, NDArray[np.int16] | NDArray[np.float32]]:
    """Return what the satellites see, by modality, each (season, band, y, x).

    ``s1`` is float32 in dB. ``s2l1c`` and ``s2l2a`` are int16 counts without the
    +1000 of SSL4EO-S12 v1.1, as in the downstream set; 0 means no data.
    """
    scene, sky = place.scene, place.sky
    surface = clear_reflectance(scene, place.land, place.cover)
    if place.vessel is not None:
        hull = place.vessel.cover
        surface = surface * (1.0 - hull) + _DECK[:, None, None] * hull
    level2 = through_clouds(surface, sky)
    level1 = top_of_atmosphere(level2, scene, sky)
    return {
        "s1": backscatter(scene, place.land, place.vessel),
        "s2l1c": to_counts(level1, sky.missing),
        "s2l2a": to_counts(level2, sky.missing),
    }


def labels(place: Place) -> dict[str, float]:
    """Return the labels of the tasks this place takes part in, from its truth."""
    scene, land, sky = place.scene, place.land, place.sky
    ground = ~land.water
    biomass = land.biomass[ground]
    heat = surface_temperature(scene, land, place.cover)
    chance = generator(scene.seed, "sample", scene.index, "random").uniform()
    truth = {
        "landcover_agriculture": land.share(*ARABLE, GRASS),
        "landcover_forest": land.share(*FOREST),
        "biomass_mean": float(biomass.mean()),
        "biomass_std": float(biomass.std()),
        "crops": land.share(MAIZE, SOYBEAN),
        "heatisland_mean": float(heat.mean()),
        "heatisland_std": float(heat.std()),
        "clouds_reg": float(sky.cloudy.mean()),
        "nodata": float(sky.missing.mean()),
        "random_reg": _RANDOM_TOP * chance,
        "random_cls": float(_RANDOM_TOP * chance > _RANDOM_MIDDLE),
        "ships_presence": float(place.vessel is not None),
    }
    if place.vessel is not None:
        truth |= {"ships_row": place.vessel.row, "ships_col": place.vessel.column}
    return {task: truth[task] for task in scene.tasks}
