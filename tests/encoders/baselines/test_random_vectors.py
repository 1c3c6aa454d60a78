"""The random baseline."""

import numpy as np
import pytest

from neucobench.encoders.base import CubeBatch
from neucobench.encoders.baselines.random_vectors import RandomEncoder
from neucobench.errors import UsageError


def _batch(*ids: str) -> CubeBatch:
    return CubeBatch(ids=ids, arrays={}, offsets={})


def test_a_subset_of_the_ids_gets_the_same_vectors():
    encoder = RandomEncoder(dims=8)
    np.testing.assert_array_equal(
        encoder.encode(_batch("c", "a")), encoder.encode(_batch("a", "b", "c"))[[2, 0]]
    )


def test_the_numbers_are_standard_normal():
    ids = [f"{number:05d}" for number in range(500)]
    values = RandomEncoder(dims=200).encode(_batch(*ids))
    assert abs(values.mean()) < 0.01
    assert abs(values.std() - 1) < 0.01


def test_another_seed_gives_other_numbers_and_seed_0_is_a_seed():
    first, again, other = (
        RandomEncoder(dims=8, seed=seed).encode(_batch("a")) for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).all()


@pytest.mark.parametrize("options", [{"dims": 0}, {"seed": -1}])
def test_what_cannot_be_drawn_is_refused(options):
    with pytest.raises(UsageError, match="dims of 1 or more"):
        RandomEncoder(**options)
