"""Principal components against scikit-learn, the published numbers, and each other."""

import numpy as np
import pytest
from sklearn.decomposition import PCA

from neucobench.encoders.reducers.base import Block
from neucobench.encoders.reducers.pca import SOLVERS, Pca
from neucobench.errors import UsageError


@pytest.fixture(scope="module")
def published(shared):
    file = shared / "fixtures" / "encoders" / "rcf.npz"
    if not file.is_file():
        pytest.skip("the encoder fixtures are not in the shared folder")
    with np.load(file) as arrays:
        return dict(arrays)


def _all(features: np.ndarray) -> list[Block]:
    return [Block(name="all", start=0, stop=features.shape[1])]


@pytest.mark.parametrize("solver", ["auto", "exact", "streaming", "sklearn"])
def test_the_published_components_of_real_tiles(published, solver):
    features = published["tiles_gaussian64"]
    fitted = Pca(dims=16, solver=solver).fit(features, _all(features))
    expected = published["tiles_pca16"]
    error = np.abs(fitted.transform(features) - expected).max(axis=0)
    assert (error / np.abs(expected).max(axis=0)).max() < 1e-3
    ratio = fitted.state().tensors["explained_variance_ratio"]
    np.testing.assert_allclose(ratio, published["tiles_pca16_evr"], rtol=1e-3)


@pytest.mark.parametrize("shape", [(200, 30), (25, 60)])
@pytest.mark.parametrize("whiten", [False, True])
@pytest.mark.parametrize("solver", ["exact", "streaming"])
def test_the_components_are_scikit_learns(make, shape, whiten, solver):
    features = make(*shape)
    fitted = Pca(dims=20, solver=solver, whiten=whiten).fit(features, _all(features))
    reference = PCA(n_components=20, whiten=whiten, svd_solver="full")
    expected = reference.fit_transform(features.astype(np.float64))
    error = np.abs(fitted.transform(features) - expected).max(axis=0)
    assert (error / expected.std(axis=0)).max() < 1e-5
    np.testing.assert_allclose(
        fitted.state().tensors["explained_variance_ratio"],
        reference.explained_variance_ratio_,
        rtol=1e-6,
    )


@pytest.mark.parametrize(
    ("solver", "theirs"), [("randomized",) * 2, ("sklearn", "auto")]
)
def test_the_solvers_of_scikit_learn_are_its_own(make, solver, theirs):
    features = make(700, 80)
    ours = Pca(dims=20, solver=solver, seed=10012023).fit(features, _all(features))
    reference = PCA(n_components=20, svd_solver=theirs, random_state=10012023)
    expected = reference.fit(features).transform(features)
    np.testing.assert_allclose(ours.transform(features), expected, atol=2e-5)


def test_streaming_agrees_with_exact_to_1e_4_of_each_components_deviation(make):
    # 13,260 rows of 4,096 columns, ten times smaller each way, far from zero.
    features = make(1326, 410, power=1.2) + np.float32(3)
    exact, streaming = (
        Pca(dims=102, solver=solver).fit(features, _all(features)).transform(features)
        for solver in ("exact", "streaming")
    )
    error = np.abs(streaming - exact).max(axis=0) / exact.std(axis=0)
    assert error.max() < 1e-4


def test_streaming_over_many_chunks_is_exact(make, monkeypatch):
    features = np.sort(make(500, 12), axis=0)  # the chunks' means are far apart
    expected = Pca(dims=5).fit(features, _all(features)).transform(features)
    defaults = {"values": 12 * 7}
    monkeypatch.setattr(
        "neucobench.encoders.reducers.base.row_chunks.__kwdefaults__", defaults
    )
    fitted = Pca(dims=5, solver="streaming").fit(features, _all(features))
    np.testing.assert_allclose(fitted.transform(features), expected, atol=1e-6)


def test_the_largest_loading_of_each_component_is_positive(make):
    features = make(100, 15)
    for solver in SOLVERS:
        fitted = Pca(dims=9, solver=solver).fit(features, _all(features))
        matrix = fitted.state().tensors["matrix"]
        assert (matrix[np.abs(matrix).argmax(axis=0), np.arange(9)] > 0).all()


def test_there_are_no_more_components_than_rows_or_columns(make):
    for shape in ((10, 40), (40, 10)):
        features = make(*shape)
        for solver in SOLVERS:
            fitted = Pca(solver=solver).fit(features, _all(features))
            assert fitted.transform(features).shape == (shape[0], 10)


def test_whitened_directions_without_variance_become_0(make):
    features = make(300, 6)[:, [0, 1, 2, 3, 4, 5, 0, 1]]
    for solver in ("exact", "streaming"):
        fitted = Pca(solver=solver, whiten=True).fit(features, _all(features))
        deviations = fitted.transform(features).std(axis=0, ddof=1)
        np.testing.assert_allclose(deviations, [1] * 6 + [0] * 2, atol=1e-4)


def test_sets_that_are_too_large_for_exact_are_streamed(make, monkeypatch):
    features = make(30, 6)
    called = []
    module = "neucobench.encoders.reducers.pca"
    for name in ("exact_basis", "streamed_basis"):
        function = getattr(__import__(module, fromlist=[name]), name)
        monkeypatch.setattr(
            f"{module}.{name}",
            lambda *a, _f=function, _n=name, **k: called.append(_n) or _f(*a, **k),
        )
    Pca(dims=2).fit(features, _all(features))
    monkeypatch.setattr(f"{module}._LARGEST_EXACT", 179)
    Pca(dims=2).fit(features, _all(features))
    assert called == ["exact_basis", "streamed_basis"]


@pytest.mark.parametrize(
    "options", [{"dims": 0}, {"solver": "arpack"}, {"seed": -1}, {"seed": 2**32}]
)
def test_options_that_cannot_be_are_refused(options):
    with pytest.raises(UsageError, match=r"pca' got .* it takes: "):
        Pca(**options)
