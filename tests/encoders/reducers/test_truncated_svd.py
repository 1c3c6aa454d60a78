"""Truncated SVD against scikit-learn, and what it must not do."""

import numpy as np
import pytest
from sklearn.decomposition import TruncatedSVD

from neucobench.encoders.reducers.truncated_svd import TruncatedSvd
from neucobench.errors import UsageError


def test_the_defaults_are_scikit_learns(make, one_block):
    features = make(400, 90)
    ours = TruncatedSvd(dims=30).fit(features, one_block(90)).transform(features)
    theirs = TruncatedSVD(n_components=30, random_state=42).fit_transform(features)
    error = np.abs(ours - theirs).max(axis=0)
    assert (error / np.abs(theirs).max(axis=0)).max() < 1e-5


@pytest.mark.parametrize("shape", [(120, 40), (30, 70)])
def test_exact_is_u_times_s_without_centering(make, one_block, shape):
    features = make(*shape)
    fitted = TruncatedSvd(dims=12, solver="exact").fit(features, one_block(shape[1]))
    left, singular, right = np.linalg.svd(features.astype(np.float64), False)
    signs = np.sign(right[np.arange(len(right)), np.abs(right).argmax(axis=1)])
    expected = (left * singular * signs)[:, :12]
    np.testing.assert_allclose(fitted.transform(features), expected, atol=1e-5)


def test_rows_that_were_not_fitted_are_multiplied_by_the_same_vectors(make, one_block):
    features, others = make(200, 20), make(50, 20, seed=8)
    fitted = TruncatedSvd(dims=5).fit(features, one_block(20))
    theirs = TruncatedSVD(n_components=5, random_state=42).fit(features)
    np.testing.assert_allclose(
        fitted.transform(others), theirs.transform(others), atol=1e-5
    )


def test_a_single_column_is_reduced(make, one_block):
    features = make(20, 1)
    fitted = TruncatedSvd().fit(features, one_block(1))
    np.testing.assert_allclose(fitted.transform(features), features, rtol=1e-6)


@pytest.mark.parametrize("options", [{"dims": 0}, {"solver": "arpack"}, {"seed": -1}])
def test_options_that_cannot_be_are_refused(options):
    with pytest.raises(UsageError, match=r"truncated-svd' got .* it takes: "):
        TruncatedSvd(**options)
