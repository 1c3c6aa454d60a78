"""How crops are varied."""

import numpy as np
import pytest

from neucobench.codecs.training.augment import (
    choose_size,
    mix,
    shrink,
    vary,
    vary_bands,
)
from neucobench.codecs.training.settings import Augment
from neucobench.seeding import generator

PLAIN = Augment(flips=False, turns=False)


@pytest.fixture
def crop():
    return generator(0).uniform(100, 4000, (12, 32, 32)).astype(np.float32)


def test_nothing_is_varied_without_a_word(crop):
    random = generator(1)
    np.testing.assert_array_equal(vary(crop, PLAIN, random), crop)
    np.testing.assert_array_equal(vary_bands(crop, PLAIN, random), crop)
    assert choose_size(32, 264, PLAIN, random) == 32


def test_turns_and_flips_give_eight_crops_of_the_same_values(crop):
    found = {vary(crop, Augment(), generator(seed)).tobytes() for seed in range(200)}
    assert len(found) == 8
    for seed in range(8):
        varied = vary(crop, Augment(), generator(seed))
        np.testing.assert_array_equal(np.sort(varied, None), np.sort(crop, None))


def test_bands_have_gains_of_their_own(crop):
    settings = Augment(bands=1.0, band_gain=0.1, band_offset=0.0)
    ratio = vary_bands(crop, settings, generator(1)) / crop
    per_band = ratio.mean(axis=(1, 2))
    assert per_band.std() > 0.02
    np.testing.assert_allclose(
        ratio, per_band[:, None, None].repeat(32, 1).repeat(32, 2), rtol=1e-4
    )


def test_sizes_lie_between_the_crop_and_the_largest_zoom():
    settings = Augment(zoom=1.0, most_zoom=2.0)
    sizes = [choose_size(32, 50, settings, generator(seed)) for seed in range(200)]
    assert min(sizes) < 36
    assert max(sizes) == 50


def test_shrinking_keeps_means_and_does_not_alias(crop):
    fine = np.indices((64, 64)).sum(axis=0) % 2 * np.float32(1000)
    smaller = shrink(np.repeat(fine[None], 12, axis=0), 32)
    assert smaller.shape == (12, 32, 32)
    np.testing.assert_allclose(smaller[:, 4:-4, 4:-4], 500, atol=1)
    assert shrink(crop, 32) is crop


def test_a_mixture_lies_between_its_two_crops(crop):
    other = crop[:, ::-1]
    mixed = mix(crop, other, generator(3))
    assert (mixed >= np.minimum(crop, other) - 1e-2).all()
    assert (mixed <= np.maximum(crop, other) + 1e-2).all()
    assert (mixed != crop).any()
