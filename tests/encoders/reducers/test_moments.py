"""Streamed moments against those of all rows at once."""

import numpy as np
import pytest

from neucobench.encoders.reducers import base
from neucobench.encoders.reducers.moments import column_moments, scatter_matrix


@pytest.fixture(params=[24, 24 * 7, 2**22])
def chunked(request, monkeypatch):
    """Read features in chunks of 1 row, of 7 rows, or all at once."""
    monkeypatch.setattr(base.row_chunks, "__kwdefaults__", {"values": request.param})


def test_columns(features, chunked):
    moments = column_moments(features)
    rows = features.astype(np.float64)
    assert moments.count == len(features)
    np.testing.assert_allclose(moments.mean, rows.mean(axis=0), rtol=1e-13)
    np.testing.assert_allclose(moments.squares, rows.var(axis=0) * 300, rtol=1e-12)


def test_scatter(features, chunked):
    scatter = scatter_matrix(features)
    rows = features.astype(np.float64) - features.astype(np.float64).mean(axis=0)
    expected = np.triu(rows.T @ rows)
    np.testing.assert_allclose(np.triu(scatter.matrix), expected, atol=1e-11)
    np.testing.assert_allclose(scatter.mean, features.astype(np.float64).mean(axis=0))


def test_columns_far_from_zero_keep_their_digits(chunked):
    rng = np.random.default_rng(0)
    # Steps of 1/16 are exact in float32 at 2**19.
    steps = rng.integers(0, 16, (300, 24)) / 16
    far = (steps + 2**19).astype(np.float32)
    np.testing.assert_allclose(
        column_moments(far).squares, steps.var(axis=0) * 300, rtol=1e-9
    )
    scatter = scatter_matrix(far)
    np.testing.assert_allclose(
        np.diag(scatter.matrix), steps.var(axis=0) * 300, rtol=1e-9
    )


def test_constant_columns_have_exactly_no_variance(chunked):
    constant = np.full((299, 24), 0.1, np.float32)
    assert (column_moments(constant).squares == 0).all()
    assert (scatter_matrix(constant).matrix == 0).all()
