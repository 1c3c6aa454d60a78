"""The way that portable streams are coded: frame after frame, in double precision.

::

    latents ──▶ windows ──▶ tokens: sent, or forecast ──▶ symbols and rows
                                  │
    the next frame's past ◀───────┘   what the decoder will have, and nothing else

Windows that reach beyond the latents hold zeros there, which are not coded.
"""

from copy import copy
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor
from torch.nn import functional

from neucobench.codecs.temporal.axes import split_first
from neucobench.codecs.temporal.bottleneck import portable_rows, to_symbols
from neucobench.codecs.temporal.forecast import forecast
from neucobench.codecs.temporal.layers import TemporalLayers
from neucobench.codecs.temporal.past import Past
from neucobench.codecs.temporal.sizes import TOKENS, WINDOW
from neucobench.codecs.temporal.windows import decoder_windows, join_windows


@dataclass(frozen=True, kw_only=True)
class CodedFrame:
    """Hold one frame of several stacks as the coder takes it.

    Attributes:
        symbols: (batch, tokens sent, windows, channel), int32.
        rows: likewise, the rows of the portable table.
        inside: (tokens sent, windows, channel), which of them are coded.
        forecast: (batch, tokens not sent, windows, channel), whole numbers.
    """

    symbols: Tensor
    rows: Tensor
    inside: Tensor
    forecast: Tensor


class ClosedLoop:
    """Code stacks frame after frame, as the decoder will see them.

    Args:
        network: the network.
        x: (batch, time, band, y, x), standardized.
    """

    def __init__(self, network: TemporalLayers, x: Tensor) -> None:
        self._network = network
        self._wanted = network.latents(x).double()
        batch, _, _, height, width = self._wanted.shape
        self._size = height, width
        self._past = Past(network, (batch, height, width), torch.float64)
        self._inside = inside_windows(network, height, width)
        self._latents: list[Tensor] = []
        self._z_cur: list[Tensor] = []

    def code(self, sent: int) -> CodedFrame:
        """Return the next frame.

        Args:
            sent: how many tokens of each window are sent.

        Raises:
            CodecError: when a latent is too large to be coded.
        """
        model, wanted = self._network.entropy_model, self._wanted
        context = self._past.context()
        tokens = padded_windows(self._network, wanted[:, len(self._latents)])
        if sent < TOKENS:
            inside = self._inside.repeat(len(wanted), 1, 1)
            tokens, z_cur = forecast(model, context, tokens, sent, inside)
        else:
            z_cur = model.decode(tokens, context)
        self._keep(tokens, z_cur)
        mu, sigma_raw = model.parameters_of(z_cur[:, :sent])
        return CodedFrame(
            symbols=self._in_order(to_symbols(tokens[:, :sent], mu)),
            rows=self._in_order(portable_rows(mu, sigma_raw)),
            inside=self._inside[:, :sent].transpose(0, 1),
            forecast=self._in_order(tokens[:, sent:]).int(),
        )

    def fork(self) -> Self:
        """Return a second loop that goes on from here, on its own."""
        twin = copy(self)
        twin._past = copy(self._past)
        twin._latents, twin._z_cur = [*self._latents], [*self._z_cur]
        return twin

    def stacks(self, size: tuple[int, ...]) -> Tensor:
        """Return what the decoder will make of the frames so far.

        Args:
            size: the height and the width to crop to.
        """
        z_cur = torch.stack(self._z_cur, dim=1)
        return self._network.synthesize(self.latents(), z_cur, size)

    def latents(self) -> Tensor:
        """Return the latents of the frames so far, as the decoder will have them."""
        return torch.stack(self._latents, dim=1).float()

    def _keep(self, tokens: Tensor, z_cur: Tensor) -> None:
        flexible = self._network.flexible
        latents = join_windows(tokens, *self._size, flexible=flexible)
        self._past.add(latents)
        self._latents.append(latents)
        self._z_cur.append(split_first(z_cur.float(), len(latents), -1))

    def _in_order(self, tokens: Tensor) -> Tensor:
        """Return (batch, tokens, windows, ...) of (batch * windows, tokens, ...)."""
        return split_first(tokens, len(self._wanted), -1).transpose(1, 2)


def padded_windows(network: TemporalLayers, latents: Tensor) -> Tensor:
    """Return tokens of (batch, channel, y, x), with zeros beyond the latents."""
    height, width = latents.shape[-2:]
    padded = functional.pad(latents, (0, -width % WINDOW, 0, -height % WINDOW))
    return decoder_windows(padded, flexible=network.flexible)


def inside_windows(network: TemporalLayers, height: int, width: int) -> Tensor:
    """Return what of the windows lies in latents, (windows, 16, channel), booleans."""
    device = network.first_past.device
    ones = torch.ones(1, network.channels, height, width, device=device)
    return padded_windows(network, ones).bool()
