"""Portable streams: one for each frame, decodable on any machine.

What decides the rows is computed in double precision, where the last bits that differ
between machines, threads and batches matter in about one frame of a billion; and each
stream ends in a checksum of its symbols and of what was forecast, so that even that is
noticed.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from neucobench.codecs.entropy.checked import CheckedDecoder, encode_checked
from neucobench.codecs.temporal.axes import pieces, split_first
from neucobench.codecs.temporal.bottleneck import (
    from_symbols,
    portable_rows,
    to_symbols,
)
from neucobench.codecs.temporal.closed_loop import (
    ClosedLoop,
    CodedFrame,
    inside_windows,
    padded_windows,
)
from neucobench.codecs.temporal.damage import DamagedFrameError
from neucobench.codecs.temporal.expectation import expect
from neucobench.codecs.temporal.layers import TemporalLayers
from neucobench.codecs.temporal.past import Past, stacks_at_once
from neucobench.codecs.temporal.quality import qualities
from neucobench.codecs.temporal.sizes import STRIDE, TOKENS
from neucobench.codecs.temporal.stepping import Stepper
from neucobench.codecs.temporal.table import portable_table
from neucobench.codecs.temporal.windows import join_windows
from neucobench.errors import CodecError


@torch.no_grad()
def write_stacks(
    network: TemporalLayers, x: Tensor, quality: int | Sequence[int] | None
) -> list[list[bytes]]:
    """Return one stream for each frame of each stack, (batch, time, band, y, x).

    Raises:
        CodecError: when a latent is too large to be coded.
        UsageError: when the quality is none.
    """
    sent = qualities(quality, x.shape[1], flexible=network.flexible)
    return [
        list(streams)
        for part in pieces(x, stacks_at_once(x.shape[-2:]))
        for streams in zip(*_frames(network, part, sent), strict=True)
    ]


def _frames(
    network: TemporalLayers, x: Tensor, sent: tuple[int, ...]
) -> Iterator[list[bytes]]:
    """Yield the streams of each frame, one for each stack."""
    if set(sent) == {TOKENS}:
        coded: Iterator[CodedFrame] = _all_frames(network, x)
    else:
        loop = ClosedLoop(network, x)
        coded = (loop.code(k) for k in sent)
    for frame in coded:
        yield [stream_of(frame, stack) for stack in range(len(x))]


def _all_frames(network: TemporalLayers, x: Tensor) -> Iterator[CodedFrame]:
    """Yield all frames, computed in one pass: nothing has to be forecast."""
    latents = network.latents(x).double()
    batch, time, _, height, width = latents.shape
    tokens = padded_windows(network, latents.flatten(0, 1))
    tokens = split_first(tokens, batch, time, -1)
    found = expect(network, latents, tokens)
    symbols = to_symbols(tokens, found.mu).transpose(2, 3)
    rows = portable_rows(found.mu, found.sigma_raw).transpose(2, 3)
    inside = inside_windows(network, height, width).transpose(0, 1)
    for frame in range(time):
        yield CodedFrame(
            symbols=symbols[:, frame],
            rows=rows[:, frame],
            inside=inside,
            forecast=symbols[:, frame, TOKENS:],
        )


def stream_of(frame: CodedFrame, stack: int) -> bytes:
    """Return the stream of one stack's frame."""
    if not frame.inside.numel():
        return b""
    symbols, rows = frame.symbols[stack], frame.rows[stack]
    part = symbols[frame.inside].cpu().numpy(), rows[frame.inside].cpu().numpy()
    also = frame.forecast[stack].cpu().numpy()
    return encode_checked([part], portable_table(), also=also)


@torch.no_grad()
def read_stacks(
    network: TemporalLayers,
    streams: Sequence[Sequence[bytes]],
    size: tuple[int, int],
    quality: int | Sequence[int] | None,
) -> Tensor:
    """Return (batch, time, band, y, x), standardized, of one stream for each frame.

    Raises:
        CodecError: when stacks have different numbers of frames.
        DamagedFrameError: when a stream cannot be decoded.
        UsageError: when the quality is none.
    """
    counts = {len(stack) for stack in streams}
    if len(counts) != 1 or counts == {0}:
        raise CodecError(
            f"Stacks of {sorted(counts)} frames were given; those that are decoded "
            "together have the same number. Decode them one by one."
        )
    sent = qualities(quality, counts.pop(), flexible=network.flexible)
    step = stacks_at_once(size)
    return torch.cat(
        [
            _Reader(network, streams[start : start + step], size, start).stacks(sent)
            for start in range(0, len(streams), step)
        ]
    )


class _Reader:
    """Decode stacks of the same size frame after frame."""

    def __init__(
        self,
        network: TemporalLayers,
        streams: Sequence[Sequence[bytes]],
        size: tuple[int, int],
        first: int,
    ) -> None:
        self._network, self._streams = network, streams
        self._size, self._first = size, first
        self._grid = -(-size[0] // STRIDE), -(-size[1] // STRIDE)
        self._past = Past(network, (len(streams), *self._grid), torch.float64)
        inside = inside_windows(network, *self._grid)
        self._inside = inside.repeat(len(streams), 1, 1)
        self._coded = inside.transpose(0, 1).cpu().numpy()
        self._latents: list[Tensor] = []
        self._z_cur: list[Tensor] = []

    def stacks(self, sent: tuple[int, ...]) -> Tensor:
        """Return (batch, time, band, y, x)."""
        for frame, k in enumerate(sent):
            tokens, z_cur = self._frame(frame, k)
            latents = join_windows(tokens, *self._grid, flexible=self._network.flexible)
            if frame + 1 < len(sent):
                self._past.add(latents)
            self._latents.append(latents.float())
            self._z_cur.append(split_first(z_cur.float(), len(latents), -1))
        return self._synthesize(slice(None))

    def _frame(self, frame: int, sent: int) -> tuple[Tensor, Tensor]:
        """Return tokens and z_cur of a frame, (batch * windows, 16, ...)."""
        decoders = self._open(frame, sent)
        model = self._network.entropy_model
        stepper = Stepper(model, self._past.context())
        found: list[Tensor] = []
        seen = []
        for place in range(TOKENS):
            seen.append(stepper.step(found[-1] if found else None))
            mu, sigma_raw = model.parameters_of(seen[-1])
            if place < sent:
                rows = portable_rows(mu, sigma_raw)
                symbols = self._read(decoders, rows, frame, place)
                token = from_symbols(symbols, mu)
            else:
                token = torch.round(mu)
            found.append(token * self._inside[:, place])
        tokens = torch.stack(found, dim=1)
        self._finish(decoders, tokens[:, sent:], frame)
        return tokens, torch.stack(seen, dim=1)

    def _open(self, frame: int, sent: int) -> list[CheckedDecoder]:
        decoders = []
        for stack, streams in enumerate(self._streams):
            stream = streams[frame]
            if not sent and stream:
                raise self._damaged(stack, frame)
            try:
                decoders += [CheckedDecoder(stream, portable_table())] if sent else []
            except CodecError as error:
                raise self._damaged(stack, frame) from error
        return decoders

    def _read(
        self, decoders: list[CheckedDecoder], rows: Tensor, frame: int, place: int
    ) -> Tensor:
        grouped = split_first(rows, len(decoders), -1).cpu().numpy()
        symbols = np.zeros(grouped.shape, dtype=np.int32)
        inside = self._coded[place]
        for stack, decoder in enumerate(decoders):
            try:
                symbols[stack][inside] = decoder.read(grouped[stack][inside])
            except CodecError as error:
                raise self._damaged(stack, frame) from error
        return torch.from_numpy(symbols).flatten(0, 1).to(rows.device)

    def _finish(
        self, decoders: list[CheckedDecoder], forecast: Tensor, frame: int
    ) -> None:
        grouped = split_first(forecast, len(self._streams), -1).transpose(1, 2)
        for stack, decoder in enumerate(decoders):
            decoder.include(grouped[stack].int().cpu().numpy())
            try:
                decoder.finish()
            except CodecError as error:
                raise self._damaged(stack, frame) from error

    def _damaged(self, stack: int, frame: int) -> DamagedFrameError:
        before = self._synthesize(slice(stack, stack + 1))[0] if frame else None
        return DamagedFrameError(
            f"The stream of frame {frame + 1} of {len(self._streams[stack])} cannot be "
            "decoded: it is damaged, or it was made with other weights. Give the "
            "weights it was made with (--weights FILE), or get the file again.",
            stack=self._first + stack,
            frame=frame,
            before=before,
        )

    def _synthesize(self, stacks: slice) -> Tensor:
        latents = torch.stack([frame[stacks] for frame in self._latents], dim=1)
        z_cur = torch.stack([frame[stacks] for frame in self._z_cur], dim=1)
        return self._network.synthesize(latents, z_cur, self._size)
