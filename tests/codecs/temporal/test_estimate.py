"""The pass that networks of stacks are trained by."""

from collections import Counter

import pytest
import torch

from neucobench.codecs.temporal.estimate import (
    draw_quality,
    noisy_bits,
    training_pass,
)
from neucobench.codecs.temporal.network import TemporalNetwork
from neucobench.codecs.temporal.sizes import TOKENS, TemporalSizes
from neucobench.codecs.temporal.windows import decoder_windows

SMALL = {
    "channels": (16, 24, 32, 64), "width": 16, "heads": 2, "separate_layers": 1,
    "joint_layers": 1, "decoder_layers": 1, "expansion": 2,
}  # fmt: skip


@pytest.fixture
def make_network():
    """Return a function that makes a small network with latents far from zero."""

    def make(flexible=False):
        with torch.random.fork_rng():
            torch.manual_seed(1)
            net = TemporalNetwork(TemporalSizes(**SMALL, flexible=flexible))
        with torch.no_grad():
            last = net.transform.analysis_transform.transforms[13]
            last.weight.mul_(40)
        return net

    return make


@pytest.fixture
def x():
    """Return two stacks of three frames."""
    return torch.randn(2, 3, 12, 64, 128, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("flexible", [False, True])
def test_gradients_reach_every_weight(make_network, x, flexible):
    net = make_network(flexible).train()
    torch.manual_seed(0)
    found = training_pass(net, x)
    (100 * (found.x_hat - x).square().mean() + found.bits.sum()).backward()
    for name, value in net.named_parameters():
        assert value.grad is not None, name
        assert value.grad.isfinite().all(), name
        # Softmax does not see what is added to all keys alike.
        if not name.endswith("attention.k.bias"):
            assert value.grad.any(), name


def test_bits_are_of_each_frame_of_the_whole_batch(make_network, x):
    net = make_network().eval()
    with torch.inference_mode():
        both = training_pass(net, x)
        parts = [training_pass(net, stack[None]) for stack in x]
    assert both.bits.shape == (3,)
    torch.testing.assert_close(both.bits, parts[0].bits + parts[1].bits)
    torch.testing.assert_close(
        both.x_hat, torch.cat([part.x_hat for part in parts]), rtol=1e-4, atol=1e-4
    )


def test_outside_training_the_estimate_is_that_of_the_codec(make_network, x):
    net = make_network().eval()
    with torch.inference_mode():
        found = training_pass(net, x)
        x_hat, bits = net(x)
    torch.testing.assert_close(found.x_hat, x_hat, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(
        found.bits, torch.tensor(bits, dtype=torch.float32), rtol=1e-3, atol=1
    )


def test_frames_are_told_from_the_two_before_alone(make_network):
    net = make_network().eval()
    x = torch.randn(1, 4, 12, 64, 64, generator=torch.Generator().manual_seed(3))
    other = x.clone()
    other[:, 0] += 1
    with torch.inference_mode():
        first, second = training_pass(net, x).bits, training_pass(net, other).bits
    assert (first != second).tolist() == [True, True, True, False]


def test_one_frame_is_a_stack_too(make_network, x):
    net = make_network().train()
    found = training_pass(net, x[:, :1])
    assert found.bits.shape == (1,)
    assert found.x_hat.shape == (2, 1, 12, 64, 128)


def test_a_later_frame_does_not_move_the_latents_of_the_first(make_network, x):
    net = make_network().train()
    seen = []
    analyze = net.analyze
    net.analyze = lambda frames: seen.append(analyze(frames)) or seen[-1]
    bits = training_pass(net, x).bits
    (grad,) = torch.autograd.grad(bits[2], seen)
    assert [bool(grad[:, frame].any()) for frame in range(3)] == [False, True, True]


def test_a_free_rate_moves_the_entropy_model_and_no_transform(make_network, x):
    net = make_network().train()
    training_pass(net, x, rate_free=True).bits.sum().backward()
    assert net.entropy_model.mean_head[-1].weight.grad.any()
    assert all(value.grad is None for value in net.transform.parameters())
    net.zero_grad()
    training_pass(net, x, rate_free=True).x_hat.sum().backward()
    assert net.transform.analysis_transform.transforms[13].bias.grad.any()


def test_tokens_are_drawn_in_proportion_to_how_many_are_sent():
    torch.manual_seed(0)
    drawn = Counter(draw_quality() for _ in range(13_600))
    assert set(drawn) == set(range(1, 17))
    for k, count in drawn.items():
        assert count == pytest.approx(100 * k, abs=6 * (100 * k) ** 0.5)


@pytest.mark.parametrize("flexible", [False, True])
def test_what_follows_on_expected_tokens_costs_more(make_network, x, flexible):
    net = make_network(flexible).train()
    with torch.no_grad():
        torch.manual_seed(0)
        plain = training_pass(net, x)
        torch.manual_seed(0)
        found = training_pass(net, x, forecast=True)
    assert plain.forecast is None
    assert torch.equal(plain.bits, found.bits)  # draws nothing before the noise
    assert found.forecast > 0.5 * plain.bits.sum()


def test_forecasts_move_the_entropy_model(make_network, x):
    net = make_network().train()
    training_pass(net, x, forecast=True).forecast.backward()
    model = net.entropy_model
    for part in (model.mean_head, model.encoder_sep, model.encoder_joint):
        assert next(part.parameters()).grad.any()


@pytest.mark.parametrize("k", [1, 5, 16])
def test_only_tokens_that_are_sent_cost_and_the_others_are_masked(
    make_network, x, monkeypatch, k
):
    monkeypatch.setattr("neucobench.codecs.temporal.estimate.draw_quality", lambda: k)
    net = make_network(flexible=True).train()
    shown = []
    synthesize = net.synthesize

    def keep(latents, z_cur, size):
        shown.append((latents.detach(), z_cur.detach()))
        return synthesize(latents, z_cur, size)

    net.synthesize = keep
    torch.manual_seed(0)
    bits = training_pass(net, x).bits
    ((latents, z_cur),) = shown
    tokens = decoder_windows(latents.flatten(0, 1), flexible=True)
    masked = (tokens == net.entropy_model.mask_token).all(dim=2)
    assert masked.tolist() == [[False] * k + [True] * (TOKENS - k)] * len(tokens)
    masked = (z_cur == net.entropy_model.z_cur_mask_token).all(dim=-1).flatten(0, 2)
    assert masked.tolist() == [[False] * k + [True] * (TOKENS - k)] * len(masked)
    monkeypatch.setattr(
        "neucobench.codecs.temporal.estimate.draw_quality", lambda: TOKENS
    )
    torch.manual_seed(0)
    whole = training_pass(net, x).bits
    assert (bits < whole).all() if k < TOKENS else torch.equal(bits, whole)


def test_noisy_bits_are_those_of_the_distribution_where_it_can_be_computed():
    mu = torch.linspace(-2, 2, 41)
    y = torch.full_like(mu, 0.3)
    raw = torch.linspace(-3, 5, 41)
    scale = torch.where(raw > 0, raw + 1, 1 / (1 - raw)).double() + 0.01
    distribution = torch.distributions.Normal(mu.double(), scale)
    mass = distribution.cdf(y + 0.5) - distribution.cdf(y - 0.5)
    torch.testing.assert_close(
        noisy_bits(y, mu, raw), -mass.log2().float(), rtol=1e-3, atol=1e-4
    )


@pytest.mark.parametrize("distance", [0.0, 5.0, 50.0, 5000.0])
@pytest.mark.parametrize("raw", [-200.0, 0.0, 300.0])
def test_noisy_bits_have_a_gradient_however_far_off_a_latent_is(distance, raw):
    mu = torch.zeros(1, requires_grad=True)
    sigma_raw = torch.tensor([raw], requires_grad=True)
    bits = noisy_bits(torch.tensor([distance]), mu, sigma_raw)
    bits.sum().backward()
    assert bits.isfinite().all()
    assert bits >= 0
    assert mu.grad.isfinite().all()
    assert sigma_raw.grad.isfinite().all()
    if distance > 300:
        assert mu.grad < 0
