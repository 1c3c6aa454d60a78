"""The learned codecs behind the interface that all codecs share.

A season is a picture of its own: one stream each, standardized per band, with a
checksum and with tables that do not depend on the machine.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from neucobench.codecs.base import CodecIdentity, Coded, Salvaged
from neucobench.codecs.network import PictureNetwork
from neucobench.codecs.payload import one_length, one_size
from neucobench.codecs.pictures import SMALLEST, check_pictures
from neucobench.codecs.published import Source, find_source
from neucobench.codecs.sizes import load_elic, load_factorized
from neucobench.codecs.standardize import S2L2A_MEAN, restore, standardize
from neucobench.codecs.weights import Checkpoint
from neucobench.device import torch_device
from neucobench.errors import CodecError

_VERSION = "1"
_DIMENSIONS = 5
# Pixels of one pass through a network; 16 tiles of 256 x 256.
_PASS = 1 << 20


@dataclass(frozen=True, kw_only=True, eq=False)
class PictureCodec:
    """Code stacks of the 12 bands of Sentinel-2 L2A, each season by itself.

    Attributes:
        network: for standardized pictures.
        identity: the name, the rate and the digest of the weights.
    """

    network: PictureNetwork
    identity: CodecIdentity
    smallest: int = SMALLEST

    @property
    def bands(self) -> int:
        """Return how many bands a stack must have."""
        return self.network.bands

    @property
    def channels(self) -> int:
        """Return the number of latent channels."""
        return self.network.channels

    def encode(self, stacks: NDArray[np.float32]) -> tuple[Coded, ...]:
        """Return the coded form of each stack, one stream for each season.

        Args:
            stacks: (samples, time, band, y, x) raw reflectance, finite everywhere.

        Raises:
            CodecError: when the codec cannot take such stacks.
        """
        streams: list[bytes] = []
        for pictures in self._pictures(stacks):
            with torch.inference_mode():
                streams += self.network.write(pictures)
        seasons = stacks.shape[1]
        return tuple(
            Coded(
                streams=tuple(streams[start : start + seasons]),
                layout={"size": [int(number) for number in stacks.shape[-2:]]},
            )
            for start in range(0, len(streams), seasons)
        )

    def decode(self, coded: Sequence[Coded]) -> NDArray[np.float32]:
        """Return (samples, time, band, y, x) raw reflectance, of one shape.

        Raises:
            CodecError: when a stream cannot be decoded.
        """
        size = one_size([item.layout for item in coded])
        seasons = one_length(coded)
        streams = [stream for item in coded for stream in item.streams]
        step = _pictures_per_pass(size)
        decoded = []
        for start in range(0, len(streams), step):
            with torch.inference_mode():
                part = self.network.read(streams[start : start + step], size)
            decoded.append(restore(part.cpu().numpy()))
        pictures: NDArray[np.float32] = np.concatenate(decoded)
        return pictures.reshape(len(coded), seasons, -1, *size)

    def salvage(self, coded: Coded) -> Salvaged:
        """Return the seasons of a damaged stack that still decode.

        Args:
            coded: some streams may be damaged, cut off or empty.

        Raises:
            CodecError: when the layout is none of this codec's.
        """
        size = one_size([coded.layout])
        pixels = np.zeros((len(coded.streams), self.bands, *size), np.float32)
        lost = []
        for season, stream in enumerate(coded.streams):
            try:
                alone = replace(coded, streams=(stream,))
                pixels[season] = self.decode([alone])[0, 0]
            except CodecError:
                lost.append(season)
        return Salvaged(pixels=pixels, lost=tuple(lost))

    def latents(self, stacks: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the quantized latents, (samples, time, channel, y, x).

        Raises:
            CodecError: when the codec cannot take such stacks.
        """
        found = []
        for pictures in self._pictures(stacks):
            with torch.inference_mode():
                found.append(self.network.latents(pictures).cpu().numpy())
        latents: NDArray[np.float32] = np.concatenate(found)
        return latents.reshape(*stacks.shape[:2], *latents.shape[1:])

    def _pictures(self, stacks: NDArray[np.float32]) -> Iterator[torch.Tensor]:
        """Yield all seasons of all stacks, standardized, some at a time."""
        if stacks.ndim != _DIMENSIONS or stacks.shape[2] != self.bands:
            raise CodecError(
                f"A stack of the shape {stacks.shape} was given to {self.identity.name}"
                f"; it takes (samples, time, {self.bands} bands, y, x). Give the bands "
                "of Sentinel-2 L2A in their order."
            )
        pictures = stacks.reshape(-1, *stacks.shape[2:])
        device = next(self.network.parameters()).device
        step = _pictures_per_pass(stacks.shape[-2:])
        for start in range(0, len(pictures), step):
            part = standardize(pictures[start : start + step])
            x = torch.from_numpy(part.astype(np.float32, copy=False)).to(device)
            check_pictures(x, self.bands)
            yield x


def tec_fp(rate: float | None, weights: str | None, device: str | None) -> PictureCodec:
    """Return TEC-FP with published weights, or with those in a file.

    Raises:
        CodecError: when the weights cannot be used.
        UsageError: when no weights are published for the rate.
        DownloadError: when they cannot be fetched.
    """
    source = find_source("tec-fp", rate, weights)
    return _codec(source, *load_factorized(source.path), device)


def tec_elic(
    rate: float | None, weights: str | None, device: str | None
) -> PictureCodec:
    """Return TEC-ELIC with published weights, or with those in a file.

    Raises:
        CodecError: when the weights cannot be used.
        UsageError: when no weights are published for the rate.
        DownloadError: when they cannot be fetched.
    """
    source = find_source("tec-elic", rate, weights)
    return _codec(source, *load_elic(source.path), device)


def tec_fp_s(
    rate: float | None, weights: str | None, device: str | None
) -> PictureCodec:
    """Return the small TEC-FP that ships, or one with the weights in a file.

    Raises:
        CodecError: when the weights cannot be used.
        UsageError: when no weights ship for the rate.
    """
    source = find_source("tec-fp-s", rate, weights)
    return _codec(source, *load_factorized(source.path), device)


def _codec(
    source: Source, network: PictureNetwork, checkpoint: Checkpoint, device: str | None
) -> PictureCodec:
    if network.bands != len(S2L2A_MEAN):
        raise CodecError(
            f"The weights in {checkpoint.source} are for {network.bands} bands; "
            f"{source.name} codes the {len(S2L2A_MEAN)} bands of Sentinel-2 L2A. Give "
            "other weights with --weights FILE."
        )
    return PictureCodec(
        network=network.to(torch_device(device or "cpu")),
        identity=CodecIdentity(
            name=source.name,
            version=_VERSION,
            rate=source.rate,
            weights=checkpoint.sha256,
            options={},
        ),
    )


def _pictures_per_pass(size: Sequence[int]) -> int:
    return max(1, _PASS // (int(size[0]) * int(size[1])))
