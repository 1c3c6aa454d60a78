"""What the network foretells and what other seasons show, in one number."""

import pytest
import torch

from neucobench.codecs.inpainting.blend import blend_latents


@pytest.fixture
def parts():
    """Return foretold and anchor latents (1, 3, 8, 8), and clouds on one half."""
    generator = torch.Generator().manual_seed(0)
    foretold, anchor = 3 * torch.randn(2, 1, 3, 8, 8, generator=generator)
    cloudy = torch.zeros(1, 8, 8, dtype=torch.bool)
    cloudy[:, :, 4:] = True
    return foretold, anchor, cloudy


def test_clear_latents_stay_as_they_are(parts):
    foretold, anchor, cloudy = parts
    latents = torch.full_like(anchor, 5)
    blended = blend_latents(latents, cloudy, foretold, anchor)
    assert (blended[..., :4] == 5).all()
    assert not (blended[..., 4:] == 5).any()


def test_the_mix_of_the_clear_half_is_used_under_the_clouds(parts):
    foretold, anchor, cloudy = parts
    latents = 0.7 * foretold + 0.3 * anchor + 2
    blended = blend_latents(latents, cloudy, foretold, anchor)
    assert (blended - latents).abs().mean() < 0.15 * (anchor - latents).abs().mean()


def test_a_network_that_knows_nothing_is_left_out(parts):
    foretold, anchor, cloudy = parts
    blended = blend_latents(anchor, cloudy, foretold, anchor)
    torch.testing.assert_close(blended, anchor, atol=1e-5, rtol=0)


def test_without_clear_latents_the_anchor_stands(parts):
    foretold, anchor, cloudy = parts
    everything = torch.ones_like(cloudy)
    latents = torch.zeros_like(anchor)
    blended = blend_latents(latents, everything, foretold, anchor)
    torch.testing.assert_close(blended, anchor)


def test_what_was_given_is_not_changed(parts):
    foretold, anchor, cloudy = parts
    latents = torch.zeros_like(anchor)
    blend_latents(latents, cloudy, foretold, anchor)
    assert not latents.any()
