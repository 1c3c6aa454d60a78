"""The features of random convolutions against their definition."""

import numpy as np
import pytest
import torch

from neucobench.encoders.mosaiks import random_conv
from neucobench.encoders.mosaiks.random_conv import (
    answer_means,
    convolution_answers,
    gaussian_kernels,
    product_answers,
    rectified_means,
)


def draw(shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def by_definition(image, kernels, bias):
    """Compute in float64, position by position."""
    image, kernels = image.double().numpy(), kernels.double().numpy()
    size = kernels.shape[-1]
    windows = np.lib.stride_tricks.sliding_window_view(image, (size, size), (1, 2))
    answers = np.einsum("chwyx,kcyx->khw", windows, kernels) + bias
    halves = [np.maximum(answers, 0), np.maximum(-answers, 0)]
    return np.concatenate([half.mean(axis=(1, 2)) for half in halves])


@pytest.mark.parametrize("size", [1, 2, 3, 5])
@pytest.mark.parametrize("shape", [(4, 9, 31), (3, 40, 7), (1, 5, 5)])
def test_the_features_are_those_of_the_definition(size, shape):
    image, kernels = draw(shape), draw((6, shape[0], size, size), seed=1)
    features = rectified_means(image, kernels, bias=-1.0)
    expected = by_definition(image, kernels, -1.0)
    np.testing.assert_allclose(features.numpy(), expected, rtol=1e-5, atol=1e-7)


def test_the_halves_differ_by_the_mean_answer():
    image, kernels = draw((4, 20, 20)), draw((8, 4, 3, 3), seed=1)
    positive, negative = rectified_means(image, kernels, bias=0.5).chunk(2)
    mean = answer_means(image, kernels) + 0.5
    np.testing.assert_allclose(positive - negative, mean, rtol=0, atol=1e-14)


def test_a_half_that_is_nearly_zero_keeps_its_digits():
    # Answers near 1000 with a dip below zero at one of 324 places: the mean of the
    # negative half is five orders smaller than that of the positive one.
    image = draw((2, 20, 20)) * 0.01
    image[0] += 100
    image[0, 9, 9] = -1.0
    kernels = torch.zeros(2, 2, 3, 3)
    kernels[:, 0, 1, 1] = torch.tensor([10.0, -10.0])
    features = rectified_means(image, kernels, bias=-1.0).numpy()
    expected = by_definition(image, kernels, -1.0)
    assert expected[2] < 1e-4 * expected[0]
    np.testing.assert_allclose(features, expected, rtol=1e-6)


def test_more_kernels_than_are_taken_at_once_are_all_computed(monkeypatch):
    image, kernels = draw((3, 12, 12)), draw((11, 3, 3, 3), seed=1)
    whole = rectified_means(image, kernels, bias=-1.0)
    monkeypatch.setattr(random_conv, "KERNELS_AT_ONCE", 4)
    monkeypatch.setattr(random_conv, "POSITIONS_AT_ONCE", {"cpu": 30})
    parts = rectified_means(image, kernels, bias=-1.0)
    np.testing.assert_allclose(parts, whole, rtol=1e-6)


def test_bfloat16_is_off_by_thousandths():
    image, kernels = draw((27, 40, 40)), draw((64, 27, 3, 3), seed=1)
    exact = rectified_means(image, kernels, bias=-1.0)
    rough = rectified_means(image, kernels, bias=-1.0, dtype=torch.bfloat16)
    error = ((rough - exact).abs() / exact).max()
    assert 1e-5 < error < 5e-3


def test_the_way_of_the_gpu_gives_the_same_answers():
    strip, kernels, bias = draw((1, 5, 7, 9)), draw((6, 5, 3, 3), 1), draw((6,), 2)
    expected = convolution_answers(strip, kernels, bias)
    answers = product_answers(strip, kernels, bias)
    np.testing.assert_allclose(answers, expected, rtol=1e-5, atol=1e-5)


def test_in_bfloat16_the_brightness_of_an_image_costs_no_texture():
    image, kernels = draw((27, 40, 40)), draw((64, 27, 3, 3), seed=1)
    for brightness in (0, 40):
        # Kernels of mean zero: brightness changes no answer.
        flat = kernels - kernels.mean(dim=(2, 3), keepdim=True)
        exact = rectified_means(image + brightness, flat, bias=-1.0)
        rough = rectified_means(
            image + brightness, flat, bias=-1.0, dtype=torch.bfloat16
        )
        assert ((rough - exact).abs() / exact).max() < 5e-3


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu_gives_the_same_features():
    image, kernels = draw((27, 264, 264)), draw((600, 27, 3, 3), 1)
    expected = rectified_means(image, kernels, bias=-1.0)
    features = rectified_means(image.cuda(), kernels.cuda(), bias=-1.0).cpu()
    np.testing.assert_allclose(features, expected, rtol=1e-5)


def test_gaussian_kernels_come_from_the_generator_alone():
    shape = (2, 3, 3, 3)
    state = torch.random.get_rng_state()
    first, second = (
        gaussian_kernels(shape, torch.Generator().manual_seed(7)) for _ in range(2)
    )
    assert torch.equal(first, second)
    assert torch.equal(torch.random.get_rng_state(), state)
