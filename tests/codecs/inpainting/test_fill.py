"""Tokens of windows."""

import pytest
import torch

from neucobench.codecs.inpainting import fill
from neucobench.codecs.inpainting.fill import fill_tokens, select_tokens


@pytest.fixture
def context(network):
    z_joint = torch.randn(5, 128, 16, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        return network.entropy_model.decoder.look_at(z_joint)


@pytest.fixture
def tokens(network):
    generator = torch.Generator().manual_seed(2)
    return torch.round(5 * torch.randn(5, 16, network.channels, generator=generator))


def test_interleaving_selects_what_is_cloudy():
    cloudy = torch.tensor([[False, True, False, True]])
    assert torch.equal(select_tokens(cloudy, "interleave"), cloudy)


def test_propagating_selects_everything_from_the_first_cloud_on():
    cloudy = torch.tensor([[False, True, False, False], [False] * 4])
    expected = torch.tensor([[False, True, True, True], [False] * 4])
    assert torch.equal(select_tokens(cloudy, "propagate"), expected)


def test_windows_without_a_cloud_take_no_steps(network, tokens, context, monkeypatch):
    windows = []

    class Counting(fill.Stepper):
        def step(self, before):
            z_cur = super().step(before)
            windows.append(len(z_cur))
            return z_cur

    monkeypatch.setattr(fill, "Stepper", Counting)
    selected = torch.zeros(5, 16, dtype=torch.bool)
    selected[(1, 3), 4] = True
    with torch.no_grad():
        fill_tokens(network.entropy_model, tokens, selected, context)
    assert windows == [2] * 16


@pytest.mark.parametrize("compat", [True, False])
def test_the_new_tokens_are_the_means(network, tokens, context, compat):
    selected = torch.zeros(5, 16, dtype=torch.bool)
    selected[2, 7:] = True
    model = network.entropy_model
    with torch.no_grad():
        found = fill_tokens(model, tokens, selected, context, compat=compat)
        mu, _ = model.parameters_of(model.decode(found.tokens, context))
    expected = torch.round(mu) if compat else mu
    torch.testing.assert_close(found.tokens[2, 7:], expected[2, 7:])
    assert torch.equal(found.tokens[~selected], tokens[~selected])


def test_what_was_given_is_not_changed(network, tokens, context):
    before = tokens.clone()
    selected = torch.ones(5, 16, dtype=torch.bool)
    with torch.no_grad():
        fill_tokens(network.entropy_model, tokens, selected, context)
    assert torch.equal(tokens, before)
