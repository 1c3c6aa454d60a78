"""The temporal codecs behind the interface that all codecs share.

A stack has one stream for each frame, with a checksum, and each frame needs those
before it. The layout has the size, and of a flexible codec the quality of each frame.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray

from neucobench.codecs.base import Aim, CodecIdentity, Coded, Outcome, Salvaged
from neucobench.codecs.payload import one_length, one_size
from neucobench.codecs.pictures import SMALLEST
from neucobench.codecs.standardize import restore, standardize
from neucobench.codecs.temporal.damage import DamagedFrameError
from neucobench.codecs.temporal.features import stored_latents
from neucobench.codecs.temporal.network import TemporalNetwork
from neucobench.codecs.temporal.quality import qualities, stored_qualities
from neucobench.codecs.temporal.rates import choose_quality
from neucobench.codecs.temporal.sizes import TOKENS
from neucobench.codecs.temporal.tries import Tries
from neucobench.errors import CodecError, UsageError

_DIMENSIONS = 5
# Pixels of one pass: four frames of 512 x 512.
_PASS = 1 << 20

Written = tuple[Sequence[bytes], Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True, eq=False)
class TemporalCodec:
    """Code stacks of frames, each predicted from the two before it.

    Attributes:
        network: for standardized stacks.
        identity: the name, the rate and the digest of the weights.
    """

    network: TemporalNetwork
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
        """Return the coded form of each stack, one stream for each frame.

        Args:
            stacks: (samples, time, band, y, x) raw reflectance, finite everywhere.

        Raises:
            CodecError: when the codec cannot take such stacks.
        """
        size = [int(number) for number in stacks.shape[-2:]]
        written: list[Written] = []
        for part in self._parts(stacks):
            with torch.inference_mode():
                written += self._write(self._network_input(part), part)
        return tuple(
            Coded(streams=tuple(streams), layout={"size": size, **more})
            for streams, more in written
        )

    def decode(self, coded: Sequence[Coded]) -> NDArray[np.float32]:
        """Return (samples, time, band, y, x) raw reflectance, of one shape.

        Raises:
            CodecError: when a stream cannot be decoded; a DamagedFrameError says which,
                and has the frames before it.
        """
        size = one_size([item.layout for item in coded])
        frames = one_length(coded)
        decoded = np.empty((len(coded), frames, self.bands, *size), np.float32)
        groups: dict[tuple[int, ...] | None, list[int]] = {}
        for place, item in enumerate(coded):
            quality = self._quality_of(item.layout, frames)
            groups.setdefault(quality, []).append(place)
        step = _stacks_per_pass(frames, size)
        for quality, places in groups.items():
            for start in range(0, len(places), step):
                some = places[start : start + step]
                streams = [coded[place].streams for place in some]
                decoded[some] = self._read(streams, size, quality, some)
        return decoded

    def salvage(self, coded: Coded) -> Salvaged:
        """Return the frames of a damaged stack before the first that is damaged.

        Args:
            coded: some streams may be damaged, cut off or empty.

        Raises:
            CodecError: when the layout is none of this codec's.
        """
        try:
            return Salvaged(pixels=self.decode([coded])[0], lost=())
        except DamagedFrameError as error:
            size = one_size([coded.layout])
            frames = len(coded.streams)
            pixels = np.zeros((frames, self.bands, *size), np.float32)
            if error.before is not None:
                pixels[: error.frame] = restore(error.before.cpu().numpy())
            return Salvaged(pixels=pixels, lost=tuple(range(error.frame, frames)))

    def latents(self, stacks: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the latents as decoded, (samples, time, channel, y, x).

        Raises:
            CodecError: when the codec cannot take such stacks.
        """
        found = []
        for part in self._parts(stacks):
            with torch.inference_mode():
                latents = self._stored(self._network_input(part))
            found.append(latents.cpu().numpy())
        whole: NDArray[np.float32] = np.concatenate(found)
        return whole

    def _stored(self, x: torch.Tensor) -> torch.Tensor:
        return self.network.latents(x)

    def _write(self, x: torch.Tensor, stacks: NDArray[np.float32]) -> Sequence[Written]:
        """Return the streams of each stack, and what the layout has beside the size."""
        del stacks
        return [(streams, {}) for streams in self.network.write(x)]

    def _quality_of(
        self, layout: Mapping[str, Any], frames: int
    ) -> tuple[int, ...] | None:
        """Return the quality of each frame, None where there is no choice."""
        del layout, frames
        return None

    def _read(
        self,
        streams: Sequence[Sequence[bytes]],
        size: tuple[int, int],
        quality: tuple[int, ...] | None,
        places: Sequence[int],
    ) -> NDArray[np.float32]:
        try:
            with torch.inference_mode():
                x_hat = self.network.read(streams, size, quality)
        except DamagedFrameError as error:
            error.stack = places[error.stack]
            raise
        return restore(x_hat.cpu().numpy())

    def _parts(self, stacks: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
        """Yield some stacks at a time."""
        if stacks.ndim != _DIMENSIONS or stacks.shape[2] != self.bands:
            raise CodecError(
                f"A stack of the shape {stacks.shape} was given to {self.identity.name}"
                f"; it takes (samples, time, {self.bands} bands, y, x). Give the bands "
                "of its card in their order."
            )
        step = _stacks_per_pass(stacks.shape[1], stacks.shape[-2:])
        for start in range(0, len(stacks), step):
            yield stacks[start : start + step]

    def _network_input(self, stacks: NDArray[np.float32]) -> torch.Tensor:
        device = next(self.network.parameters()).device
        part = standardize(stacks).astype(np.float32, copy=False)
        return self.network.stack_of(torch.from_numpy(part).to(device))


@dataclass(frozen=True, kw_only=True, eq=False)
class FlexibleTemporalCodec(TemporalCodec):
    """Code stacks with one set of weights at any of 17 qualities.

    The rate of its identity is the most tokens of a window that are sent.

    Attributes:
        aim: the qualities, or what they are chosen for.
        outcomes: what was chosen for each stack so far, where there is a choice.
    """

    aim: Aim
    outcomes: list[Outcome] = field(default_factory=list)

    def aimed(self, aim: Aim) -> Self:
        """Return a codec with the same weights that chooses qualities for an aim.

        Raises:
            UsageError: when no stack can reach it, whatever it holds.
        """
        if aim.quality is not None:
            qualities(aim.quality, len(aim.quality), flexible=True)
        target = aim.bits if aim.psnr is None else aim.psnr
        if target is not None and not 0 < target < float("inf"):
            raise UsageError(
                f"A target of {target:g} was given to {self.identity.name}; bits per "
                "pixel and band, and dB, are above 0. Give a positive number."
            )
        rate = float(TOKENS if aim.quality is None else max(aim.quality))
        identity = replace(self.identity, rate=rate)
        return replace(self, identity=identity, aim=aim, outcomes=[])

    def _write(self, x: torch.Tensor, stacks: NDArray[np.float32]) -> Sequence[Written]:
        if self.aim.quality is not None:
            chosen = qualities(self.aim.quality, x.shape[1], flexible=True)
            more = {"quality": list(chosen)}
            return [(streams, more) for streams in self.network.write(x, chosen)]
        return [
            self._aimed_at(x[place : place + 1], stack)
            for place, stack in enumerate(stacks)
        ]

    def _stored(self, x: torch.Tensor) -> torch.Tensor:
        if self.aim.quality is None:
            raise UsageError(
                "The latents of a codec that aims at a size or an error were asked "
                "for; they depend on what is sent. Give a quality, e.g. rate=8."
            )
        chosen = qualities(self.aim.quality, x.shape[1], flexible=True)
        return stored_latents(self.network, x, chosen)

    def _aimed_at(self, x: torch.Tensor, stack: NDArray[np.float32]) -> Written:
        """Return one stack with the qualities that reach the aim."""
        raw = None if self.aim.psnr is None else stack
        tries = Tries(self.network, x, raw)
        found = choose_quality(tries, len(stack), stack.size, self.aim)
        best = found.best
        self.outcomes.append(Outcome(quality=best.quality, reached=found.reached))
        return best.streams, {"quality": list(best.quality)}

    def _quality_of(
        self, layout: Mapping[str, Any], frames: int
    ) -> tuple[int, ...] | None:
        return stored_qualities(layout.get("quality"), frames)


def _stacks_per_pass(frames: int, size: Sequence[int]) -> int:
    return max(1, _PASS // max(1, frames * int(size[0]) * int(size[1])))
