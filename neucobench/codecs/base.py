"""What a codec is: pixels to streams of bytes, and back.

::

    stacks (samples, time, band, y, x)          raw reflectance, float32, no gaps
        │ encode
        ▼
    Coded, one for each sample                  streams of bytes, and their layout
        │ decode
        ▼
    stacks (samples, time, band, y, x)          raw reflectance, float32
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from neucobench.errors import UsageError
from neucobench.registry import Registry

_CLASSICAL = "neucobench.codecs.classical"
_TEMPORAL = "neucobench.codecs.temporal.load"

# Each target is called with ``rate``, ``weights`` and ``device`` as keywords.
CODECS = Registry(
    kind="codec",
    targets={
        "flextec": f"{_TEMPORAL}:flextec",
        "flextec-s": f"{_TEMPORAL}:flextec_s",
        "htj2k": f"{_CLASSICAL}.htj2k:htj2k",
        "jpeg-xl": f"{_CLASSICAL}.jpeg_xl:jpeg_xl",
        "jpeg2000": f"{_CLASSICAL}.jpeg2000:jpeg2000",
        "jpeg2000-bands": f"{_CLASSICAL}.jpeg2000:jpeg2000_bands",
        "jpeg2000-klt": f"{_CLASSICAL}.jpeg2000:jpeg2000_klt",
        "jpeg2000-klt-tile": f"{_CLASSICAL}.jpeg2000:jpeg2000_klt_tile",
        "tec-elic": "neucobench.codecs.learned:tec_elic",
        "tec-fp": "neucobench.codecs.learned:tec_fp",
        "tec-fp-s": "neucobench.codecs.learned:tec_fp_s",
        "tec-tt": f"{_TEMPORAL}:tec_tt",
        "tec-tt-l1c": f"{_TEMPORAL}:tec_tt_l1c",
        "tec-tt-s": f"{_TEMPORAL}:tec_tt_s",
        "vvc-bands": f"{_CLASSICAL}.vvc:vvc_bands",
        "webp": f"{_CLASSICAL}.webp:webp",
        "webp-bands": f"{_CLASSICAL}.webp:webp_bands",
        "x265-bands": f"{_CLASSICAL}.hevc:x265_bands",
        "x265-klt": f"{_CLASSICAL}.hevc:x265_klt",
        "x265-klt-tile": f"{_CLASSICAL}.hevc:x265_klt_tile",
        "x265-seasons": f"{_CLASSICAL}.hevc:x265_seasons",
    },
)


@dataclass(frozen=True, kw_only=True)
class Coded:
    """Hold one stack in coded form.

    Attributes:
        streams: the coded bytes. Whatever depends on the pixels is here, ranges and
            rotations of bands included, so that the length of the streams is the rate.
        layout: what the decoder needs beside them and what says nothing about the
            pixels but their number, e.g. the shape; plain JSON types.
    """

    streams: tuple[bytes, ...]
    layout: Mapping[str, Any]

    @property
    def bits(self) -> int:
        """Return the rate: 8 times the bytes of all streams."""
        return 8 * sum(len(stream) for stream in self.streams)


@dataclass(frozen=True, kw_only=True)
class CodecIdentity:
    """Say what coded a stack; a decoder must be the same.

    Attributes:
        name: the name on the codec's card.
        version: changes when equal settings no longer give equal streams.
        rate: the setting of the codec's own rate knob (lambda, quality, psnr ...).
        weights: the SHA-256 of the weights, in hex; None for a codec without.
        options: whatever else the decoder depends on; plain JSON types.
    """

    name: str
    version: str
    rate: float
    weights: str | None
    options: Mapping[str, Any]


class Codec(Protocol):
    """Turn stacks of pixels into streams, and back."""

    @property
    def identity(self) -> CodecIdentity:
        """Return the name, the rate and the digest of the weights."""

    @property
    def bands(self) -> int | None:
        """Return how many bands a stack must have; None: any number."""

    @property
    def smallest(self) -> int:
        """Return the least height and width in pixels."""

    def encode(self, stacks: NDArray[np.float32]) -> tuple[Coded, ...]:
        """Return the coded form of each stack.

        Args:
            stacks: (samples, time, band, y, x) raw reflectance, finite everywhere.

        Raises:
            CodecError: when the codec cannot take such stacks.
        """

    def decode(self, coded: Sequence[Coded]) -> NDArray[np.float32]:
        """Return (samples, time, band, y, x) raw reflectance, of one shape.

        Raises:
            CodecError: when a stream cannot be decoded.
        """


@runtime_checkable
class LatentCodec(Codec, Protocol):
    """A codec whose quantized latents can be used as features."""

    @property
    def channels(self) -> int:
        """Return the number of latent channels."""

    def latents(self, stacks: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the quantized latents, (samples, time, channel, y, x).

        Raises:
            CodecError: when the codec cannot take such stacks.
        """


@dataclass(frozen=True, kw_only=True)
class Salvaged:
    """Hold what is left of a damaged stack.

    Attributes:
        pixels: (time, band, y, x) raw reflectance; of no meaning in lost frames.
        lost: the frames that cannot be decoded, counted from 0, ascending.
    """

    pixels: NDArray[np.float32]
    lost: tuple[int, ...]


@runtime_checkable
class SalvagingCodec(Codec, Protocol):
    """A codec whose streams are one for each frame, each with a check of its own."""

    def salvage(self, coded: Coded) -> Salvaged:
        """Return the frames of a damaged stack that still decode.

        Args:
            coded: some streams may be damaged, cut off or empty.

        Raises:
            CodecError: when the layout is none of this codec's.
        """


@dataclass(frozen=True, kw_only=True)
class Aim:
    """Say what a flexible codec shall reach with each stack; one of the three is set.

    Attributes:
        quality: of each frame; the last one also of those after it.
        bits: the most bits per pixel and band, on average over the frames.
        psnr: the least PSNR of the stack in dB, with the peak 10,000.
    """

    quality: tuple[int, ...] | None = None
    bits: float | None = None
    psnr: float | None = None

    def __post_init__(self) -> None:
        """Refuse none, and several."""
        given = [name for name, value in vars(self).items() if value is not None]
        if len(given) != 1:
            raise UsageError(
                f"An aim was given with {' and '.join(given) or 'nothing'}; it has one "
                "of quality, bits and psnr. Give one."
            )


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Say what was chosen for a stack.

    Attributes:
        quality: of each frame.
        reached: whether the aim was reached; if not, this is what comes nearest.
    """

    quality: tuple[int, ...]
    reached: bool


@runtime_checkable
class FlexibleCodec(Codec, Protocol):
    """A codec with one set of weights for all rates, chosen for each frame."""

    @property
    def outcomes(self) -> Sequence[Outcome]:
        """Return what was chosen for each stack so far, where there is an aim."""

    def aimed(self, aim: Aim) -> Self:
        """Return a codec with the same weights that chooses qualities for an aim.

        Raises:
            UsageError: when no stack can reach it, whatever it holds.
        """
