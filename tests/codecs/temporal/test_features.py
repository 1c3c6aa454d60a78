"""What a network makes of stacks on the way to a stream."""

import numpy as np
import pytest
import torch

from neucobench.codecs.temporal.closed_loop import ClosedLoop
from neucobench.codecs.temporal.estimates import tokens_of
from neucobench.codecs.temporal.expectation import expect
from neucobench.codecs.temporal.features import stack_features
from neucobench.errors import UsageError


def stacks(network, *, batch=1, time=3, size=64, seed=1) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    shape = (batch, time, network.bands, size, size)
    return torch.randn(shape, generator=generator)


@pytest.mark.parametrize(("case", "frame"), [("a", 2), ("b", 1)])
def test_what_is_known_and_what_is_expected_are_those_of_upstream(
    published, case, frame
):
    tt = published("tt_small")
    found = stack_features(tt.network, tt.stack(case))
    for name in ("z_joint", "z_cur"):
        ours = getattr(found, name)[0, frame]
        theirs = tt[f"{case}_frame{frame}_{name}"]
        np.testing.assert_allclose(ours.numpy(), theirs, rtol=0, atol=2e-5)


@pytest.mark.parametrize("case", ["a", "b"])
def test_latents_and_bits_are_those_of_upstream(published, case):
    tt = published("tt_small")
    found = stack_features(tt.network, tt.stack(case))
    np.testing.assert_array_equal(found.latents, tt[f"{case}_latents_decoded"])
    bits = found.channel_bits.sum(dim=2)[0].numpy()
    np.testing.assert_allclose(bits, tt[f"{case}_forward_bits_float"], rtol=1e-5)


def test_bits_of_a_flexible_network_belong_to_channels_and_places(published):
    flex = published("flex_small")
    found = stack_features(flex.network, flex.stack("in64"))
    bits = found.channel_bits.sum(dim=2)[0].numpy()
    assert found.bits.shape == found.latents.shape
    np.testing.assert_allclose(bits, flex["k16_forward_bits_float"], rtol=1e-5)


@pytest.mark.parametrize("flexible", [False, True])
@pytest.mark.parametrize("size", [16, 40, 100])
def test_any_size_gives_features_of_the_shapes_that_are_said(
    small_network, flexible, size
):
    network = small_network(flexible=flexible)
    found = stack_features(network, stacks(network, batch=2, time=3, size=size))
    cells = -(-size // 16)
    windows = (-(-cells // 4)) ** 2
    assert found.latents.shape == (2, 3, network.channels, cells, cells)
    assert found.bits.shape == found.latents.shape
    assert found.z_joint.shape == (2, 4, windows, 128, 32)
    assert found.z_cur.shape == (2, 3, windows, 16, 32)
    assert found.channel_bits.shape == (2, 3, network.channels)
    assert all(bool(part.isfinite().all()) for part in vars(found).values())


def test_reflected_latents_cost_nothing(small_network):
    network = small_network()
    x = stacks(network, time=1, size=40)
    found = stack_features(network, x)
    bits = float(found.bits.sum())
    assert 0 < bits < network(x)[1][0]


def test_before_the_first_frame_nothing_is_known_of_a_stack(small_network):
    network = small_network()
    first, second = (stack_features(network, stacks(network, seed=n)) for n in (1, 2))
    assert torch.equal(first.z_joint[:, 0], second.z_joint[:, 0])
    assert not torch.equal(first.z_joint[:, 1], second.z_joint[:, 1])


def test_the_last_context_is_that_of_the_frame_to_come(small_network):
    network = small_network()
    x = stacks(network, time=4)
    short, long = stack_features(network, x[:, :3]), stack_features(network, x)
    torch.testing.assert_close(short.z_joint, long.z_joint[:, :4], rtol=0, atol=1e-5)


def test_features_are_those_that_are_coded_by(small_network):
    network = small_network()
    x = stacks(network, batch=2, size=128)
    found = stack_features(network, x)
    expected = expect(network, found.latents, tokens_of(network, found.latents))
    torch.testing.assert_close(found.z_cur, expected.z_cur, rtol=0, atol=1e-5)


@pytest.mark.parametrize("quality", [0, 5, [16, 0, 3]])
def test_what_is_not_sent_is_forecast_and_costs_nothing(small_network, quality):
    network = small_network(flexible=True)
    x = stacks(network)
    found = stack_features(network, x, quality)
    sent = [quality] * 3 if isinstance(quality, int) else quality
    loop = ClosedLoop(network, x)
    for k in sent:
        loop.code(k)
    assert torch.equal(found.latents, loop.latents())
    assert (found.channel_bits.sum(dim=2)[0] > 0).tolist() == [k > 0 for k in sent]


def test_a_network_that_sends_all_tokens_has_no_quality(small_network):
    network = small_network()
    with pytest.raises(UsageError, match="sends all tokens"):
        stack_features(network, stacks(network), 4)
