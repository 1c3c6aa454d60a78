"""Reducers that keep the columns: standardize, scale, whiten, l2, truncate."""

import numpy as np
import pytest

from neucobench.encoders.reducers.base import Block
from neucobench.encoders.reducers.l2 import L2
from neucobench.encoders.reducers.scale import Scale
from neucobench.encoders.reducers.standardize import Standardize
from neucobench.encoders.reducers.truncate import Truncate
from neucobench.encoders.reducers.whiten import Whiten
from neucobench.errors import UsageError


def test_standardized_columns_have_mean_0_and_deviation_1(features, blocks):
    fitted = Standardize().fit(features, blocks)
    vectors = fitted.transform(features).astype(np.float64)
    np.testing.assert_allclose(vectors.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(vectors.std(axis=0), 1, atol=1e-6)
    assert fitted.blocks == blocks


def test_a_constant_column_is_centered_and_not_divided(features, blocks):
    constant = features.copy()
    constant[:, 4] = 7
    fitted = Standardize().fit(constant, blocks)
    constant[:, 4] = 9
    assert (fitted.transform(constant)[:, 4] == 2).all()


def _parts(vectors: np.ndarray, blocks) -> list[np.ndarray]:
    return [vectors[:, block.start : block.stop] for block in blocks]


@pytest.mark.parametrize("per_block", [True, False])
def test_unit_variance_is_that_of_the_average_column(features, blocks, per_block):
    fitted = Scale(per_block=per_block).fit(features, blocks)
    vectors = fitted.transform(features).astype(np.float64)
    parts = _parts(vectors, blocks) if per_block else [vectors]
    for part in parts:
        assert part.var(axis=0).mean() == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("per_block", [True, False])
def test_unit_frobenius_makes_all_squares_sum_to_1(features, blocks, per_block):
    fitted = Scale(to="unit-frobenius", per_block=per_block).fit(features, blocks)
    vectors = fitted.transform(features).astype(np.float64)
    parts = _parts(vectors, blocks) if per_block else [vectors]
    for part in parts:
        assert np.square(part).sum() == pytest.approx(1, abs=1e-6)


def test_scaling_is_by_one_number_and_nothing_is_subtracted(features, blocks):
    vectors = Scale().fit(features, blocks).transform(features)
    for part, scaled in zip(
        _parts(features, blocks), _parts(vectors, blocks), strict=True
    ):
        np.testing.assert_allclose(scaled / part, scaled[0, 0] / part[0, 0], rtol=1e-5)


def test_a_block_of_zeros_is_kept(features, blocks):
    empty = features.copy()
    empty[:, :8] = 0
    for to in ("unit-variance", "unit-frobenius"):
        vectors = Scale(to=to).fit(empty, blocks).transform(empty)
        assert (vectors[:, :8] == 0).all()
        assert (vectors[:, 8:] != 0).any()


@pytest.mark.parametrize("mode", ["zca", "pca"])
def test_whitened_columns_are_uncorrelated_with_variance_1(features, blocks, mode):
    vectors = Whiten(mode=mode).fit(features, blocks).transform(features)
    covariance = np.cov(vectors.astype(np.float64).T)
    np.testing.assert_allclose(covariance, np.eye(24), atol=1e-5)


def test_zca_keeps_the_blocks_and_stays_nearer_to_the_columns(features, blocks):
    zca, pca = (Whiten(mode=mode).fit(features, blocks) for mode in ("zca", "pca"))
    assert zca.blocks == blocks
    assert pca.blocks == (Block(name="a+b+c", start=0, stop=24),)
    scaled = (features - features.mean(axis=0)) / features.std(axis=0)
    distances = [
        np.square(fitted.transform(features) - scaled).sum() for fitted in (zca, pca)
    ]
    assert distances[0] < distances[1]


def test_what_is_below_the_floor_is_not_blown_up(one_block):
    draws = np.random.default_rng(0).normal(size=(5000, 3))
    features = (draws * [10, 1, 0.01]).astype(np.float32)
    fitted = Whiten(mode="pca", eps=1e-4).fit(features, one_block(3))
    deviations = fitted.transform(features).std(axis=0)
    # The floor is a deviation of 10 * sqrt(1e-4) = 0.1.
    np.testing.assert_allclose(deviations, [1, 1, 0.1], rtol=0.05)


def test_rows_get_unit_length_and_zeros_stay_zeros(features, blocks):
    spoilt = features.copy()
    spoilt[5] = 0
    spoilt[6] *= 1e-30
    vectors = L2().fit(spoilt, blocks).transform(spoilt)
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=1)
    np.testing.assert_allclose(np.delete(lengths, 5), 1, atol=1e-6)
    assert (vectors[5] == 0).all()


@pytest.mark.parametrize(
    ("dims", "stops"), [(30, [8, 20, 24]), (20, [8, 20]), (9, [8, 9]), (1, [1])]
)
def test_truncation_keeps_the_first_columns_and_their_blocks(
    features, blocks, dims, stops
):
    fitted = Truncate(dims=dims).fit(features, blocks)
    np.testing.assert_array_equal(fitted.transform(features), features[:, :dims])
    assert [block.stop for block in fitted.blocks] == stops


@pytest.mark.parametrize(
    ("reducer", "options"),
    [
        (Scale, {"to": "unit"}),
        (Whiten, {"mode": "cholesky"}),
        (Whiten, {"eps": 0.0}),
        (Whiten, {"eps": float("nan")}),
        (Truncate, {"dims": 0}),
    ],
)
def test_options_that_cannot_be_are_refused(reducer, options):
    with pytest.raises(UsageError, match=r" got .* it takes: "):
        reducer(**options)
