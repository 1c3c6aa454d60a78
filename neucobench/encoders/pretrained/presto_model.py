"""Presto's encoder for series of single pixels.

Source: Tseng et al., Lightweight, Pre-trained Transformers for Remote Sensing
Timeseries (2023), https://arxiv.org/abs/2304.14065.
"""

import math
from typing import cast

import torch
from torch import Tensor, nn

from neucobench.encoders.pretrained.presto_input import (
    GROUPS,
    NO_LAND_COVER,
    PixelSeries,
)
from neucobench.encoders.pretrained.transformer import Block, sine_cosine
from neucobench.errors import InputError

WIDTH = 128
MOST_STEPS = 24
_DEPTH, _HEADS, _EPS = 2, 8, 1e-5
# The added encoding has three parts, in this order.
_MONTH, _CHANNEL, _POSITION = 32, 32, 64
_LAND_COVER_CHANNEL = len(GROUPS)


class Presto(nn.Module):
    """Turn series of pixels into vectors of 128 numbers.

    ::

        place ────────────────▶ linear ──────────────────────┐
        bands ──────▶ linear of a group ─┐                   ├─▶ blocks ─▶ mean ─▶ norm
        land cover ─▶ embedding ─────────┴▶ + month, channel,┘
                                              time step
    """

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("pos_embed", torch.empty(1, MOST_STEPS, _POSITION))
        self.month_embed = nn.Module()
        self.month_embed.register_buffer("weight", torch.empty(12, _MONTH))
        self.channel_embed = nn.Embedding(len(GROUPS) + 1, _CHANNEL)
        self.eo_patch_embed = nn.ModuleDict(
            {
                name: nn.Linear(bands.stop - bands.start, WIDTH)
                for name, bands in GROUPS.items()
            }
        )
        self.dw_embed = nn.Embedding(NO_LAND_COVER + 1, WIDTH)
        self.latlon_embed = nn.Linear(3, WIDTH)
        self.blocks = nn.ModuleList(
            Block(WIDTH, _HEADS, hidden=4 * WIDTH, eps=_EPS, fused=True)
            for _ in range(_DEPTH)
        )
        self.norm = nn.LayerNorm(WIDTH, eps=_EPS)

    def tables(self) -> dict[str, Tensor]:
        """Return the fixed tables, which a file of weights also holds."""
        return {
            "pos_embed": _encode_steps()[None],
            "month_embed.weight": _encode_months(),
        }

    def forward(self, series: PixelSeries) -> Tensor:
        """Return (samples, 128): the mean of all tokens, then the norm."""
        return cast(Tensor, self.norm(self.tokens(series).mean(1)))

    def tokens(self, series: PixelSeries) -> Tensor:
        """Return (samples, tokens, 128) after the blocks, not normalized.

        First the place, then each group of bands with its steps, then the land cover;
        elevation and slope have one token, and what is absent none.

        Raises:
            InputError: when the series differ in the number of tokens.
        """
        tokens, present = self._embed(series)
        tokens = _keep(tokens, present)
        for block in self.blocks:
            tokens = block(tokens)
        return tokens

    def _embed(self, series: PixelSeries) -> tuple[Tensor, Tensor]:
        """Return (samples, tokens, 128), and (samples, tokens) which of them count."""
        samples, steps = series.months.shape
        absent = series.absent
        if absent is None:
            absent = torch.zeros_like(series.values, dtype=torch.bool)
        tokens = [self.latlon_embed(_on_sphere(series.latlon))[:, None]]
        present = [torch.ones(samples, 1, dtype=torch.bool, device=absent.device)]
        for channel, (name, bands) in enumerate(GROUPS.items()):
            # Terrain does not change: its only token is that of the first step, and
            # has no time.
            first = 1 if name == "SRTM" else steps
            projected = self.eo_patch_embed[name](series.values[:, :first, bands])
            timed = None if name == "SRTM" else series.months
            tokens.append(projected + self._encoding(channel, timed))
            present.append(~absent[:, :first, bands].any(-1))
        if series.land_cover is not None:
            encoding = self._encoding(_LAND_COVER_CHANNEL, series.months)
            tokens.append(self.dw_embed(series.land_cover) + encoding)
            present.append(series.land_cover != NO_LAND_COVER)
        return torch.cat(tokens, dim=1), torch.cat(present, dim=1)

    def _encoding(self, channel: int, months: Tensor | None) -> Tensor:
        """Return (samples, time, 128), or (1, 1, 128) without time."""
        of_channel = self.channel_embed.weight[channel]
        if months is None:
            zero = of_channel.new_zeros
            return torch.cat([zero(_MONTH), of_channel, zero(_POSITION)])[None, None]
        samples, steps = months.shape
        month = cast(Tensor, self.month_embed.weight)[months]
        step = cast(Tensor, self.pos_embed)[:, :steps]
        return torch.cat(
            [
                month,
                of_channel.expand(samples, steps, -1),
                step.expand(samples, -1, -1),
            ],
            dim=-1,
        )


def _keep(tokens: Tensor, present: Tensor) -> Tensor:
    """Return (samples, kept, 128), the tokens that are present, in their order."""
    counts = present.sum(1)
    if bool((counts != counts[0]).any()):
        raise InputError(
            f"The series have between {int(counts.min())} and {int(counts.max())} "
            "tokens; Presto takes series with the same number together. Give those "
            "with equally many absent values at a time."
        )
    return tokens[present].view(len(tokens), int(counts[0]), -1)


def _on_sphere(latlon: Tensor) -> Tensor:
    """Return (samples, 3), the point on the unit sphere."""
    latitude, longitude = latlon.double().deg2rad().unbind(-1)
    point = (
        latitude.cos() * longitude.cos(),
        latitude.cos() * longitude.sin(),
        latitude.sin(),
    )
    return torch.stack(point, dim=-1).float()


def _encode_months() -> Tensor:
    months = torch.arange(12, dtype=torch.float64)
    turn = torch.full((_MONTH // 2,), 2 * math.pi / 12, dtype=torch.float64)
    return sine_cosine(months, turn).float()


def _encode_steps() -> Tensor:
    """Return (24, 64), sine and cosine in turn, of base 1000."""
    steps = torch.arange(MOST_STEPS, dtype=torch.float64)
    even = torch.arange(0, _POSITION, 2, dtype=torch.float64)
    angles = steps[:, None] * torch.pow(1000.0, -even / _POSITION)
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1).float()
