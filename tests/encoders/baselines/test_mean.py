"""The mean baseline against the published numbers, and against SciPy."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.ndimage import zoom

from neucobench.data.bands import SSL4EO_S12_V11
from neucobench.encoders.base import CubeBatch
from neucobench.encoders.baselines.mean import MeanEncoder, sample_grid
from neucobench.errors import CubeError

PLACES = ("282D_485L_3_3", "433D_629L_3_1", "609U_541L_3_0")
OPTICAL = ("s2l1c", "s2l2a")


@pytest.fixture(scope="module")
def published(shared):
    file = shared / "fixtures" / "encoders" / "mean_baseline.npz"
    if not file.is_file():
        pytest.skip("the encoder fixtures are not in the shared folder")
    with np.load(file) as arrays:
        return dict(arrays)


def _rotations(tile: np.ndarray, margin: int) -> np.ndarray:
    tile = np.pad(tile, ((0, 0), (margin, margin), (margin, margin)), mode="reflect")
    return np.stack([np.rot90(tile, turn, (1, 2)) for turn in range(4)])[None]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("size", "margin"), [(224, 0), (264, 20)])
def test_the_numbers_are_the_published_ones(
    published, shared, real_tiles, place, size, margin
):
    folder = shared / "data" / "terramesh"
    arrays = {
        name: _rotations(
            real_tiles.read_tile(folder / product / f"{place}.tif").astype("f4"), margin
        )
        for name, product in real_tiles.FOLDERS.items()
    }
    # The published cubes of this fixture take the stored values as shifted ones.
    batch = CubeBatch(ids=(place,), arrays=arrays, offsets=dict.fromkeys(OPTICAL, 1000))
    vector = MeanEncoder().encode(batch)[0]
    assert np.abs(vector - published[f"{place}_{size}"]).max() < 1e-6


@pytest.mark.parametrize("place", ["0080717", "0121563", "0173706"])
def test_the_resampling_of_real_seasons_is_the_published_one(
    published, shared, real_tiles, place
):
    points = sample_grid(real_tiles.ssl4eo_cube(shared, place), 8)
    statistics = SSL4EO_S12_V11["s2l2a"]
    mean, std = (np.array(v)[:, None, None] for v in (statistics.mean, statistics.std))
    standardized = (points + 1000 - mean) / std
    assert np.abs(standardized - published[f"l2a_{place}"]).max() < 1e-6


@settings(deadline=None, max_examples=30)
@given(rows=st.integers(2, 40), columns=st.integers(2, 40), seed=st.integers(0, 99))
def test_sampling_is_scipys_zoom_of_order_1(rows, columns, seed):
    # For some lengths (30, but not 64, 224 or 264) SciPy's last point is rounded to a
    # place past the image and becomes 0.
    assume(all((length - 1) / 7 * 7 <= length - 1 for length in (rows, columns)))
    image = np.random.default_rng(seed).normal(size=(rows, columns))
    expected = zoom(image, (8 / rows, 8 / columns), order=1)
    np.testing.assert_allclose(sample_grid(image, 8), expected, rtol=0, atol=1e-12)


def test_an_image_of_one_pixel_is_that_pixel_everywhere():
    np.testing.assert_array_equal(
        sample_grid(np.full((1, 1), 7), 8), np.full((8, 8), 7)
    )


def test_no_data_beside_a_point_does_not_reach_it():
    image = np.full((15, 15), np.nan)
    image[::2, ::2] = 1.0  # 8 x 8 points fall on every second pixel exactly
    assert np.isfinite(sample_grid(image, 8)).all()


def test_values_that_carry_the_shift_already_give_the_same_vector(batch):
    shifted = {
        name: array + np.int16(1000) if name in OPTICAL else array
        for name, array in batch.arrays.items()
    }
    offsets = dict.fromkeys(OPTICAL, 1000) | {"s1": 0}
    other = CubeBatch(ids=batch.ids, arrays=shifted, offsets=offsets)
    np.testing.assert_array_equal(
        MeanEncoder().encode(other), MeanEncoder().encode(batch)
    )


def test_cubes_stored_with_the_shift_are_encoded_with_shift_0(batch):
    stored = {
        name: array + np.int16(1000) if name in OPTICAL else array
        for name, array in batch.arrays.items()
    }
    other = CubeBatch(ids=batch.ids, arrays=stored, offsets=batch.offsets)
    np.testing.assert_array_equal(
        MeanEncoder(shift=0).encode(other), MeanEncoder().encode(batch)
    )


def _touch(batch: CubeBatch, modality: str, band: int) -> CubeBatch:
    arrays = {name: array.copy() for name, array in batch.arrays.items()}
    arrays[modality][:, :, band] += 100
    return CubeBatch(ids=batch.ids, arrays=arrays, offsets=batch.offsets)


def _channels_that_change(encoder, batch, modality, band) -> list[int]:
    before = encoder.encode(batch)
    after = encoder.encode(_touch(batch, modality, band))
    changed = (before != after).reshape(len(batch), 4, 4, 8, 8)
    return [int(index) for index in np.flatnonzero(changed.any(axis=(0, 1, 3, 4)))]


@pytest.mark.parametrize(
    ("modality", "band", "published_channel", "corrected_channel"),
    [
        ("s2l1c", 8, [0], [0]),  # B8A
        ("s2l1c", 9, [1], [0]),  # B09
        ("s2l1c", 10, [2], [1]),  # B10
        ("s2l1c", 11, [2], [2]),  # B11
        ("s2l2a", 9, [], [0]),  # B09, which the published code leaves out
        ("s2l2a", 10, [2], [2]),  # B11
        ("s1", 1, [3], [3]),  # VH
    ],
)
def test_each_band_counts_in_its_channel(
    batch, modality, band, published_channel, corrected_channel
):
    as_published, corrected = MeanEncoder(), MeanEncoder(corrected=True)
    assert (
        _channels_that_change(as_published, batch, modality, band) == published_channel
    )
    assert _channels_that_change(corrected, batch, modality, band) == corrected_channel


def test_the_corrected_variant_has_a_name_of_its_own():
    assert MeanEncoder(corrected=True).name == "mean-corrected"


def test_seasons_are_the_slowest_axis_of_the_vector(batch):
    arrays = {name: array[:, ::-1] for name, array in batch.arrays.items()}
    backwards = CubeBatch(ids=batch.ids, arrays=arrays, offsets=batch.offsets)
    forward = MeanEncoder().encode(batch).reshape(-1, 4, 256)
    turned = MeanEncoder().encode(backwards).reshape(-1, 4, 256)
    np.testing.assert_array_equal(turned, forward[:, ::-1])


@pytest.mark.parametrize("cut", ["seasons", "bands"])
def test_a_cube_of_another_shape_is_refused_with_both_numbers(batch, cut):
    part = (slice(None), slice(3)) if cut == "seasons" else (slice(None),) * 2
    part = (*part, slice(11)) if cut == "bands" else part
    arrays = dict(batch.arrays) | {"s2l1c": batch.arrays["s2l1c"][part]}
    other = CubeBatch(ids=batch.ids, arrays=arrays, offsets=batch.offsets)
    with pytest.raises(CubeError, match="needs 4 seasons and 13 bands"):
        MeanEncoder().encode(other)
