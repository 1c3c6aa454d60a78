"""Stacks: which files are frames of a place, and what a step draws of them."""

from collections import Counter

import numpy as np
import pytest

from neucobench.codecs.standardize import restore
from neucobench.codecs.training.augment import choose_frames
from neucobench.codecs.training.crops import Crops
from neucobench.codecs.training.find import find_sources
from neucobench.codecs.training.pool import Pool
from neucobench.codecs.training.settings import Augment, Data
from neucobench.codecs.training.sources import read_items
from neucobench.codecs.training.validation import validation_pictures
from neucobench.data.writer import write_cube_file

SERIES = "(?P<place>.*)-(?P<season>[0-9]+)[.]npy"
PLAIN = Augment(flips=False, turns=False)


def save_frame(folder, name, level, size=32):
    """Save a frame whose values say which one it is."""
    np.save(folder / f"{name}.npy", np.full((12, size, size), level, np.int16))


@pytest.fixture
def places(tmp_path):
    """Make a folder with two places, a of eleven frames and b of four."""
    folder = tmp_path / "places"
    folder.mkdir()
    for season in range(11):
        save_frame(folder, f"a-{season}", 100 + season)
    for season in range(4):
        save_frame(folder, f"b-{season}", 200 + season)
    return folder


def find(folder, frames=4, **data):
    settings = Data.model_validate({"series": SERIES} | data)
    return find_sources(folder, settings, bands=12, crop=32, frames=frames)


def levels(pixels):
    """Return the level of each frame of (..., time, band, y, x)."""
    return np.rint(pixels.mean(axis=(-3, -2, -1))).astype(int).tolist()


@pytest.fixture
def open_crops():
    """Return a function that opens the crops of what was found."""
    pools = []

    def make(found, **options):
        pools.append(Pool(found.training, seed=0, limit=2**30, steps=5))
        options = {"size": 32, "batch": 4, "augment": PLAIN, "frames": 4, **options}
        return Crops(pool=pools[-1], seed=0, **options)

    yield make
    for pool in pools:
        pool.close()


def test_tiles_of_a_place_are_one_stack_in_the_order_of_their_seasons(places):
    found = find(places)
    (a,), (b,) = (read_items(block) for block in found.training)
    assert levels(a) == list(range(100, 111))  # 10 after 9, as numbers
    assert levels(b) == [200, 201, 202, 203]
    assert found.training[0].names[-2:] == ("a-9.npy", "a-10.npy")


def test_without_a_season_the_names_give_the_order(places):
    data = {"series": "(?P<place>a)-.*[.]npy", "include": ["a-*"]}
    (block,) = find(places, **data).training
    assert levels(read_items(block)[0])[:3] == [100, 101, 110]


def test_cubes_and_arrays_of_several_pictures_are_stacks_as_they_are(tmp_path):
    frames = np.stack([np.full((12, 32, 32), 7 + i, np.int16) for i in range(4)])
    np.save(tmp_path / "array.npy", frames)
    write_cube_file(tmp_path / "cube.zarr.zip", frames)
    found = find(tmp_path)
    assert [(block.items, block.seasons) for block in found.training] == [(1, 4)] * 2
    for block in found.training:
        assert levels(read_items(block)) == [[7, 8, 9, 10]]


def test_stacks_that_are_too_short_are_left_out_unless_frames_may_come_again(
    places, open_crops
):
    for season in range(2):
        save_frame(places, f"c-{season}", 300 + season)
    found = find(places)
    assert found.left_out["fewer than 4 frames"] == ("c-0.npy", "c-1.npy")
    found = find(places, include=["c-*"], short="repeat")
    pixels = restore(open_crops(found).draw(1).pixels)
    assert levels(pixels) == [[300, 301, 300, 301]] * 4


def test_frames_that_do_not_fit_each_other_are_left_out(places):
    save_frame(places, "b-4", 204, size=48)
    (reason, names), *more = find(places).left_out.items()
    assert "different sizes" in reason
    assert len(names) == 5
    assert not more


def test_frames_of_a_place_with_other_offsets_are_left_out(places):
    offsets = [{"pattern": "b-3*", "offset": 1000}]
    (names,) = find(places, offsets=offsets).left_out.values()
    assert len(names) == 4


def test_a_stack_is_in_training_or_in_validation(places):
    found = find(places, validation=["b-*"])
    assert [block.names[0] for block in found.training] == ["a-0.npy"]
    assert [block.names[0] for block in found.validation] == ["b-0.npy"]


def test_the_digest_follows_which_files_are_one_stack(places):
    apart = "(?P<place>.-[0-3])[0-9]*[.]npy"
    assert find(places).digest == find(places).digest
    assert find(places).digest != find(places, frames=1, series=apart).digest


def test_frames_follow_each_other_from_a_random_start(places, open_crops):
    found = find(places, include=["a-*"])
    crops = open_crops(found, batch=60)
    starts = Counter()
    for stack in levels(restore(crops.draw(1).pixels)):
        assert stack == list(range(stack[0], stack[0] + 4))
        starts[stack[0]] += 1
    assert set(starts) == set(range(100, 108))


def test_a_shuffled_stack_has_other_frames_in_another_order():
    random = np.random.default_rng(0)
    drawn = [
        tuple(choose_frames(6, 4, Augment(shuffle=1.0), random)) for _ in range(200)
    ]
    assert all(len(set(frames)) == 4 for frames in drawn)
    assert {frames[0] for frames in drawn} == set(range(6))
    assert any(list(frames) != sorted(frames) for frames in drawn)


def test_all_frames_of_a_crop_are_turned_and_cut_alike(tmp_path, open_crops):
    random = np.random.default_rng(0)
    first = random.integers(500, 3000, (12, 96, 96)).astype(np.int16)
    np.save(tmp_path / "x.npy", np.stack([first + 100 * i for i in range(4)]))
    varied = Augment(radiometry=1.0, gain=0.0, bands=1.0, band_gain=0.0, zoom=0.5)
    pixels = restore(open_crops(find(tmp_path), augment=varied).draw(1).pixels)
    for frame in range(1, 4):
        np.testing.assert_allclose(pixels[:, frame] - pixels[:, 0], 100 * frame, atol=1)


def test_frames_can_have_a_gain_and_an_offset_each(places, open_crops):
    varied = Augment(flips=False, turns=False, frames=1.0, frame_gain=0.0)
    found = find(places, include=["a-*"])
    plain = restore(open_crops(found).draw(1).pixels)
    moved = restore(open_crops(found, augment=varied).draw(1).pixels)
    added = (moved - plain).mean(axis=(2, 3, 4))
    assert added.shape == (4, 4)
    assert np.abs(np.diff(added, axis=1)).min() > 0.1
    np.testing.assert_allclose(
        moved - plain, np.broadcast_to(added[..., None, None, None], plain.shape),
        atol=1e-2,
    )  # fmt: skip


def test_equal_steps_draw_equal_stacks(places, open_crops):
    varied = Augment(shuffle=0.5, frames=0.5, mix=0.5, zoom=0.5)
    crops = open_crops(find(places), augment=varied)
    forward = [crops.draw(step).pixels for step in (1, 2, 3)]
    backward = [crops.draw(step).pixels for step in (3, 2, 1)]
    np.testing.assert_array_equal(forward, backward[::-1])
    assert forward[0].shape == (4, 4, 12, 32, 32)


def test_validation_takes_the_first_frames_of_whole_stacks(places):
    save_frame(places, "c-0", 300)
    found = find(places, validation=["a-*", "b-*"], short="repeat")
    stacks = validation_pictures(found.validation, 16, 16, 3)
    assert [levels(restore(stack)) for stack in stacks] == [
        [100, 101, 102], [200, 201, 202],
    ]  # fmt: skip
