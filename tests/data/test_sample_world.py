"""The synthetic places: what is drawn, and that the labels tell its truth."""

from collections import Counter

import numpy as np
import pytest

from neucobench.data.world.cube import draw_place, labels, observe
from neucobench.data.world.land import BUILT, FOREST, MAIZE, SOYBEAN, WATER
from neucobench.data.world.scenes import BLOCK, draw_scene

B02, B04, B08 = 1, 3, 7
B10_L1C = 10
SUMMER, WINTER = 1, 3
SIZE = 32


def places(count, **wanted):
    """Yield places of the world with seed 0 whose scene has the wanted attributes."""
    found = 0
    index = 0
    while found < count:
        scene = draw_scene(0, index)
        if all(getattr(scene, name) == value for name, value in wanted.items()):
            found += 1
            yield draw_place(0, index, SIZE)
        index += 1


@pytest.mark.parametrize("size", [16, 17, 33, 264])
def test_any_size_gives_four_seasons_of_every_band(size):
    arrays = observe(draw_place(3, 1, size))
    assert arrays["s1"].shape == (4, 2, size, size)
    assert arrays["s2l1c"].shape == (4, 13, size, size)
    assert arrays["s2l2a"].shape == (4, 12, size, size)


def test_radar_is_float32_and_optics_are_int16():
    arrays = observe(draw_place(0, 0, SIZE))
    types = {name: array.dtype for name, array in arrays.items()}
    assert types == {"s1": np.float32, "s2l1c": np.int16, "s2l2a": np.int16}


def test_the_same_place_is_drawn_twice_alike():
    first, second = (observe(draw_place(5, 7, SIZE)) for _ in range(2))
    for name, array in first.items():
        np.testing.assert_array_equal(array, second[name])


def test_another_seed_is_another_place():
    first, second = (observe(draw_place(seed, 7, SIZE))["s1"] for seed in (0, 1))
    assert not np.array_equal(first, second)


def test_drawing_leaves_the_global_generator_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002 - the state that is guarded
    observe(draw_place(0, 0, SIZE))
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # noqa: NPY002


def test_no_data_is_the_fraction_of_zero_pixels_in_both_optical_products():
    seen = []
    for index in range(12):
        place = draw_place(0, index, SIZE)
        arrays = observe(place)
        for name in ("s2l1c", "s2l2a"):
            empty = arrays[name] == 0
            np.testing.assert_array_equal(empty.any(1), empty.all(1))
            assert labels(place)["nodata"] == pytest.approx(empty[:, 0].mean())
        seen.append(labels(place)["nodata"])
    assert max(seen) > 0.05
    assert min(seen) == 0


def test_radar_has_no_missing_pixels():
    for index in range(5):
        assert np.isfinite(observe(draw_place(0, index, SIZE))["s1"]).all()


def test_cloudy_pixels_are_the_label_and_are_brighter_in_blue():
    for place in places(4, clear=False):
        sky = place.sky
        assert labels(place)["clouds_reg"] == pytest.approx(sky.cloudy.mean())
        blue = observe(place)["s2l2a"][:, B02].astype(float)
        thick, clear = sky.opacity > 0.7, (sky.opacity < 0.05) & (sky.shadow < 0.05)
        seen = ~sky.missing
        if (thick & seen).sum() > 20 and (clear & seen)[:WINTER].sum() > 20:
            clear_blue = np.median(blue[:WINTER][(clear & seen)[:WINTER]])
            assert np.median(blue[thick & seen]) > 2 * clear_blue


def test_a_vessel_outshines_the_water_in_radar_at_its_labeled_pixel():
    for place in places(8, shore="vessel"):
        truth = labels(place)
        row, column = round(truth["ships_row"]), round(truth["ships_col"])
        vv = observe(place)["s1"][:, 0]
        water = np.median(vv[:, place.land.water])
        assert vv[:, row, column].mean() > water + 8


def test_a_vessel_lies_on_water():
    for place in places(8, shore="vessel"):
        assert place.land.water[place.vessel.cover > 0.5].all()


def test_land_cover_labels_count_pixels():
    for place in places(3, clear=True):
        forest = np.isin(place.land.classes, FOREST).mean()
        assert labels(place)["landcover_forest"] == pytest.approx(forest)
    for place in places(3, hinterland="farmland"):
        crops = np.isin(place.land.classes, (MAIZE, SOYBEAN)).mean()
        assert labels(place)["crops"] == pytest.approx(crops)


def test_a_fraction_lies_between_0_and_1_and_presence_is_0_or_1():
    for index in range(BLOCK):
        truth = labels(draw_place(2, index, SIZE))
        for task in ("landcover_agriculture", "crops", "clouds_reg", "nodata"):
            assert 0 <= truth.get(task, 0) <= 1
        for task in ("ships_presence", "random_cls"):
            assert truth.get(task, 0) in (0, 1)


def test_the_class_of_chance_is_positive_above_ten():
    for index in range(BLOCK):
        truth = labels(draw_place(0, index, 16))
        if "random_reg" in truth:
            assert 0 <= truth["random_reg"] < 20
            assert truth["random_cls"] == (truth["random_reg"] > 10)


def test_vegetation_is_bright_in_near_infrared_and_water_is_dark():
    for place in places(3, clear=True, shore="open", snow=0.0):
        summer = observe(place)["s2l2a"][SUMMER].astype(float)
        seen = ~place.sky.missing[SUMMER] & (place.sky.opacity[SUMMER] < 0.01)
        forest = np.isin(place.land.classes, FOREST) & seen
        water = (place.land.classes == WATER) & seen
        if forest.sum() > 30:
            assert np.median(summer[B08][forest]) > 3 * np.median(summer[B04][forest])
        if water.sum() > 30:
            assert np.median(summer[B08][water]) < 600


def test_air_brightens_the_blue_and_vapor_darkens_b09():
    place = next(places(1, clear=True))
    arrays = observe(place)
    seen = ~place.sky.missing[:, None] & (place.sky.opacity[:, None] == 0)
    lower = np.where(seen, arrays["s2l2a"], 0).sum((0, 2, 3))
    upper = np.where(seen, arrays["s2l1c"], 0).sum((0, 2, 3))
    assert upper[B02] > 1.3 * lower[B02]
    assert upper[9] < 0.5 * lower[9]
    assert upper[B10_L1C] < 0.05 * upper[B02]


def test_cities_are_bright_in_radar():
    place = next(places(1, hinterland="city", shore="none"))
    vv = observe(place)["s1"][:, 0]
    built = place.land.classes == BUILT
    assert np.median(vv[:, built]) > -9


def test_every_block_holds_the_same_number_of_labels_of_each_task():
    blocks = [
        Counter(
            task
            for index in range(block * BLOCK, (block + 1) * BLOCK)
            for task in draw_scene(9, index).tasks
        )
        for block in range(3)
    ]
    assert blocks[0] == blocks[1] == blocks[2]
    assert len(blocks[0]) == 14
    assert min(blocks[0].values()) == 6


def test_the_order_of_cubes_says_nothing_about_the_kind_of_place():
    first = Counter(draw_scene(seed, 0).hinterland for seed in range(200))
    assert max(first.values()) < 90
    vessels = [draw_scene(0, index).shore == "vessel" for index in range(1000)]
    halves = sum(vessels[::2]), sum(vessels[1::2])
    assert abs(halves[0] - halves[1]) < 60


def test_a_vessel_does_not_depend_on_the_sky():
    coasts = [draw_scene(0, index) for index in range(2000)]
    coasts = [scene for scene in coasts if scene.shore != "none"]
    rates = [
        np.mean([scene.shore == "vessel" for scene in coasts if scene.clear is clear])
        for clear in (True, False)
    ]
    assert rates == pytest.approx([0.5, 0.5], abs=0.06)
