"""What TEC-ELIC knows of a latent before it is decoded.

A group of channels is decoded in two halves, like the fields of a checkerboard: the
anchors, where row and column add up to an even number, and then the others, which see
the anchors around them.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from neucobench.codecs.compressai_parts import GaussianConditional

# Given a group's number and the means and the scales of one half of it, each (batch,
# channel, y, x / 2), code or decode the half and return its quantized latents.
Visit = Callable[[int, Tensor, Tensor], Tensor]

_FIRST_GROUPS = (16, 16, 32, 64)
SMALLEST_M = sum(_FIRST_GROUPS) + 1


def group_sizes(m: int) -> list[int]:
    """Return how many of ``m`` channels each group has."""
    return [*_FIRST_GROUPS, m - sum(_FIRST_GROUPS)]


class ChannelGroups(nn.Module):
    """Predict the latents group by group, each from the first and the latest.

    ::

        groups 0 and k - 1 ──▶ channel_context ──────┐
        anchors of group k ──▶ context_prediction ───┼──▶ entropy_parameters
        side information ────────────────────────────┘           │
                                                          means and scales of
                                                          one half of group k

    He et al. 2022, simplified as in CompressAI's ``Elic2022Chandelier``.
    """

    def __init__(self, m: int) -> None:
        super().__init__()
        self.groups = group_sizes(m)
        first, *others = self.groups
        seen = [first, *(first + size for size in others)]
        self.channel_context = nn.ModuleDict(
            {
                f"y{k}": _channel_context(seen[k - 1], size)
                for k, size in enumerate(others, 1)
            }
        )
        self.latent_codec = nn.ModuleDict(
            {
                f"y{k}": Checkerboard(size, 2 * m + (2 * size if k else 0), 2 * m)
                for k, size in enumerate(self.groups)
            }
        )

    def walk(self, hyper: Tensor, visit: Visit) -> Tensor:
        """Return all quantized latents, (batch, channel, y, x).

        Args:
            hyper: (batch, 2 * channel, y, x), from the side information.
            visit: called for each group's anchors and then its others.
        """
        done: list[Tensor] = []
        for k in range(len(self.groups)):
            known = hyper
            if k:
                seen = torch.cat([done[0], done[-1]], dim=1) if k > 1 else done[0]
                known = torch.cat([self.channel_context[f"y{k}"](seen), hyper], dim=1)
            done.append(self._group(k, known, visit))
        return torch.cat(done, dim=1)

    def _group(self, k: int, known: Tensor, visit: Visit) -> Tensor:
        board: Any = self.latent_codec[f"y{k}"]
        known_anchors, known_others = halves(known)
        nothing = known_anchors.new_zeros(
            (known.shape[0], 2 * self.groups[k], *known_anchors.shape[2:])
        )
        anchors = visit(k, *board(nothing, known_anchors))
        around = board.context_prediction(whole(anchors, torch.zeros_like(anchors)))
        others = visit(k, *board(halves(around)[1], known_others))
        return whole(anchors, others)


class Checkerboard(nn.Module):
    """Predict one half of a group of channels.

    Attributes:
        entropy_parameters: what is known, to a mean and a scale for each symbol.
        context_prediction: what the anchors say of the others.
        y: the Gaussian that estimates the rate while training.
    """

    def __init__(self, channels: int, known: int, width: int) -> None:
        super().__init__()
        self.entropy_parameters = nn.Sequential(
            nn.Conv2d(2 * channels + known, width, kernel_size=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, 512, kernel_size=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(512, 2 * channels, kernel_size=1),
        )
        self.context_prediction = CheckerboardConv2d(channels, 2 * channels)
        self.y = nn.ModuleDict({"gaussian_conditional": GaussianConditional(None)})

    def forward(self, spatial: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
        """Return the means and the scales of one half, (batch, channel, y, x / 2)."""
        found = self.entropy_parameters(torch.cat([spatial, known], dim=1))
        means, scales = found.chunk(2, dim=1)
        return means, scales


class CheckerboardConv2d(nn.Conv2d):
    """Sum 5 x 5 pixels, those alone where row and column add up to an odd number.

    CompressAI's layer changes its weights in each pass; this one leaves them alone.
    """

    mask: Tensor

    def __init__(self, channels: int, out: int) -> None:
        super().__init__(channels, out, kernel_size=5, padding=2)
        place = torch.arange(5)
        mask = ((place[:, None] + place) % 2).to(self.weight.dtype)
        self.register_buffer("mask", mask.expand_as(self.weight).clone())

    def forward(self, x: Tensor) -> Tensor:
        """Return (batch, out, y, x)."""
        weight = self.weight * self.mask
        return functional.conv2d(x, weight, self.bias, padding=self.padding)


def halves(y: Tensor) -> tuple[Tensor, Tensor]:
    """Return the anchors and the others of (..., y, x), each (..., y, x / 2).

    ::

        a b a b          a a    b b
        b a b a   ──▶    a a    b b
    """
    anchors = y.new_empty((*y.shape[:-1], y.shape[-1] // 2))
    others = torch.empty_like(anchors)
    anchors[..., 0::2, :], others[..., 0::2, :] = y[..., 0::2, 0::2], y[..., 0::2, 1::2]
    anchors[..., 1::2, :], others[..., 1::2, :] = y[..., 1::2, 1::2], y[..., 1::2, 0::2]
    return anchors, others


def whole(anchors: Tensor, others: Tensor) -> Tensor:
    """Return the halves of a checkerboard as one, (..., y, x)."""
    even = torch.stack([anchors[..., 0::2, :], others[..., 0::2, :]], dim=-1)
    odd = torch.stack([others[..., 1::2, :], anchors[..., 1::2, :]], dim=-1)
    both = torch.stack([even.flatten(-2), odd.flatten(-2)], dim=-2)
    return both.flatten(-3, -2)


def split_halves(y: Tensor, sizes: Sequence[int]) -> Iterator[Tensor]:
    """Yield the anchors and then the others of each group of channels."""
    for group in torch.split(y, list(sizes), dim=1):
        yield from halves(group)


def _channel_context(seen: int, channels: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(seen, 224, kernel_size=5, padding=2),
        nn.ReLU(inplace=True),
        nn.Conv2d(224, 128, kernel_size=5, padding=2),
        nn.ReLU(inplace=True),
        nn.Conv2d(128, 2 * channels, kernel_size=5, padding=2),
    )
