"""Latents under clouds, against the published code's numbers and on their own."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from neucobench.codecs.inpainting.options import FillOptions
from neucobench.codecs.inpainting.series import decode_series, fill_series
from neucobench.codecs.temporal.windows import join_windows
from neucobench.errors import CodecError

PUBLISHED = FillOptions(compat=True)
MODES = ("interleave", "propagate")


@pytest.fixture(scope="module")
def published_latents(published_numbers):
    return torch.round(torch.from_numpy(published_numbers["inpaint_latents_analysis"]))


@pytest.fixture(scope="module")
def published_cloudy(published_numbers):
    """Return a function from a mask of the last frame to one of all."""

    def cloudy(mask=None):
        if mask is None:
            mask = published_numbers["inpaint_mask"][:, 0]
        frames = torch.zeros(1, 3, 8, 8, dtype=torch.bool)
        frames[:, 2] = torch.from_numpy(mask)
        return frames

    return cloudy


@pytest.fixture
def random_series(network):
    """Return quantized latents (2, 4, channel, 8, 12) and clouds in some frames."""
    generator = torch.Generator().manual_seed(4)
    shape = (2, 4, network.channels, 8, 12)
    latents = torch.round(4 * torch.randn(shape, generator=generator))
    cloudy = torch.rand((2, 4, 8, 12), generator=generator) < 0.15
    cloudy[:, 0] = False
    return latents, cloudy


@pytest.mark.parametrize("mode", MODES)
def test_latents_are_those_of_the_published_code(
    mode, published_network, published_numbers, published_latents, published_cloudy
):
    options = replace(PUBLISHED, mode=mode)
    found = fill_series(
        published_network, published_latents, published_cloudy(), options
    )
    expected = published_numbers[f"inpaint_{mode}_latents"]
    np.testing.assert_array_equal(found.latents[:, 2].numpy(), expected)


@pytest.mark.parametrize("mode", MODES)
def test_features_are_those_of_the_published_code(
    mode, published_network, published_numbers, published_latents, published_cloudy
):
    options = replace(PUBLISHED, mode=mode)
    found = fill_series(
        published_network, published_latents, published_cloudy(), options
    )
    z_cur = join_windows(found.z_cur[0, 0], 8, 8, flexible=False).numpy()
    expected = published_numbers[f"inpaint_{mode}_z_cur"]
    np.testing.assert_allclose(z_cur, expected, atol=2e-5)


@pytest.mark.parametrize("mode", MODES)
def test_pictures_are_those_of_the_published_code(
    mode, published_network, published_numbers, published_latents, published_cloudy
):
    options = replace(PUBLISHED, mode=mode)
    found = fill_series(
        published_network, published_latents, published_cloudy(), options
    )
    pictures = decode_series(published_network, found, (128, 128)).numpy()
    expected = published_numbers[f"inpaint_{mode}_recon_grid"]
    np.testing.assert_allclose(pictures[..., 1::4, 2::4], expected, atol=1e-5)


@pytest.mark.parametrize(
    ("key", "known"), [("predict_all", 0), ("predict_from_token5", 5)]
)
def test_foretelling_tokens_from_one_on_is_as_published(
    key,
    known,
    published_network,
    published_numbers,
    published_latents,
    published_cloudy,
):
    later = np.tile(np.arange(16).reshape(4, 4) >= known, (2, 2))
    found = fill_series(
        published_network, published_latents, published_cloudy(later), PUBLISHED
    )
    expected = published_numbers[f"inpaint_{key}_latents"]
    np.testing.assert_array_equal(found.latents[:, 2].numpy(), expected)


def test_features_of_the_published_code_still_show_the_cloud(
    published_network, published_latents, published_cloudy
):
    cloudy = published_cloudy()
    other = published_latents.clone()
    other[:, 2][cloudy[:, 2, None].expand_as(other[:, 2])] += 9
    for compat in (True, False):
        options = FillOptions(compat=compat)
        one, two = (
            fill_series(published_network, latents, cloudy, options)
            for latents in (published_latents, other)
        )
        assert torch.equal(one.latents, two.latents)
        assert torch.equal(one.z_cur, two.z_cur) == (not compat)


@pytest.mark.parametrize("mode", MODES)
def test_clear_features_are_those_of_the_final_latents(mode, network, random_series):
    latents, cloudy = random_series
    found = fill_series(network, latents, cloudy, FillOptions(mode=mode))
    nothing = torch.zeros_like(cloudy)
    again = fill_series(
        network, found.latents, nothing, FillOptions(), frames=found.frames
    )
    assert torch.equal(again.latents, found.latents)
    torch.testing.assert_close(again.z_cur, found.z_cur, atol=1e-5, rtol=1e-5)


def test_interleaving_changes_only_cloudy_latents(network, random_series):
    latents, cloudy = random_series
    found = fill_series(network, latents, cloudy, FillOptions())
    changed = (found.latents != latents).any(dim=2)
    assert changed.any()
    assert not (changed & ~cloudy).any()


def test_propagating_changes_what_stands_behind_a_cloud_too(network, random_series):
    latents, cloudy = random_series
    found = fill_series(network, latents, cloudy, FillOptions(mode="propagate"))
    changed = (found.latents != latents).any(dim=2)
    assert (changed & ~cloudy).any()
    before = torch.zeros(4, 4, dtype=torch.bool)
    before[0, :2] = True
    window = torch.zeros_like(cloudy)
    window[0, 1, 1, 2] = True
    one = fill_series(network, latents, window, FillOptions(mode="propagate"))
    new = (one.latents != latents).any(dim=2)[0, 1, :4, :4]
    assert not new[:1].any()
    assert not new[1, :2].any()


def test_what_was_filled_is_context_of_what_follows(network, random_series):
    latents, cloudy = random_series
    cloudy = cloudy.clone()
    cloudy[:, 3] = True
    cloudy[:, 1] = True
    found = fill_series(network, latents, cloudy, FillOptions())
    other = latents.clone()
    other[:, 1] += 7
    again = fill_series(network, other, cloudy, FillOptions())
    assert torch.equal(found.latents[:, 3], again.latents[:, 3])


def test_later_frames_do_not_matter(network, random_series):
    latents, cloudy = random_series
    found = fill_series(network, latents, cloudy, FillOptions())
    short = fill_series(network, latents[:, :3], cloudy[:, :3], FillOptions())
    assert torch.equal(found.latents[:, :3], short.latents)


def test_stacks_of_a_batch_do_not_matter_to_each_other(network, random_series):
    latents, cloudy = random_series
    both = fill_series(network, latents, cloudy, FillOptions())
    for item in range(2):
        alone = fill_series(
            network, latents[item : item + 1], cloudy[item : item + 1], FillOptions()
        )
        assert torch.equal(both.latents[item], alone.latents[0])


def test_only_cloudy_frames_are_decoded(network, random_series):
    latents, cloudy = random_series
    cloudy = cloudy.clone()
    cloudy[:, (1, 2)] = False
    found = fill_series(network, latents, cloudy, FillOptions())
    assert found.frames == (3,)
    assert found.z_cur.shape[:2] == (2, 1)


def test_a_series_without_clouds_is_left_alone(network, random_series):
    latents, cloudy = random_series
    found = fill_series(network, latents, torch.zeros_like(cloudy), FillOptions())
    assert found.frames == ()
    assert torch.equal(found.latents, latents)


def test_the_first_frame_is_filled_from_the_learned_past(network, random_series):
    latents, cloudy = random_series
    cloudy = torch.zeros_like(cloudy)
    cloudy[:, 0] = True
    found = fill_series(network, latents, cloudy, FillOptions())
    assert torch.equal(found.latents[0, 0], found.latents[1, 0])


def test_a_flexible_network_is_refused(make_network):
    flexible = make_network(channels=(4, 4, 8, 64), flexible=True)
    latents, cloudy = torch.zeros(1, 2, 64, 4, 4), torch.ones(1, 2, 4, 4) > 0
    with pytest.raises(CodecError, match="Use TEC-TT"):
        fill_series(flexible, latents, cloudy, FillOptions())
