"""What a latent of TEC-ELIC is predicted from has been decoded before it."""

import pytest
import torch

from neucobench.codecs.elic.context import (
    ChannelGroups,
    CheckerboardConv2d,
    group_sizes,
    halves,
    whole,
)


def test_the_last_group_has_all_other_channels():
    assert group_sizes(192) == [16, 16, 32, 64, 64]
    assert group_sizes(320) == [16, 16, 32, 64, 192]


def test_halves_are_the_fields_of_a_checkerboard():
    y = torch.arange(16).reshape(4, 4)
    anchors, others = halves(y)
    assert anchors.tolist() == [[0, 2], [5, 7], [8, 10], [13, 15]]
    assert others.tolist() == [[1, 3], [4, 6], [9, 11], [12, 14]]


def test_halves_make_a_whole():
    y = torch.randn(2, 3, 6, 8)
    assert torch.equal(whole(*halves(y)), y)


def test_the_spatial_context_sees_the_other_field_alone():
    convolution = CheckerboardConv2d(1, 1)
    seen = torch.zeros(9, 9)
    for place in range(81):
        x = torch.zeros(81)
        x[place] = 1
        with torch.no_grad():
            y = convolution(x.reshape(1, 1, 9, 9)) - convolution(
                torch.zeros(1, 1, 9, 9)
            )
        seen.view(-1)[place] = y[0, 0, 4, 4].abs()
    parity = (torch.arange(9)[:, None] + torch.arange(9)) % 2
    assert (seen[parity == 0] == 0).all()
    assert int((seen > 0).sum()) == 12


def test_weights_are_not_changed_by_a_pass():
    convolution = CheckerboardConv2d(2, 4)
    before = convolution.weight.clone()
    convolution(torch.randn(1, 2, 8, 8))
    assert torch.equal(convolution.weight, before)


@pytest.fixture
def groups():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return ChannelGroups(130).requires_grad_(False)


def test_means_and_scales_do_not_depend_on_what_comes_later(groups):
    hyper = torch.randn(1, 260, 4, 4, generator=torch.Generator().manual_seed(1))
    sizes = groups.groups

    def visited(changed: int) -> list[torch.Tensor]:
        seen = []

        def visit(_group, means, scales):
            seen.append(torch.cat([means, scales], dim=1))
            return torch.full_like(means, float(len(seen) - 1 == changed))

        groups.walk(hyper, visit)
        return seen

    plain = visited(-1)
    assert len(plain) == 2 * len(sizes)
    for step in (0, 1, 4, 9):
        same = [
            torch.equal(ours, theirs)
            for ours, theirs in zip(visited(step), plain, strict=True)
        ]
        assert all(same[: step + 1])
        assert step == len(plain) - 1 or not same[step + 1]
