"""Synthetic clouds."""

import numpy as np
import pytest
from scipy.ndimage import label

from neucobench.codecs.inpainting.painted import paint_clouds


@pytest.mark.parametrize("cover", [0.0, 0.1, 0.5, 1.0])
def test_the_wanted_share_is_covered(cover):
    clouds = paint_clouds((90, 120), cover=cover, rng=np.random.default_rng(0))
    assert clouds.sum() == round(cover * 90 * 120)


def test_a_seed_gives_the_same_clouds():
    once, again = (
        paint_clouds((64, 64), cover=0.3, rng=np.random.default_rng(5)) for _ in "ab"
    )
    np.testing.assert_array_equal(once, again)


def test_another_seed_gives_other_clouds():
    one, other = (
        paint_clouds((64, 64), cover=0.3, rng=np.random.default_rng(seed))
        for seed in (0, 1)
    )
    assert (one != other).any()


def test_clouds_hang_together():
    clouds = paint_clouds((256, 256), cover=0.3, rng=np.random.default_rng(2))
    assert label(clouds)[1] < 60
    edges = (clouds[:, 1:] != clouds[:, :-1]).mean()
    assert edges < 0.03
