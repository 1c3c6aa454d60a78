"""DCT coefficients against SciPy's, and what they must not depend on."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.fft import dct, dctn

from neucobench.data.bands import MODALITIES, SSL4EO_S12_V11
from neucobench.encoders.base import CubeBatch
from neucobench.encoders.baselines.dct import DctEncoder, cosine_basis
from neucobench.encoders.load import load_encoder
from neucobench.errors import CubeError, UsageError
from neucobench.studies.band_means import BandMeans


def _with(batch: CubeBatch, **changed) -> CubeBatch:
    return CubeBatch(
        ids=batch.ids, arrays={**batch.arrays, **changed}, offsets=batch.offsets
    )


def _standardized(batch: CubeBatch) -> np.ndarray:
    """Return (samples, season, 27, y, x), with the shift added to every pixel."""
    blocks = []
    for name in ("s1", "s2l1c", "s2l2a"):
        statistics = SSL4EO_S12_V11[name]
        mean, std = (
            np.array(v)[:, None, None] for v in (statistics.mean, statistics.std)
        )
        values = batch.arrays[name].astype(float) + statistics.offset
        blocks.append((values - mean) / std)
    return np.concatenate(blocks, axis=2)


@pytest.mark.parametrize("block", [1, 3, 16])
def test_the_coefficients_are_scipys(batch, block):
    values = _standardized(batch)
    expected = dctn(values, axes=(3, 4), norm="ortho")[..., :block, :block] / 16
    found = DctEncoder(block=block).encode(batch).reshape(expected.shape)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


def test_with_temporal_the_seasons_are_transformed_too(batch):
    values = _standardized(batch)
    expected = dctn(values, axes=(1, 3, 4), norm="ortho")[..., :3, :3] / (2 * 16)
    found = DctEncoder(temporal=True).encode(batch).reshape(expected.shape)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


def test_images_that_are_not_square_are_transformed_along_both_sides(batch):
    cut = {name: batch.arrays[name][..., :10] for name in MODALITIES}
    other = _with(batch, **cut)
    expected = dctn(_standardized(other), axes=(3, 4), norm="ortho")[..., :3, :3]
    found = DctEncoder().encode(other).reshape(expected.shape)
    np.testing.assert_allclose(found, expected / np.sqrt(160), rtol=1e-6, atol=1e-6)


@given(length=st.integers(1, 300), data=st.data())
def test_the_basis_is_scipys_matrix(length, data):
    count = data.draw(st.integers(1, length))
    matrix = dct(np.eye(length), axis=0, norm="ortho")[:count]
    np.testing.assert_allclose(
        cosine_basis(length, count) * np.sqrt(length), matrix, atol=1e-12
    )


def test_the_first_coefficient_is_the_mean(batch):
    found = DctEncoder(block=1).encode(batch)
    np.testing.assert_allclose(found, BandMeans().encode(batch), rtol=1e-6, atol=1e-6)


def test_a_smaller_block_is_the_corner_of_a_larger_one(batch):
    small = DctEncoder(block=2).encode(batch).reshape(5, 4, 27, 2, 2)
    large = DctEncoder(block=5).encode(batch).reshape(5, 4, 27, 5, 5)
    np.testing.assert_allclose(small, large[..., :2, :2], atol=1e-6)


def test_a_wave_along_x_is_one_coefficient(batch):
    wave = np.cos(np.pi * (np.arange(16) + 0.5) * 2 / 16)
    image = np.broadcast_to(1000 * wave, batch.arrays["s2l2a"].shape)
    vectors = DctEncoder(inputs="s2l2a").encode(_with(batch, s2l2a=image))
    squares = vectors.reshape(5, 4, 12, 9)[..., 1:] ** 2
    assert (squares.argmax(axis=-1) + 1 == 2).all()  # row 0, column 2
    assert (np.sort(squares, axis=-1)[..., :-1] < 1e-12).all()


def test_the_length_follows_the_options(batch):
    encoder = DctEncoder(block=2, inputs="s2l1c,s1")
    assert encoder.modalities == ("s2l1c", "s1")
    assert encoder.encode(batch).shape == (5, encoder.dims) == (5, 4 * 15 * 4)


@pytest.mark.parametrize("temporal", [False, True])
def test_the_size_of_the_batch_does_not_change_a_bit(batch, temporal):
    encoder = DctEncoder(block=4, temporal=temporal)
    alone = [
        encoder.encode(
            CubeBatch(
                ids=(name,),
                arrays={
                    key: array[row : row + 1] for key, array in batch.arrays.items()
                },
                offsets=batch.offsets,
            )
        )
        for row, name in enumerate(batch.ids)
    ]
    np.testing.assert_array_equal(np.concatenate(alone), encoder.encode(batch))


def test_cubes_stored_with_the_shift_are_encoded_with_shift_0(batch):
    stored = {name: batch.arrays[name] + np.int16(1000) for name in ("s2l1c", "s2l2a")}
    np.testing.assert_allclose(
        DctEncoder(shift=0).encode(_with(batch, **stored)),
        DctEncoder().encode(batch),
        atol=1e-6,
    )


def test_what_the_reader_added_is_not_added_again(batch):
    read = CubeBatch(
        ids=batch.ids,
        arrays={
            name: array.astype(np.int32) + 1000 if name != "s1" else array
            for name, array in batch.arrays.items()
        },
        offsets={"s1": 0, "s2l1c": 1000, "s2l2a": 1000},
    )
    np.testing.assert_allclose(
        DctEncoder().encode(read), DctEncoder().encode(batch), atol=1e-6
    )


def test_one_nan_shows_in_its_band_and_season_alone(batch):
    spoiled = batch.arrays["s1"].copy()
    spoiled[0, 3, 0, 2, 2] = np.nan
    vectors = DctEncoder().encode(_with(batch, s1=spoiled)).reshape(5, 4, 27, 9)
    missing = np.isnan(vectors)
    assert np.argwhere(missing.all(axis=3)).tolist() == [[0, 3, 0]]
    assert missing.sum() == 9


def test_a_block_larger_than_the_image_is_refused_with_both_numbers(batch):
    with pytest.raises(CubeError, match=r"16 x 16 pixels.*keeps 17.*block=16"):
        DctEncoder(block=17).encode(batch)


@pytest.mark.parametrize("cut", ["seasons", "bands"])
def test_a_cube_of_another_shape_is_refused_with_both_numbers(batch, cut):
    part = np.s_[:, :3] if cut == "seasons" else np.s_[:, :, :11]
    other = _with(batch, s2l1c=batch.arrays["s2l1c"][part])
    with pytest.raises(CubeError, match="needs 4 seasons and 13 bands"):
        DctEncoder().encode(other)


def test_cubes_of_two_seasons_are_encoded_when_two_are_asked_for(batch):
    two = _with(batch, **{name: batch.arrays[name][:, :2] for name in MODALITIES})
    vectors = DctEncoder(season_count=2).encode(two)
    np.testing.assert_array_equal(vectors, DctEncoder().encode(batch)[:, : 2 * 27 * 9])


@pytest.mark.parametrize("options", [{"block": 0}, {"season_count": 0}])
def test_options_that_leave_nothing_are_refused(options):
    with pytest.raises(UsageError, match="both are 1 or more"):
        DctEncoder(**options)


def test_options_of_the_command_line_reach_it():
    encoder = load_encoder("dct", options={"block": "4", "temporal": "true"})
    assert encoder.dims == 4 * 27 * 16
    assert encoder.options["temporal"] == "True"


def test_it_travels_to_other_processes(batch):
    copy = pickle.loads(pickle.dumps(DctEncoder(inputs="s1")))
    np.testing.assert_array_equal(
        copy.encode(batch), DctEncoder(inputs="s1").encode(batch)
    )
