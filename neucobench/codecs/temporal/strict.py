"""The published strings: one for each token of each frame, over all windows.

They are made and read byte for byte as upstream's, in single precision. There an index
into the table may differ when the shapes of matrices do. Encoding takes a full pass, of
the shapes that upstream's has. Decoding steps through the tokens with kept keys and
values, which is faster; a string that was decoded with a wrong index does not end as it
should, and its token is then computed by a full pass.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from neucobench.codecs.entropy.coder import Tables, decode_symbols, encode_symbols
from neucobench.codecs.temporal.axes import pieces, split_first
from neucobench.codecs.temporal.bottleneck import (
    from_symbols,
    published_flexible_scale,
    published_rows,
    to_symbols,
)
from neucobench.codecs.temporal.decoder import KeysValues
from neucobench.codecs.temporal.expectation import expect
from neucobench.codecs.temporal.forecast import forecast_exactly
from neucobench.codecs.temporal.layers import TemporalLayers
from neucobench.codecs.temporal.past import Past, decode_windows, stacks_at_once
from neucobench.codecs.temporal.payload import Payload, read_payload
from neucobench.codecs.temporal.quality import qualities
from neucobench.codecs.temporal.sizes import STRIDE, TOKENS
from neucobench.codecs.temporal.stepping import Stepper
from neucobench.codecs.temporal.table import published_table
from neucobench.codecs.temporal.windows import decoder_windows, join_windows
from neucobench.errors import CodecError

# Of a frame: of each token that is sent, of each stack.
Strings = list[list[bytes]]


def compress_stacks(
    network: TemporalLayers,
    x: Tensor,
    quality: int | Sequence[int] | None,
    *,
    compat: bool,
) -> dict[str, Any]:
    """Return the payload of (batch, time, band, y, x), as upstream has it and more.

    Raises:
        CodecError: when a latent is too large to be coded.
        UsageError: when the quality is none.
    """
    sent = qualities(quality, x.shape[1], flexible=network.flexible)
    coding = _Coding(network, twice=compat and network.flexible)
    parts = [
        _frames(coding, network.latents(part), sent)
        for part in pieces(x, stacks_at_once(x.shape[-2:]))
    ]
    strings = [
        [[s for part in token for s in part] for token in zip(*frame, strict=True)]
        for frame in zip(*parts, strict=True)
    ]
    payload = {
        "shape": list(x.shape),
        "latent_hw": [-(-length // STRIDE) for length in x.shape[-2:]],
        "num_channels": network.channels,
        "strings": strings,
        "bits": [
            8 * sum(len(s) for token in frame for s in token) for frame in strings
        ],
        "seq_len_dec": TOKENS,
        "size": tuple(x.shape[-2:]),
    }
    if network.flexible:
        payload |= {"quality": list(sent), "compat": compat}
    return payload


def decompress_stacks(network: TemporalLayers, payload: Mapping[str, Any]) -> Tensor:
    """Return (batch, time, band, y, x), standardized.

    Raises:
        CodecError: when the payload is none, or a string cannot be decoded.
    """
    given = read_payload(payload, flexible=network.flexible)
    step = stacks_at_once(given.size)
    return torch.cat(
        [
            _decompress(network, given.part(start, start + step))
            for start in range(0, given.stacks, step)
        ]
    )


def _decompress(network: TemporalLayers, given: Payload) -> Tensor:
    coding = _Coding(network, twice=given.compat and network.flexible)
    past = Past(network, (given.stacks, *given.grid), torch.float32)
    latents, z_cur = [], []
    for frame, strings in enumerate(given.strings):
        context = past.context()
        tokens, seen = coding.read(strings, context, given, frame)
        latents.append(join_windows(tokens, *given.grid, flexible=network.flexible))
        z_cur.append(split_first(seen, given.stacks, -1))
        if frame + 1 < len(given.strings):
            past.add(latents[-1])
    return network.synthesize(
        torch.stack(latents, dim=1), torch.stack(z_cur, dim=1), given.size
    )


def _frames(coding: "_Coding", latents: Tensor, sent: tuple[int, ...]) -> list[Strings]:
    if set(sent) == {TOKENS}:
        return _all_frames(coding, latents)
    return _frame_by_frame(coding, latents, sent)


def _all_frames(coding: "_Coding", latents: Tensor) -> list[Strings]:
    network = coding.network
    batch, time = latents.shape[:2]
    windows = decoder_windows(latents.flatten(0, 1), flexible=network.flexible)
    tokens = split_first(windows, batch, time, -1)
    found = expect(network, latents, tokens)
    return [
        coding.strings(tokens[:, t], found.mu[:, t], found.sigma_raw[:, t])
        for t in range(time)
    ]


def _frame_by_frame(
    coding: "_Coding", latents: Tensor, sent: tuple[int, ...]
) -> list[Strings]:
    """Return the strings where tokens are forecast: the past is what is decoded."""
    network = coding.network
    batch, _, _, height, width = latents.shape
    past = Past(network, (batch, height, width), latents.dtype)
    strings = []
    for frame, k in enumerate(sent):
        windows = decoder_windows(latents[:, frame], flexible=network.flexible)
        context = past.context()
        tokens, found = forecast_exactly(network.entropy_model, context, windows, k)
        parts = (
            split_first(part[:, :k], batch, -1)
            for part in (tokens, found.mu, found.sigma_raw)
        )
        strings.append(coding.strings(*parts))
        past.add(join_windows(tokens, height, width, flexible=network.flexible))
    return strings


class _Coding:
    """Turn tokens into strings and back.

    Args:
        network: the network.
        twice: whether scales are mapped twice, as FlexTEC's published coder does.
    """

    def __init__(self, network: TemporalLayers, *, twice: bool) -> None:
        self.network = network
        self._twice = twice
        self._tables: Tables = published_table()

    def strings(self, tokens: Tensor, mu: Tensor, sigma_raw: Tensor) -> Strings:
        """Return the strings of a frame, given (batch, windows, tokens, ...)."""
        symbols = to_symbols(tokens, mu).cpu().numpy()
        rows = self._rows(mu, sigma_raw).cpu().numpy()
        return [
            [
                encode_symbols(one[:, place], row[:, place], self._tables)
                for one, row in zip(symbols, rows, strict=True)
            ]
            for place in range(symbols.shape[2])
        ]

    def read(
        self, strings: Strings, context: list[KeysValues], given: Payload, frame: int
    ) -> tuple[Tensor, Tensor]:
        """Return tokens and z_cur of a frame, (batch * windows, 16, ...)."""
        model = self.network.entropy_model
        windows = given.stacks * given.windows
        tokens = self.network.first_past.new_zeros(
            windows, TOKENS, self.network.channels
        )
        stepper, seen = Stepper(model, context), []
        for place, token in enumerate(strings):
            seen.append(stepper.step(tokens[:, place - 1] if place else None))
            try:
                decoded = self._decode(token, *model.parameters_of(seen[-1]), given)
            except CodecError:
                full = decode_windows(model, tokens, context)
                seen[-1], mu, sigma_raw = (part[:, place] for part in full)
                decoded = self._decode_or_tell(token, mu, sigma_raw, given, frame)
            tokens[:, place] = decoded
        if len(strings) < TOKENS:
            tokens, found = forecast_exactly(model, context, tokens, len(strings))
            return tokens, found.z_cur
        return tokens, torch.stack(seen, dim=1)

    def _decode_or_tell(
        self,
        token: list[bytes],
        mu: Tensor,
        sigma_raw: Tensor,
        given: Payload,
        frame: int,
    ) -> Tensor:
        try:
            return self._decode(token, mu, sigma_raw, given)
        except CodecError as error:
            raise CodecError(
                f"A string of frame {frame + 1} of {len(given.strings)} cannot be "
                "decoded: it is damaged, or it was made with other weights or on "
                "another machine. Give the weights it was made with, or code the stack "
                "again."
            ) from error

    def _decode(
        self, token: list[bytes], mu: Tensor, sigma_raw: Tensor, given: Payload
    ) -> Tensor:
        rows = split_first(self._rows(mu, sigma_raw), given.stacks, -1).cpu().numpy()
        symbols = [
            torch.from_numpy(decode_symbols(string, row, self._tables))
            for string, row in zip(token, rows, strict=True)
        ]
        return from_symbols(torch.cat(symbols).to(mu.device), mu)

    def _rows(self, mu: Tensor, sigma_raw: Tensor) -> Tensor:
        if self._twice:
            sigma_raw = published_flexible_scale(sigma_raw)
        return published_rows(mu, sigma_raw)
