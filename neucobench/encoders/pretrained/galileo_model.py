"""Galileo's encoder for series of Sentinel-1 and Sentinel-2 images.

Of its four kinds of input (space-time, space, time, static) only the first is here; the
others are absent, and absent tokens are left out before attention.

Source: Tseng et al., Galileo: Learning Global and Local Features in Pretrained Remote
Sensing Models (2025).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d

from neucobench.encoders.pretrained.galileo_tokens import (
    GROUPS,
    MOST_STEPS,
    PATCH,
    encode_months,
    encode_places,
    encode_steps,
    resize_kernel,
)
from neucobench.encoders.pretrained.transformer import Block

EPS = 1e-5
# The inputs that are never used here, by the names of their weights.
UNUSED = (
    *("sp_channel_embed", "t_channel_embed", "st_channel_embed"),
    *("space_embed.", "time_embed.", "static_embed."),
)


@dataclass(frozen=True, kw_only=True)
class GalileoSize:
    """Say how large a model is.

    Attributes:
        width: length of a token.
        depth: number of blocks.
        heads: number of heads.
    """

    width: int
    depth: int
    heads: int


SIZES = {
    "nano": GalileoSize(width=128, depth=4, heads=8),
    "tiny": GalileoSize(width=192, depth=12, heads=3),
    "base": GalileoSize(width=768, depth=12, heads=12),
}


class Projection(nn.Module):
    """Hold the kernel that turns the patches of one group of bands into tokens."""

    def __init__(self, bands: int, width: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(bands, width, PATCH, stride=PATCH)

    def forward(self, images: Tensor, patch: int) -> Tensor:
        """Return (images, row, column, width) of (images, band, y, x)."""
        # On CUDA a convolution in float32 may be rounded to TF32.
        exact = torch.float64 if images.is_cuda else torch.float32
        kernel = resize_kernel(self.proj.weight, patch).to(exact)
        bias = cast(Tensor, self.proj.bias).to(exact)
        tokens = conv2d(images.to(exact), kernel, bias, stride=patch)
        return tokens.movedim(1, -1).float()


class Galileo(nn.Module):
    """Turn normalized series of images into one token per patch, time and group.

    ::

        series ─▶ patches ─▶ projection ─▶ + encodings ─▶ blocks ─▶ norm ─▶ tokens
                             of a group    group, step,
                                           month, place

    Args:
        size: width, depth and heads.
    """

    def __init__(self, size: GalileoSize) -> None:
        super().__init__()
        width, part = size.width, size.width // 4
        self.s_t_channel_embed = nn.Parameter(torch.empty(len(GROUPS), part))
        self.register_buffer("pos_embed", torch.empty(MOST_STEPS, part))
        self.month_embed = nn.Module()
        self.month_embed.register_buffer("weight", torch.empty(12, part))
        self.space_time_embed = nn.ModuleDict(
            {
                name: Projection(bands.stop - bands.start, width)
                for name, bands in GROUPS.items()
            }
        )
        self.blocks = nn.ModuleList(
            Block(width, size.heads, hidden=4 * width, eps=EPS, fused=False)
            for _ in range(size.depth)
        )
        self.norm = nn.LayerNorm(width, eps=EPS)

    def tables(self) -> dict[str, Tensor]:
        """Return the fixed tables, which a file of weights also holds."""
        part = self.s_t_channel_embed.shape[-1]
        return {
            "pos_embed": encode_steps(MOST_STEPS, part),
            "month_embed.weight": encode_months(part),
        }

    def project(self, series: Tensor, patch: int, groups: Sequence[str]) -> Tensor:
        """Return (samples, row, column, time, group, width), nothing added yet."""
        images = series.flatten(0, 1)
        projected = [
            self.space_time_embed[name](images[:, GROUPS[name]], patch)
            for name in groups
        ]
        tokens = torch.stack(projected, dim=-2)
        return tokens.view(*series.shape[:2], *tokens.shape[1:]).movedim(1, 3)

    def encodings(
        self, shape: Sequence[int], patch: int, months: Tensor, groups: Sequence[str]
    ) -> Tensor:
        """Return what is added to projected tokens, in a shape that broadcasts to them.

        Args:
            shape: of the projected tokens.
            patch: side of a patch in pixels.
            months: (samples, time) 0 to 11.
            groups: names of the groups that are there.
        """
        _, rows, columns, steps, _, width = shape
        part = width // 4
        samples, device = len(months), months.device
        numbers = [list(GROUPS).index(name) for name in groups]
        step = cast(Tensor, self.pos_embed)[:steps]
        month = cast(Tensor, self.month_embed.weight)[months]
        place = encode_places(rows, columns, patch, part).to(device)
        parts = (
            self.s_t_channel_embed[numbers],
            step[:, None],
            month[:, None, None, :, None],
            place[:, :, None, None],
        )
        full = (samples, rows, columns, steps, len(numbers), part)
        return torch.cat([item.expand(full) for item in parts], dim=-1)

    def forward(
        self,
        series: Tensor,
        months: Tensor,
        *,
        patch: int = PATCH,
        groups: Sequence[str] = tuple(GROUPS),
    ) -> Tensor:
        """Return (samples, row, column, time, group, width), normalized tokens.

        The embedding of a sample is the mean over all axes between the first and the
        last, that of a patch the mean over time and group.

        Args:
            series: (samples, time, 13, y, x) normalized; sides are multiples of
                ``patch``, at most 24 steps.
            months: (samples, time) 0 (January) to 11.
            patch: side of a patch in pixels, 1 to 8.
            groups: names of the groups that are there; bands of others do not count.
        """
        tokens = self.project(series, patch, groups)
        shape = tokens.shape
        tokens = (tokens + self.encodings(shape, patch, months, groups)).flatten(1, -2)
        for block in self.blocks:
            tokens = block(tokens)
        return cast(Tensor, self.norm(tokens).view(shape))
