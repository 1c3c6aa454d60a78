"""Entropy models that begin with what the last frame had."""

import pytest
import torch

from neucobench.codecs.temporal.bottleneck import positive
from neucobench.codecs.temporal.estimate import _contexts
from neucobench.codecs.temporal.sizes import TemporalSizes
from neucobench.codecs.temporal.windows import decoder_windows
from neucobench.codecs.training.copying import begin_with_the_last_frame, can_copy
from neucobench.codecs.training.objective import build_network

WIDE = {
    "channels": [8, 8, 8, 8], "width": 32, "heads": 2, "separate_layers": 1,
    "joint_layers": 1, "decoder_layers": 2, "expansion": 1,
}  # fmt: skip


@pytest.fixture
def net(make_stack_recipe):
    recipe = make_stack_recipe(temporal=WIDE)
    return build_network(recipe, recipe.rates[0]).eval()


@torch.no_grad()
def test_each_token_is_expected_to_be_what_was_there_in_the_last_frame(net):
    random = torch.Generator().manual_seed(0)
    latents = 10 * torch.randn(3, 2, 8, 8, 4, generator=random)  # time first
    begin_with_the_last_frame(net, latents.flatten(0, 1) + 3)
    tokens = decoder_windows(latents.flatten(0, 1), flexible=False)
    z_cur = net.entropy_model.decode(tokens, _contexts(net, latents))
    mu, _scale = net.entropy_model.parameters_of(z_cur)
    frames, expected = tokens.reshape(3, -1, 8), mu.reshape(3, -1, 8)
    for frame in (1, 2):
        error = (expected[frame] - frames[frame - 1]).std()
        assert error < 0.1 * frames[frame - 1].std()
    # Before the first frame lie the means of the sample.
    means = latents.mean(dim=(0, 1, 3, 4)) + 3
    torch.testing.assert_close(
        expected[0], means.expand_as(expected[0]), rtol=0.1, atol=0.3
    )


@torch.no_grad()
def test_the_scales_begin_near_the_spread_of_the_latents(net):
    spread = torch.tensor([0.5, 1, 2, 4, 8, 16, 32, 64])
    random = torch.Generator().manual_seed(0)
    latents = torch.randn(4, 2, 8, 8, 4, generator=random) * spread[:, None, None]
    begin_with_the_last_frame(net, latents.flatten(0, 1))
    tokens = decoder_windows(latents.flatten(0, 1), flexible=False)
    z_cur = net.entropy_model.decode(tokens, _contexts(net, latents))
    _mu, raw = net.entropy_model.parameters_of(z_cur)
    ratio = positive(raw).mean(dim=(0, 1)) / spread
    assert ratio.min() > 0.6
    assert ratio.max() < 1.6


@pytest.mark.parametrize(
    ("changes", "possible"),
    [
        ({}, True),
        ({"width": 64, "heads": 8}, False),  # no room for places in a head
        ({"channels": (8, 8, 8, 48), "width": 64}, False),  # none for tokens
        ({"flexible": True}, False),
    ],
)
def test_narrow_and_repacked_networks_cannot(changes, possible):
    content = {**WIDE, "channels": tuple(WIDE["channels"]), **changes}
    assert can_copy(TemporalSizes(**content)) is possible
