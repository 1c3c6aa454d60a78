"""Transforms of stacks that begin as principal components."""

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from neucobench.codecs.training.objective import build_network, pass_through
from neucobench.codecs.training.principal_stacks import begin_stacks_as_components


def fields(seed, frames=12):
    """Return frames of three smooth fields, mixed alike in all; standardized."""
    random = np.random.default_rng(seed)
    smooth = gaussian_filter(random.normal(size=(frames, 3, 64, 64)), (0, 0, 4, 4))
    smooth /= smooth.std()
    mixing = np.random.default_rng(100).normal(size=(12, 3))
    mixed = np.einsum("bk,fkyx->fbyx", mixing, smooth)
    return torch.from_numpy((0.3 * mixed - 0.5).astype(np.float32))


@pytest.fixture(params=["temporal", "flexible"])
def net(make_stack_recipe, request):
    """Return a network whose transforms are components of other frames."""
    recipe = make_stack_recipe(request.param, temporal={
        "channels": [16, 24, 32, 64], "width": 16, "heads": 2, "separate_layers": 1,
        "joint_layers": 1, "decoder_layers": 1, "expansion": 1,
    })  # fmt: skip
    made = build_network(recipe, recipe.rates[0])
    begin_stacks_as_components(made, fields(0), 40)
    return made.eval()


def test_frames_come_back_before_the_first_step(net):
    x = fields(1)
    with torch.inference_mode():
        y = net.transform.analysis_transform(x)
        x_hat = net.transform.synthesis_transform(y)
        rounded = net.transform.synthesis_transform(y.round())
    assert (x_hat - x).square().mean() < 0.05 * x.var()
    assert (rounded - x).square().mean() < 0.1 * x.var()


def test_what_the_first_pass_codes_is_what_the_transforms_make(net):
    x = fields(2)[None]
    with torch.inference_mode():
        y = net.transform.analysis_transform(x[0])
        x_hat = pass_through(net, x).x_hat
        rounded = net.transform.synthesis_transform(y.round())
    torch.testing.assert_close(x_hat[0], rounded, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("architecture", ["temporal", "flexible"])
def test_each_token_looks_first_at_its_place_in_the_last_frame(
    make_stack_recipe, architecture
):
    recipe = make_stack_recipe(architecture, temporal={
        "channels": [8, 8, 8, 64], "width": 64, "heads": 2, "separate_layers": 1,
        "joint_layers": 1, "decoder_layers": 1, "expansion": 1,
    })  # fmt: skip
    net = build_network(recipe, recipe.rates[0])
    begin_stacks_as_components(net, fields(0), 40)
    model = net.entropy_model
    (block,) = model.decoder
    with torch.no_grad():
        keys, _values = block.cross_attention.keys_values(model.enc_position_joint._pos)
        asks = block.cross_attention._split(
            block.cross_attention.q(model.dec_position._pos)
        )
        found = (asks @ keys.transpose(-2, -1))[0].sum(dim=0).argmax(dim=1)
    if architecture == "flexible":  # slices of channels: four of theirs to one of ours
        assert ((found - 64) // 4).tolist() == list(range(16))
    else:
        inner = [64 + 8 * y + x for y in range(2, 6) for x in range(2, 6)]
        assert found.tolist() == inner
