"""Band statistics against NumPy's own, and what they must not depend on."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from neucobench.data.bands import MODALITIES, SSL4EO_S12_V11
from neucobench.encoders.base import CubeBatch
from neucobench.encoders.baselines.bandstats import BandStatsEncoder, plane_statistics
from neucobench.encoders.load import load_encoder
from neucobench.errors import CubeError, UnknownNameError, UsageError
from neucobench.studies.band_means import BandMeans

PERCENTS = (5, 25, 50, 75, 95)


def _with(batch: CubeBatch, **changed) -> CubeBatch:
    return CubeBatch(
        ids=batch.ids,
        arrays={**batch.arrays, **changed},
        offsets=batch.offsets,
    )


def _by_numpy(batch: CubeBatch) -> np.ndarray:
    """Return (samples, 756), every pixel standardized first."""
    blocks = []
    for name in ("s1", "s2l1c", "s2l2a"):
        statistics = SSL4EO_S12_V11[name]
        mean, std = (
            np.array(v)[:, None, None] for v in (statistics.mean, statistics.std)
        )
        values = (batch.arrays[name].astype(float) + statistics.offset - mean) / std
        described = [values.mean(axis=(3, 4)), values.std(axis=(3, 4))]
        described += list(np.percentile(values, PERCENTS, axis=(3, 4)))
        blocks.append(np.stack(described, axis=-1))
    return np.concatenate(blocks, axis=2).reshape(len(batch), -1)


def test_the_numbers_are_numpys_of_standardized_pixels(batch):
    vectors = BandStatsEncoder().encode(batch)
    assert vectors.shape == (5, 756)
    np.testing.assert_allclose(vectors, _by_numpy(batch), rtol=2e-6, atol=2e-6)


def test_the_means_alone_are_those_of_the_band_means_encoder(batch):
    means = BandStatsEncoder(statistics="mean").encode(batch)
    np.testing.assert_allclose(means, BandMeans().encode(batch), rtol=1e-6, atol=1e-6)


@settings(deadline=None, max_examples=60)
@given(
    plane=st.one_of(
        arrays.arrays(np.int16, (5, 7)),
        arrays.arrays(np.uint16, (5, 7)),
        arrays.arrays(np.uint8, (1, 1)),
        arrays.arrays(np.int32, (4, 3), elements=st.integers(-(10**6), 10**6)),
        arrays.arrays(np.float32, (5, 7), elements=st.floats(-100, 100, width=32)),
    ),
    percent=st.floats(0, 100),
)
def test_any_kind_of_pixels_gives_numpys_statistics(plane, percent):
    found = plane_statistics(plane, ["mean", "std", percent])
    values = plane.astype(float)
    expected = [values.mean(), values.std(), np.percentile(values, percent)]
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


def test_minimum_and_maximum_are_found_at_both_ends_of_int16():
    plane = np.array([[-32768, 0], [5, 32767]], np.int16)
    assert plane_statistics(plane, [0.0, 100.0]).tolist() == [-32768, 32767]


def test_the_order_is_season_band_statistic(batch):
    encoder = BandStatsEncoder(statistics="max,mean", inputs="s2l2a,s1")
    before = encoder.encode(batch)
    touched = batch.arrays["s1"].copy()
    touched[:, 2, 1] += 100
    after = encoder.encode(_with(batch, s1=touched))
    changed = (before != after).any(axis=0).reshape(4, 14, 2)
    assert np.argwhere(changed.any(axis=2)).tolist() == [[2, 13]]
    assert (after - before).reshape(5, 4, 14, 2)[:, 2, 13] == pytest.approx(
        np.full((5, 2), 100 / SSL4EO_S12_V11["s1"].std[1]), rel=1e-4
    )


def test_the_length_follows_the_options(batch):
    encoder = BandStatsEncoder(statistics="min,max,p99.9", inputs="s2l2a")
    assert encoder.modalities == ("s2l2a",)
    assert encoder.dims == 4 * 12 * 3
    assert encoder.encode(batch).shape == (5, encoder.dims)


def test_a_constant_band_has_no_deviation_and_equal_percentiles(batch):
    flat = np.full_like(batch.arrays["s2l2a"], 793)
    vectors = BandStatsEncoder(inputs="s2l2a").encode(_with(batch, s2l2a=flat))
    first_band = vectors.reshape(5, 4, 12, 7)[:, :, 0]
    assert (first_band[..., 1] == 0).all()
    assert (first_band[..., 2:] == first_band[..., :1]).all()
    assert first_band[0, 0, 0] == pytest.approx((1793 - 1793.243) / 1160.144)


def test_cubes_stored_with_the_shift_are_encoded_with_shift_0(batch):
    stored = {name: batch.arrays[name] + np.int16(1000) for name in ("s2l1c", "s2l2a")}
    np.testing.assert_allclose(
        BandStatsEncoder(shift=0).encode(_with(batch, **stored)),
        BandStatsEncoder().encode(batch),
        atol=1e-6,
    )


def test_what_the_reader_added_is_not_added_again(batch):
    wide = {
        name: batch.arrays[name].astype(np.int32) + 1000 for name in ("s2l1c", "s2l2a")
    }
    read = CubeBatch(
        ids=batch.ids,
        arrays={**batch.arrays, **wide},
        offsets={"s1": 0, "s2l1c": 1000, "s2l2a": 1000},
    )
    np.testing.assert_allclose(
        BandStatsEncoder().encode(read), BandStatsEncoder().encode(batch), atol=1e-6
    )


def test_one_nan_shows_in_its_band_and_season_alone(batch):
    spoiled = batch.arrays["s1"].copy()
    spoiled[0, 3, 0, 2, 2] = np.nan
    vectors = BandStatsEncoder().encode(_with(batch, s1=spoiled))
    missing = np.isnan(vectors).reshape(5, 4, 27, 7)
    assert np.argwhere(missing.all(axis=3)).tolist() == [[0, 3, 0]]
    assert missing.sum() == 7


def test_an_infinite_pixel_leaves_the_inner_percentiles_finite(batch):
    spoiled = batch.arrays["s1"].copy()
    spoiled[:, 0, 0, 0, 0] = -np.inf
    encoder = BandStatsEncoder(statistics="min,p50", inputs="s1")
    vectors = encoder.encode(_with(batch, s1=spoiled)).reshape(5, 4, 2, 2)
    assert np.isneginf(vectors[:, 0, 0, 0]).all()
    assert np.isfinite(vectors[:, 0, 0, 1]).all()


@pytest.mark.parametrize("cut", ["seasons", "bands"])
def test_a_cube_of_another_shape_is_refused_with_both_numbers(batch, cut):
    part = np.s_[:, :3] if cut == "seasons" else np.s_[:, :, :11]
    other = _with(batch, s2l1c=batch.arrays["s2l1c"][part])
    with pytest.raises(CubeError, match="needs 4 seasons and 13 bands"):
        BandStatsEncoder().encode(other)


def test_cubes_of_two_seasons_are_encoded_when_two_are_asked_for(batch):
    two = _with(batch, **{name: batch.arrays[name][:, :2] for name in MODALITIES})
    vectors = BandStatsEncoder(season_count=2).encode(two)
    np.testing.assert_array_equal(vectors, BandStatsEncoder().encode(batch)[:, :378])


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"statistics": "mean,medium"}, UnknownNameError, "statistic of the encoder"),
        ({"statistics": ""}, UnknownNameError, "Known: max, mean, min, p25"),
        ({"statistics": "p101"}, UsageError, "a percentile is p0 to p100"),
        ({"statistics": "pnan"}, UnknownNameError, "'pnan'"),
        ({"statistics": "p100,max"}, UsageError, "one stands twice"),
        ({"inputs": "s2l2b"}, UnknownNameError, "Did you mean 's2l2a'"),
        ({"inputs": "s1,S1"}, UsageError, "a modality stands twice"),
        ({"season_count": 0}, UsageError, "a cube has 1 or more"),
    ],
)
def test_a_bad_option_is_refused_with_a_sentence(options, error, message):
    with pytest.raises(error, match=message):
        BandStatsEncoder(**options)


def test_options_of_the_command_line_reach_it():
    encoder = load_encoder(
        "bandstats", options={"statistics": "p2,p98", "inputs": "s2l2a", "shift": "0"}
    )
    assert encoder.dims == 4 * 12 * 2
    assert encoder.options["statistics"] == "p2,p98"


def test_it_travels_to_other_processes(batch):
    copy = pickle.loads(pickle.dumps(BandStatsEncoder(inputs="s1")))
    np.testing.assert_array_equal(
        copy.encode(batch), BandStatsEncoder(inputs="s1").encode(batch)
    )
