"""Reflectance standardized as the published weights expect it."""

import numpy as np
import pytest

from neucobench.codecs.standardize import (
    S2L1C_MEAN,
    S2L1C_STD,
    S2L2A_MEAN,
    S2L2A_STD,
    restore,
    standardize,
)
from neucobench.data.bands import SSL4EO_S12_V11
from neucobench.errors import CodecError


@pytest.mark.parametrize("bands", [12, 13])
def test_the_number_of_bands_says_which_product_it_is(bands):
    mean, std = {12: (S2L2A_MEAN, S2L2A_STD), 13: (S2L1C_MEAN, S2L1C_STD)}[bands]
    pixels = np.broadcast_to((mean + 2 * std)[:, None, None], (3, bands, 4, 5))
    np.testing.assert_allclose(standardize(pixels), 2, atol=1e-5)


@pytest.mark.parametrize("bands", [12, 13])
def test_what_is_standardized_is_restored(bands):
    pixels = np.random.default_rng(0).uniform(0, 5000, (2, 2, bands, 3, 3))
    pixels = pixels.astype(np.float32)
    np.testing.assert_allclose(restore(standardize(pixels)), pixels, atol=0.01)


@pytest.mark.parametrize("shape", [(11, 4, 4), (12, 4), (12, 13)])
def test_other_bands_are_a_sentence(shape):
    with pytest.raises(CodecError, match="the 12 bands of Sentinel-2 L2A or the 13"):
        standardize(np.zeros(shape, np.float32))


@pytest.mark.parametrize(
    ("product", "mean", "std"),
    [("s2l1c", S2L1C_MEAN, S2L1C_STD), ("s2l2a", S2L2A_MEAN, S2L2A_STD)],
)
def test_statistics_are_those_of_the_set_without_its_offset(product, mean, std):
    known = SSL4EO_S12_V11[product]
    # TerraCodec has B08 of L2A 0.001 lower.
    np.testing.assert_allclose(mean, np.subtract(known.mean, known.offset), atol=2e-3)
    np.testing.assert_allclose(std, known.std, rtol=1e-6)
