"""Kernels drawn from the cubes: which patches, how often a cube is read, whitening."""

from collections import Counter

import numpy as np
import pytest

from neucobench.data.bands import DOWNSTREAM_2025
from neucobench.encoders.base import CubeBatch
from neucobench.encoders.mosaiks.cube_images import cube_images
from neucobench.encoders.mosaiks.patches import draw_patches, whiten
from neucobench.errors import CubeError


class Source:
    """Cubes of Sentinel-1 whose pixels say which cube, season, row and column."""

    def __init__(self, count=6, *, broken=(), sizes=None, seasons=4):
        self.ids = tuple(f"{number:03d}" for number in range(count))
        self.broken = set(broken)
        self.sizes = dict(sizes or {})
        self.seasons = seasons
        self.reads = Counter()

    def read(self, cube_id):
        self.reads[cube_id] += 1
        number = self.ids.index(cube_id)
        if number in self.broken:
            raise CubeError(f"Cube {cube_id!r} is torn.")
        side = self.sizes.get(number, 12)
        season, band, row, column = np.indices((self.seasons, 2, side, side))
        stored = number + season * 10.0 + band * 100 + row * 1e3 + column * 1e5
        return CubeBatch(
            ids=(cube_id,), arrays={"s1": stored[None].astype("f4")}, offsets={"s1": 0}
        )


def view(batch):
    return cube_images(
        batch, 0, modalities=("s1",), statistics=DOWNSTREAM_2025, shift=0
    )


def draw(source, count=40, size=3, seed=1):
    return draw_patches(source, view, shape=(count, 2, size, size), seed=seed)


def test_a_patch_is_what_lies_at_its_place():
    source = Source()
    patches = draw(source)
    for patch, (cube, season, row, column) in zip(
        patches.values, patches.places, strict=True
    ):
        image = view(source.read(source.ids[cube])).window(season)
        part = image[:, row : row + 3, column : column + 3]
        np.testing.assert_array_equal(patch, part.numpy())


def test_every_cube_is_read_once_however_many_patches_it_gives():
    source = Source()
    draw(source, count=200)
    assert source.reads == dict.fromkeys(source.ids, 1)


def test_cubes_of_which_nothing_is_drawn_are_not_read():
    source = Source(count=500)
    patches = draw(source, count=10)
    drawn = {source.ids[place] for place in patches.places[:, 0]}
    # The first cube is read for the size of the images.
    assert set(source.reads) == drawn | {"000"}


def test_the_last_row_and_column_are_never_drawn_as_published():
    places = draw(Source(), count=2000).places
    assert places[:, 2].max() == places[:, 3].max() == 12 - 3 - 1
    assert places[:, 2].min() == places[:, 3].min() == 0


def test_all_seasons_are_drawn_and_depend_on_the_seed():
    first, again, other = (draw(Source(), seed=seed).places for seed in (1, 1, 2))
    assert set(first[:, 1]) == {0, 1, 2, 3}
    np.testing.assert_array_equal(first, again)
    assert (first[:, 1] != other[:, 1]).any()


def test_patches_of_a_broken_cube_come_from_the_next_sound_one():
    sound = draw(Source())
    source = Source(broken={0, 2, 3})
    patches = draw(source)
    takes_over = np.array([1, 1, 4, 4, 4, 5])
    np.testing.assert_array_equal(patches.places[:, 0], takes_over[sound.places[:, 0]])
    np.testing.assert_array_equal(patches.places[:, 1:], sound.places[:, 1:])
    assert source.reads == dict.fromkeys(source.ids, 1)


def test_after_the_last_cube_comes_the_first_one():
    sound = draw(Source())
    patches = draw(Source(broken={4, 5}))
    takes_over = np.array([0, 1, 2, 3, 0, 0])
    np.testing.assert_array_equal(patches.places[:, 0], takes_over[sound.places[:, 0]])


def test_a_cube_of_another_size_is_passed_over_like_a_broken_one():
    broken, smaller = draw(Source(broken={2})), draw(Source(sizes={2: 8}))
    np.testing.assert_array_equal(broken.places, smaller.places)


def test_a_cube_that_cannot_be_opened_is_passed_over():
    source = Source()
    read = source.read

    def fail(cube_id):
        if cube_id == "001":
            raise FileNotFoundError(cube_id)
        return read(cube_id)

    source.read = fail
    assert 1 not in draw(source).places[:, 0]


def test_without_a_sound_cube_the_message_has_the_first_reason():
    with pytest.raises(CubeError, match=r"none of the 6 can be used.*'000' is torn"):
        draw(Source(broken=range(6)))


@pytest.mark.parametrize("size", [12, 13])
def test_images_that_are_no_larger_than_a_kernel_are_refused(size):
    with pytest.raises(CubeError, match="12 x 12 pixels"):
        draw(Source(), size=size)


def test_whitening_is_that_of_the_eigenvectors_applied_twice():
    patches = np.random.default_rng(0).normal(size=(60, 2, 3, 3)).astype("f4")
    rows = patches.reshape(60, -1).astype(float)
    rows = rows - rows.mean(axis=1, keepdims=True)
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    values, vectors = np.linalg.eigh(rows.T @ rows / 60)
    root = vectors @ np.diag((values + 0.001) ** -0.5) @ vectors.T
    expected = (rows @ root @ root).reshape(patches.shape)
    np.testing.assert_allclose(whiten(patches), expected, rtol=1e-5, atol=1e-5)


def test_a_patch_without_texture_becomes_a_kernel_of_zeros():
    patches = np.random.default_rng(0).normal(size=(60, 2, 3, 3)).astype("f4")
    patches[7] = 5.0
    kernels = whiten(patches)
    assert np.abs(kernels[7]).max() == 0
    assert np.isfinite(kernels).all()
