"""TEC-TT and FlexTEC: a stack of frames, each predicted from the two before it."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from neucobench.codecs.payload import pair
from neucobench.codecs.temporal.estimates import estimate_stacks
from neucobench.codecs.temporal.layers import TemporalLayers
from neucobench.codecs.temporal.portable import read_stacks, write_stacks
from neucobench.codecs.temporal.strict import compress_stacks, decompress_stacks

Quality = int | Sequence[int]


class TemporalNetwork(TemporalLayers):
    """Code stacks (batch, time, band, y, x), standardized, frame after frame.

    ::

        x ──▶ analysis ──▶ y ──▶ round ──▶ latents ──▶ + ──▶ synthesis ──▶ x_hat
                                   │                   ▲
        the two frames before ──▶ entropy model ─ z_cur ─ dequantizer

    There are two forms of streams. ``compress`` and ``decompress`` are upstream's
    interface, with its strings. ``write`` and ``read`` make one stream for each frame,
    with a checksum; the entropy model is computed in double precision, so that other
    machines, threads and batches get the same.

    TerraCodec publishes it under the names TEC-TT and FlexTEC.
    """

    def forward(
        self, x: Tensor, quality: Quality | None = None, *, compat: bool = True
    ) -> tuple[Tensor, list[int]]:
        """Return the reconstruction, and the bits expected of each frame.

        Args:
            x: (batch, time, band, y, x), standardized; or frames, or one frame.
            quality: of a flexible network: how many tokens of a window are sent, 0 to
                16, for all frames or for each (the last for those that are left).
            compat: of a flexible network: whether tokens that are not sent are masked
                and each frame sees the true ones before, as upstream estimates;
                otherwise they are forecast, as in what is coded.

        Returns:
            (batch, time, band, y, x), standardized; bits of all stacks together.

        Raises:
            CodecError: when the stacks are not what the codec takes.
            UsageError: when the quality is none.
        """
        return estimate_stacks(self, self.stack_of(x), quality, compat=compat)

    @torch.no_grad()
    def compress(
        self, x: Tensor, quality: Quality | None = None, *, compat: bool = True
    ) -> dict[str, Any]:
        """Return the coded form of stacks, as ``decompress`` takes it.

        Args:
            x: (batch, time, band, y, x), standardized; or frames, or one frame.
            quality: see ``forward``.
            compat: of a flexible network: whether scales are mapped twice, as
                upstream's are; its strings are longer, but are upstream's.

        Returns:
            ``strings``, of each frame, of each token sent, of each stack; ``shape``;
            ``latent_hw``; ``num_channels``; ``bits`` of each frame; ``seq_len_dec``;
            ``size``; and of a flexible network ``quality`` and ``compat``.

        Raises:
            CodecError: when the stacks are not what the codec takes.
            UsageError: when the quality is none.
        """
        return compress_stacks(self, self.stack_of(x), quality, compat=compat)

    @torch.no_grad()
    def decompress(
        self, payload: Mapping[str, Any] | None = None, /, **named: Any
    ) -> Tensor:
        """Return the stacks behind what ``compress`` returned.

        Args:
            payload: what ``compress`` returned; or the same as keywords.
            named: see there.

        Raises:
            CodecError: when a string cannot be decoded.
        """
        return decompress_stacks(self, {**(payload or {}), **named})

    def write(self, x: Tensor, quality: Quality | None = None) -> list[list[bytes]]:
        """Return one stream for each frame of each stack.

        Args:
            x: (batch, time, band, y, x), standardized.
            quality: see ``forward``.

        Raises:
            CodecError: when the stacks are not what the codec takes.
            UsageError: when the quality is none.
        """
        return write_stacks(self, self.stack_of(x), quality)

    def read(
        self,
        streams: Sequence[Sequence[bytes]],
        size: Sequence[int],
        quality: Quality | None = None,
    ) -> Tensor:
        """Return the stacks, of one height and width, behind some streams.

        Args:
            streams: of each stack, of each frame.
            size: the height and the width of the pictures.
            quality: what the streams were written with.

        Raises:
            CodecError: when stacks have different numbers of frames, or there is no
                such size.
            DamagedFrameError: when a stream is damaged, or was made with other weights.
            UsageError: when the quality is none.
        """
        return read_stacks(self, streams, pair(size), quality)
