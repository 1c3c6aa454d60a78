"""Temporal MOSAIKS against the published code's numbers, and its options."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch

from neucobench.data.bands import MODALITIES
from neucobench.encoders.base import CubeBatch
from neucobench.encoders.mosaiks.encoder import MosaiksEncoder
from neucobench.encoders.mosaiks.random_conv import gaussian_kernels
from neucobench.errors import CubeError, InputError, UnknownNameError, UsageError

SMALL = MosaiksEncoder(features=64, mode="gaussian")


class Source:
    """Give the cubes that are held in memory."""

    def __init__(self, batches):
        self.cubes = {batch.ids[0]: batch for batch in batches}

    @property
    def ids(self):
        return tuple(self.cubes)

    def read(self, cube_id):
        return self.cubes[cube_id]


def part(batch, rows):
    return CubeBatch(
        ids=tuple(batch.ids[row] for row in rows),
        arrays={name: array[rows] for name, array in batch.arrays.items()},
        offsets=batch.offsets,
    )


def replace_arrays(batch, arrays, offsets=None):
    return CubeBatch(ids=batch.ids, arrays=arrays, offsets=offsets or batch.offsets)


def as_source(batch):
    return Source(part(batch, [row]) for row in range(len(batch)))


@pytest.fixture(scope="module")
def published(shared):
    file = shared / "fixtures" / "encoders" / "rcf.npz"
    if not file.is_file():
        pytest.skip("the encoder fixtures are not in the shared folder")
    with np.load(file) as arrays:
        return dict(arrays)


@pytest.fixture(scope="module")
def tiles(shared, real_tiles):
    """Return the three TerraMesh places as cubes of one season."""
    if not (shared / "data" / "terramesh").is_dir():
        pytest.skip("the TerraMesh tiles are not in the shared folder")
    return [
        CubeBatch(
            ids=(place,),
            arrays={
                name: seasons[None, :1]
                for name, seasons in real_tiles.terramesh_cube(shared, place).items()
            },
            offsets=dict.fromkeys(MODALITIES, 0),
        )
        for place in real_tiles.TERRAMESH
    ]


def vectors(encoder, batches):
    return np.concatenate([encoder.encode(batch) for batch in batches])


def test_gaussian_kernels_and_features_are_the_published_ones(published, tiles):
    draws = torch.Generator().manual_seed(SMALL.seed)
    kernels = gaussian_kernels((32, 27, 3, 3), draws)
    head = published["gaussian_weights_head"]
    np.testing.assert_array_equal(kernels[: len(head)], head)
    expected = published["gaussian_features64"]
    np.testing.assert_allclose(vectors(SMALL, tiles), expected, rtol=1e-4)


@pytest.mark.parametrize("features", [64, 1024])
def test_empirical_draws_kernels_and_features_are_the_published_ones(
    published, tiles, features
):
    encoder = MosaiksEncoder(features=features)
    state = encoder.fit(Source(tiles))
    cube, _, row, column = state["places"].T
    np.testing.assert_array_equal(
        [cube, row, column], published[f"empirical_draws{features}"]
    )
    weights = published[f"empirical_weights{features}_head"]
    assert np.abs(state["kernels"][: len(weights)] - weights).max() < 1e-3
    found = vectors(encoder.fitted(state), tiles)
    np.testing.assert_allclose(
        found, published[f"empirical_features{features}"], rtol=1e-3
    )


def test_seasons_and_their_mean_are_the_published_ones(published, shared, real_tiles):
    encoder = replace(SMALL, inputs="s2l2a")
    batches = [
        CubeBatch(
            ids=(place,),
            arrays={"s2l2a": real_tiles.ssl4eo_cube(shared, place)[None]},
            offsets={"s2l2a": 0},
        )
        for place in real_tiles.SSL4EO
    ]
    mean = published["temporal_l2a_gaussian64_mean"]
    np.testing.assert_allclose(vectors(encoder, batches), mean, rtol=1e-4)
    seasons = vectors(replace(encoder, season="concat"), batches).reshape(3, 4, 64)
    expected = published["temporal_l2a_gaussian64"]
    np.testing.assert_allclose(seasons, expected, rtol=1e-4)


def test_features_of_small_tiles_are_the_published_ones(published, tiles):
    batches = [
        CubeBatch(
            ids=batch.ids,
            arrays={
                name: array[..., row : row + 32, column : column + 32]
                for name, array in batch.arrays.items()
            },
            offsets=batch.offsets,
        )
        for batch in tiles
        for row in range(0, 224, 32)
        for column in range(0, 224, 32)
    ]
    np.testing.assert_allclose(
        vectors(SMALL, batches), published["tiles_gaussian64"], rtol=1e-4
    )


def test_seed_0_is_refused_since_the_published_code_takes_it_as_none():
    with pytest.raises(UsageError, match="the published code takes 0 as no seed"):
        MosaiksEncoder(seed=0)


@pytest.mark.parametrize(
    "options", [{"features": 63}, {"features": 0}, {"kernel": 0}, {"seed": 2**63}]
)
def test_options_that_nothing_can_be_computed_with_are_refused(options):
    with pytest.raises(UsageError, match="got "):
        MosaiksEncoder(**options)


@pytest.mark.parametrize(
    "options",
    [{"mode": "gausian"}, {"season": "max"}, {"precision": "f"}, {"inputs": "s2"}],
)
def test_an_unknown_choice_is_refused_with_those_that_exist(options):
    with pytest.raises(UnknownNameError, match=r"Did you mean|Known"):
        MosaiksEncoder(**options)


def test_before_it_is_fitted_the_empirical_mode_says_what_to_do(batch):
    encoder = MosaiksEncoder()
    assert encoder.needs_fit
    assert encoder.transductive
    with pytest.raises(InputError, match="mode=gaussian"):
        encoder.encode(batch)


def test_the_gaussian_mode_needs_no_cubes(batch):
    encoder = MosaiksEncoder(mode="gaussian", features=8)
    assert not encoder.needs_fit
    assert not encoder.transductive
    assert encoder.encode(batch).shape == (5, 8)


def test_fitting_again_gives_the_same_kernels_and_another_seed_others(batch):
    source = as_source(batch)
    first, again, other = (
        MosaiksEncoder(features=16, seed=seed).fit(source)["kernels"]
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_kernels_of_other_options_are_refused(batch):
    state = MosaiksEncoder(features=16).fit(as_source(batch))
    with pytest.raises(InputError, match=r"\(8, 27, 3, 3\).*\(16, 27, 3, 3\)"):
        MosaiksEncoder(features=32).fitted(state)


def test_a_fitted_encoder_travels_in_little_room(batch):
    encoder = MosaiksEncoder(features=16)
    encoder = encoder.fitted(encoder.fit(as_source(batch)))
    assert not encoder.needs_fit
    data = pickle.dumps(encoder)
    assert len(data) < 2 * encoder.kernels.nbytes
    expected = encoder.encode(batch)
    np.testing.assert_array_equal(pickle.loads(data).encode(batch), expected)


def test_values_that_carry_the_shift_already_give_the_same_vector(batch):
    shifted = {
        name: array + np.int16(1000) if MODALITIES[name].optical else array
        for name, array in batch.arrays.items()
    }
    expected = SMALL.encode(batch)
    by_reader = replace_arrays(batch, shifted, {"s1": 0, "s2l1c": 1000, "s2l2a": 1000})
    np.testing.assert_allclose(SMALL.encode(by_reader), expected, rtol=1e-5)
    found = replace(SMALL, shift=-1000).encode(replace_arrays(batch, shifted))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_concatenated_seasons_are_the_slowest_index(batch):
    encoder = replace(SMALL, season="concat")
    assert encoder.dims == 4 * 64
    arrays = {name: array[:, ::-1] for name, array in batch.arrays.items()}
    turned = encoder.encode(replace_arrays(batch, arrays)).reshape(-1, 4, 64)
    expected = encoder.encode(batch).reshape(-1, 4, 64)[:, ::-1]
    np.testing.assert_array_equal(turned, expected)


def test_cubes_of_three_seasons_have_a_mean_but_no_concatenation(batch):
    arrays = {name: array[:, :3] for name, array in batch.arrays.items()}
    three = replace_arrays(batch, arrays)
    assert SMALL.encode(three).shape == (5, 64)
    with pytest.raises(CubeError, match="has 3 seasons"):
        replace(SMALL, season="concat").encode(three)


def test_a_cube_smaller_than_a_kernel_is_refused(batch):
    with pytest.raises(CubeError, match="16 x 16 pixels and the kernels 17 x 17"):
        replace(SMALL, kernel=17, features=2).encode(batch)


def test_other_modalities_are_read_in_the_order_that_is_given(batch):
    encoder = replace(SMALL, inputs="s2l2a,s1")
    assert encoder.modalities == ("s2l2a", "s1")
    turned = replace(SMALL, inputs="s1,s2l2a")
    assert (encoder.encode(batch) != turned.encode(batch)).any()


def test_bfloat16_is_close(batch):
    rough, exact = replace(SMALL, precision="bf16").encode(batch), SMALL.encode(batch)
    assert 0 < np.abs(rough - exact).max() / exact.mean() < 1e-2
