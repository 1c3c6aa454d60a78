"""What the learned codecs of single pictures share: how they are coded and decoded."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from neucobench.codecs.entropy.checked import CheckedDecoder, encode_checked
from neucobench.codecs.entropy.coder import decode_symbols, encode_symbols
from neucobench.codecs.entropy.latents import LatentCoder
from neucobench.codecs.payload import check_strings
from neucobench.codecs.pictures import check_pictures, crop, in_passes, reflect

_STRIDE = 16  # pixels of one latent


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """Hold what a training step needs.

    Attributes:
        x_hat: the reconstruction, (batch, band, y, x), standardized.
        likelihoods: of each symbol, one tensor for each kind of latent; the rate in
            bits is the sum of ``-log2`` over all of them.
    """

    x_hat: Tensor
    likelihoods: tuple[Tensor, ...]


class PictureNetwork(nn.Module, ABC):
    """Code pictures (batch, band, y, x), standardized, each by itself.

    ::

        x ──▶ g_a ──▶ y ──▶ parts, each symbols and rows ──▶ streams
        x_hat ◀── g_s ◀── y_hat ◀──────────┘

    There are two forms of streams. ``compress`` and ``decompress`` are upstream's
    interface, with its strings: one for each part. ``write`` and ``read`` make one
    stream for each picture, with a checksum; what decides the rows is computed in
    float64, so that other machines and other batches get the same.

    The tables of probabilities are made at the first use. ``train`` and ``eval`` forget
    them; after any other change of the weights call ``update``.
    """

    g_a: nn.Sequential
    g_s: nn.Sequential
    multiple: ClassVar[int] = 1
    parts: ClassVar[int]

    def __init__(self) -> None:
        super().__init__()
        self._coders: dict[tuple[torch.dtype, torch.device], LatentCoder] = {}

    @property
    def bands(self) -> int:
        """Return how many bands a picture has."""
        return int(next(self.g_a.parameters()).shape[1])

    @property
    @abstractmethod
    def channels(self) -> int:
        """Return how many channels the latents have."""

    @abstractmethod
    def latents(self, x: Tensor) -> Tensor:
        """Return the quantized latents, (batch, channel, y / 16, x / 16)."""

    @abstractmethod
    def estimate(self, x: Tensor) -> Estimate:
        """Return the reconstruction and the likelihoods; noisy while training."""

    @abstractmethod
    def aux_loss(self) -> Tensor:
        """Return the loss that places the quantiles of the bottleneck."""

    @abstractmethod
    def make_coder(self, dtype: torch.dtype) -> LatentCoder:
        """Return what codes the latents, with the weights as they are now."""

    @abstractmethod
    def published_shape(self, height: int, width: int) -> Any:
        """Return upstream's description of latents of a height and a width."""

    @abstractmethod
    def latent_size(self, shape: Any) -> tuple[int, int]:
        """Return the height and the width in upstream's description of latents.

        Raises:
            CodecError: when it is none of this network's.
        """

    def forward(self, x: Tensor) -> Tensor:
        """Return the reconstruction, (batch, band, y, x), standardized.

        Raises:
            CodecError: when the pictures are not what the codec takes.
        """
        check_pictures(x, self.bands)
        return self.synthesize(self.latents(x), x.shape[-2:])

    @torch.no_grad()
    def compress(self, x: Tensor) -> dict[str, Any]:
        """Return the coded form of a batch, as ``decompress`` takes it.

        Returns:
            ``strings``, a list for each part with one string for each picture;
            ``shape``, that of the latents; ``bits``, those of all strings; ``size``,
            the height and the width of the pictures.

        Raises:
            CodecError: when the pictures are not what the codec takes.
        """
        check_pictures(x, self.bands)
        y = self.analyze(x)
        coder = self._coder(torch.float32)
        strings = [
            [
                encode_symbols(symbols, rows, coder.tables)
                for symbols, rows in zip(part.symbols, part.rows, strict=True)
            ]
            for part in coder.parts(y)
        ]
        # Upstream has what is decoded first, the side information, at the end.
        strings = [*strings[1:], strings[0]]
        return {
            "strings": strings,
            "shape": self.published_shape(*y.shape[-2:]),
            "bits": 8 * sum(len(string) for part in strings for string in part),
            "size": tuple(x.shape[-2:]),
        }

    @torch.no_grad()
    def decompress(
        self,
        strings: Sequence[Sequence[bytes]],
        shape: Any,
        size: Sequence[int] | None = None,
        **_more: Any,
    ) -> Tensor:
        """Return the pictures behind what ``compress`` returned.

        Args:
            strings: a list for each part.
            shape: that of the latents.
            size: the height and the width to crop to; None: what the synthesis makes.

        Raises:
            CodecError: when a string cannot be decoded.
        """
        height, width = self.latent_size(shape)
        batch = check_strings(strings, parts=self.parts)
        coder = self._coder(torch.float32)
        parts = iter([strings[-1], *strings[:-1]])

        def read(rows: NDArray[np.int32]) -> NDArray[np.int32]:
            pairs = zip(next(parts), rows, strict=True)
            return np.stack([decode_symbols(*pair, coder.tables) for pair in pairs])

        return self._pictures(coder.latents(read, (batch, height, width)), size)

    def write(self, x: Tensor) -> list[bytes]:
        """Return one stream for each picture.

        Raises:
            CodecError: when the pictures are not what the codec takes.
        """
        check_pictures(x, self.bands)
        coder = self._coder(torch.float64)
        parts = coder.parts(self.analyze(x))
        return [
            encode_checked(
                [(part.symbols[i], part.rows[i]) for part in parts], coder.tables
            )
            for i in range(len(x))
        ]

    def read(self, streams: Sequence[bytes], size: tuple[int, int]) -> Tensor:
        """Return the pictures, of one height and width, behind some streams.

        Raises:
            CodecError: when a stream is damaged, or was made with other weights.
        """
        coder = self._coder(torch.float64)
        decoders = [CheckedDecoder(stream, coder.tables) for stream in streams]
        height, width = (-(-number // self.multiple) * self.multiple for number in size)
        y_hat = coder.latents(
            lambda rows: np.stack(
                [decoder.read(row) for decoder, row in zip(decoders, rows, strict=True)]
            ),
            (len(streams), -(-height // _STRIDE), -(-width // _STRIDE)),
        )
        for decoder in decoders:
            decoder.finish()
        return self._pictures(y_hat, size)

    def analyze(self, x: Tensor) -> Tensor:
        """Return the latents, not quantized, of pictures padded by reflection."""
        return in_passes(self.g_a, reflect(x, self.multiple), stride=1)

    def synthesize(self, y_hat: Tensor, size: Sequence[int] | None) -> Tensor:
        """Return the pictures of quantized latents, cropped to a size if one is given.

        Raises:
            CodecError: when the size is larger than these latents make.
        """
        x_hat = in_passes(self.g_s, y_hat, stride=_STRIDE)
        return x_hat if size is None else crop(x_hat, size)

    def update(self) -> None:
        """Forget the tables of probabilities; the next use makes them anew."""
        self._coders.clear()

    def train(self, mode: bool = True) -> Self:
        """Begin or end training."""
        self.update()
        return super().train(mode)

    def _coder(self, dtype: torch.dtype) -> LatentCoder:
        key = dtype, next(self.parameters()).device
        if key not in self._coders:
            self._coders[key] = self.make_coder(dtype)
        return self._coders[key]

    def _pictures(self, y_hat: Tensor, size: Sequence[int] | None) -> Tensor:
        return self.synthesize(y_hat.to(next(self.g_s.parameters()).dtype), size)
