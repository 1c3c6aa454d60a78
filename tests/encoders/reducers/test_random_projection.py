"""What random projection draws."""

import numpy as np
import pytest

from neucobench.encoders.reducers.random_projection import RandomProjection
from neucobench.errors import UsageError


def _matrix(reducer: RandomProjection, one_block, dims_in: int = 500) -> np.ndarray:
    features = np.ones((1, dims_in), np.float32)
    return reducer.fit(features, one_block(dims_in)).state().tensors["matrix"]


def test_the_entries_are_normal_with_variance_1_over_dims(one_block):
    matrix = _matrix(RandomProjection(dims=400), one_block)
    assert abs(matrix.mean()) < 4 / np.sqrt(matrix.size * 400)
    assert matrix.var() * 400 == pytest.approx(1, abs=0.02)
    kurtosis = np.mean(matrix**4) * 400**2
    assert kurtosis == pytest.approx(3, abs=0.1)


def test_squared_distances_are_kept_on_average(features, blocks):
    fitted = RandomProjection(dims=2000).fit(features, blocks)
    before = np.square(features[1:] - features[:-1]).sum(axis=1)
    vectors = fitted.transform(features)
    after = np.square(vectors[1:] - vectors[:-1]).sum(axis=1)
    assert np.mean(after / before) == pytest.approx(1, abs=0.05)


def test_another_seed_gives_another_matrix(one_block):
    first, second = (
        _matrix(RandomProjection(dims=9, seed=seed), one_block) for seed in (0, 1)
    )
    assert not np.isin(first, second).any()


@pytest.mark.parametrize("options", [{"dims": 0}, {"seed": -1}])
def test_options_that_cannot_be_are_refused(options):
    with pytest.raises(UsageError, match=r"random-projection' got .* it takes: "):
        RandomProjection(**options)
