"""From cloudy pixels to cloudy latents."""

import numpy as np
import pytest
import torch

from neucobench.codecs.inpainting.mask import latent_mask


def test_one_cloudy_pixel_makes_its_latent_cloudy():
    clouds = np.zeros((64, 48), bool)
    clouds[17, 47] = True
    expected = np.zeros((4, 3), bool)
    expected[1, 2] = True
    np.testing.assert_array_equal(latent_mask(clouds), expected)


def test_clear_pixels_make_clear_latents():
    assert not latent_mask(np.zeros((2, 3, 40, 40), bool), dilate=2).any()


def test_it_is_a_maximum_over_16_pixels():
    clouds = np.random.default_rng(0).random((2, 64, 96)) > 0.995
    pooled = torch.nn.functional.max_pool2d(torch.from_numpy(clouds).float(), 16)
    np.testing.assert_array_equal(latent_mask(clouds), pooled.numpy() > 0)


@pytest.mark.parametrize("size", [(16, 16), (17, 33), (84, 100), (250, 31)])
def test_the_mask_is_as_large_as_the_latents(network, size):
    with torch.inference_mode():
        latents = network.analyze(torch.zeros(1, 1, 12, *size))
    assert latent_mask(np.zeros(size, bool)).shape == latents.shape[-2:]


def test_a_cloud_in_a_cut_off_block_counts():
    clouds = np.zeros((20, 20), bool)
    clouds[19, 19] = True
    np.testing.assert_array_equal(latent_mask(clouds), [[0, 0], [0, 1]])


def test_dilation_takes_the_latents_around():
    clouds = np.zeros((1, 80, 80), bool)
    clouds[0, 40, 40] = True
    assert latent_mask(clouds, dilate=1)[0, 1:4, 1:4].all()
    assert latent_mask(clouds, dilate=1).sum() == 9


def test_dilation_stays_in_its_season():
    clouds = np.zeros((3, 80, 80), bool)
    clouds[1, 40, 40] = True
    np.testing.assert_array_equal(
        latent_mask(clouds, dilate=1).any(axis=(1, 2)), [False, True, False]
    )
