"""What every registered reducer must keep, whatever it computes."""

import json

import numpy as np
import pytest
import torch

from neucobench.encoders.reducers.autoencoder import Autoencoder
from neucobench.encoders.reducers.base import REDUCERS, restore_reducer
from neucobench.encoders.reducers.chain import Chain
from neucobench.encoders.reducers.cluster_map import ClusterMap
from neucobench.encoders.reducers.l2 import L2
from neucobench.encoders.reducers.parse import reducer_names
from neucobench.encoders.reducers.pca import Pca
from neucobench.encoders.reducers.per_block import PerBlock
from neucobench.encoders.reducers.random_projection import RandomProjection
from neucobench.encoders.reducers.scale import Scale
from neucobench.encoders.reducers.standardize import Standardize
from neucobench.encoders.reducers.state import Fitted, load_fitted, save_fitted
from neucobench.encoders.reducers.truncate import Truncate
from neucobench.encoders.reducers.truncated_svd import TruncatedSvd
from neucobench.encoders.reducers.whiten import Whiten
from neucobench.errors import InputError

SOLVERS = {
    f"pca-{solver}": Pca(dims=6, solver=solver, whiten=solver == "streaming")
    for solver in ("exact", "streaming", "randomized", "sklearn")
}
REDUCED = {
    "autoencoder": Autoencoder(hidden=12, dims=6, epochs=2, batch=64),
    "autoencoder-float16": Autoencoder(
        hidden=12,
        dims=6,
        epochs=2,
        input_norm=False,
        standardize_targets=True,
        dtype="float16",
    ),
    "chain": Chain(steps=(Standardize(), Pca(dims=6), L2())),
    "chain-in-chain": Chain(steps=(Chain(steps=(L2(), Pca(dims=9))), Whiten())),
    "cluster-map": ClusterMap(per_season=3, cuts="6,3,2", epochs=3, batch=64),
    "l2": L2(),
    **SOLVERS,
    "pca": Pca(dims=6),
    "per-block": PerBlock(
        steps={"a": Pca(dims=3), "b": Chain(steps=(L2(), Truncate(dims=5))), "c": None},
        weights={"b": 0.3},
    ),
    "random-projection": RandomProjection(dims=6),
    "scale": Scale(),
    "scale-whole": Scale(to="unit-frobenius", per_block=False),
    "standardize": Standardize(),
    "truncate": Truncate(dims=10),
    "truncated-svd": TruncatedSvd(dims=6),
    "truncated-svd-exact": TruncatedSvd(dims=6, solver="exact"),
    "whiten": Whiten(),
    "whiten-pca": Whiten(mode="pca"),
}
DIMS = dict.fromkeys(REDUCED, 6) | {
    "chain-in-chain": 9,
    "cluster-map": 12,
    "l2": 24,
    "per-block": 3 + 5 + 4,
    "scale": 24,
    "scale-whole": 24,
    "standardize": 24,
    "truncate": 10,
    "whiten": 24,
    "whiten-pca": 24,
}

WITHOUT_TENSORS = ("chain", "chain-in-chain", "l2", "per-block", "truncate")

every_reducer = pytest.mark.parametrize("case", REDUCED)


@pytest.fixture
def fit(blocks, one_block):
    """Return a function that fits a reducer on features, in the blocks it can take."""

    def fitted(case: str, features: np.ndarray):
        taken = one_block(24) if case == "cluster-map" else blocks
        return REDUCED[case].fit(features, taken)

    return fitted


def test_every_registered_reducer_is_here():
    assert set(REDUCERS.names()) <= set(REDUCED)
    assert all(
        REDUCERS.load(reducer.name) is type(reducer) for reducer in REDUCED.values()
    )
    assert set(reducer_names()) == set(REDUCERS.names()) - {"chain", "per-block"}


@every_reducer
def test_the_vectors_are_finite_float32_of_the_declared_length(case, features, fit):
    fitted = fit(case, features)
    vectors = fitted.transform(features)
    assert vectors.shape == (len(features), DIMS[case])
    assert vectors.dtype == np.float32
    assert np.isfinite(vectors).all()
    assert fitted.dims_in == features.shape[1]


@every_reducer
def test_the_blocks_cover_the_vectors(case, features, fit):
    blocks = fit(case, features).blocks
    edges = [0, *(block.stop for block in blocks)]
    assert [block.start for block in blocks] == edges[:-1]
    assert edges[-1] == DIMS[case]
    assert len({block.name for block in blocks}) == len(blocks)


@every_reducer
def test_a_row_has_the_same_bits_alone_and_in_any_company(case, features, fit):
    fitted = fit(case, features)
    together = fitted.transform(features)
    order = np.random.default_rng(1).permutation(len(features))
    np.testing.assert_array_equal(fitted.transform(features[order]), together[order])
    for chunk in (1, 7, 131):
        parts = [
            fitted.transform(features[start : start + chunk])
            for start in range(0, len(features), chunk)
        ]
        np.testing.assert_array_equal(np.concatenate(parts), together)


@every_reducer
def test_the_layout_of_the_features_does_not_change_a_bit(
    case, features, fit, tmp_path
):
    expected = fit(case, features).transform(features)
    np.save(tmp_path / "features.npy", features)
    wide = np.zeros((len(features), 50), np.float32)
    wide[:, 5:29] = features
    mapped = np.load(tmp_path / "features.npy", mmap_mode="r")
    for other in (np.asfortranarray(features), wide[:, 5:29], mapped):
        np.testing.assert_array_equal(fit(case, other).transform(other), expected)
    assert [path.name for path in tmp_path.iterdir()] == ["features.npy"]


@every_reducer
def test_fitting_again_gives_the_same_bits(case, features, fit):
    first, second = fit(case, features), fit(case, features)
    np.testing.assert_array_equal(first.transform(features), second.transform(features))


@every_reducer
def test_what_was_saved_gives_the_same_bits(case, features, fit, tmp_path):
    fitted = fit(case, features)
    save_fitted(tmp_path / "some.state", Fitted(reducer=fitted.state()))
    restored = restore_reducer(load_fitted(tmp_path / "some.state").reducer)
    assert tuple(restored.blocks) == tuple(fitted.blocks)
    assert restored.dims_in == fitted.dims_in
    np.testing.assert_array_equal(
        restored.transform(features), fitted.transform(features)
    )
    json.dumps(fitted.state().options, allow_nan=False)


@every_reducer
def test_neither_the_features_nor_the_global_random_states_change(case, features, fit):
    before = features.copy()
    state = np.random.get_state()[1].copy()  # noqa: NPY002 - the state is the subject
    torch_state = torch.get_rng_state().clone()
    threads = torch.get_num_threads()
    fit(case, features).transform(features)
    np.testing.assert_array_equal(features, before)
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002
    assert torch.equal(torch.get_rng_state(), torch_state)
    assert torch.get_num_threads() == threads


@every_reducer
def test_only_a_reducer_that_learns_depends_on_the_rows(case, features, fit, make):
    other = fit(case, make(300, 24, seed=5)).transform(features)
    same = np.array_equal(fit(case, features).transform(features), other)
    assert same != REDUCED[case].fits


@every_reducer
@pytest.mark.parametrize("rows", [1, 2, 5])
def test_fewer_rows_than_dimensions_are_reduced(case, fit, make, rows):
    features = make(rows, 24)
    vectors = fit(case, features).transform(make(40, 24, seed=3))
    assert np.isfinite(vectors).all()
    assert 1 <= vectors.shape[1] <= DIMS[case]


@every_reducer
@pytest.mark.parametrize("constant", ["one column", "all columns", "all zero"])
def test_constant_columns_are_reduced(case, fit, make, constant):
    features = make(60, 24)
    features[:, 3] = 0.1
    if constant != "one column":
        features[:] = features[0] if constant == "all columns" else 0
    assert np.isfinite(fit(case, features).transform(features)).all()


@every_reducer
def test_columns_of_very_different_sizes_are_reduced(case, fit, make):
    features = make(60, 24) * np.logspace(-12, 3, 24, dtype=np.float32)
    assert np.isfinite(fit(case, features).transform(features)).all()


@every_reducer
def test_features_of_another_length_are_refused(case, features, fit):
    with pytest.raises(InputError, match="fitted on vectors of 24 dimensions"):
        fit(case, features).transform(features[:, :23])


@every_reducer
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_refused_with_their_row(
    case, features, fit, value
):
    spoilt = features.copy()
    spoilt[17, 2] = value
    with pytest.raises(InputError, match="first in row 17"):
        fit(case, spoilt)
    with pytest.raises(InputError, match="first in row 17"):
        fit(case, features).transform(spoilt)


@every_reducer
@pytest.mark.parametrize("shape", [(0, 24), (5, 0), (24,)])
def test_features_without_rows_or_columns_are_refused(case, fit, shape):
    with pytest.raises(InputError, match="at least one of each"):
        fit(case, np.zeros(shape, np.float32))


@every_reducer
def test_blocks_that_leave_a_gap_are_refused(case, features, blocks):
    with pytest.raises(InputError, match="do not fit 24 columns"):
        REDUCED[case].fit(features, [blocks[0], blocks[2]])


@pytest.mark.parametrize("case", sorted(set(REDUCED) - set(WITHOUT_TENSORS)))
def test_a_state_that_lacks_its_tensors_is_refused(case, features, fit):
    state = fit(case, features).state()
    broken = type(state)(**vars(state) | {"tensors": {}})
    with pytest.raises(InputError, match="needs the shape"):
        restore_reducer(broken)
