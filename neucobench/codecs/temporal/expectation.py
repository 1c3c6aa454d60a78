"""What is expected of every token of whole stacks, in one pass.

That is possible where all latents are known: the quantized tokens do not depend on
what is expected of them.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from neucobench.codecs.temporal.axes import pieces, split_first
from neucobench.codecs.temporal.layers import TemporalLayers
from neucobench.codecs.temporal.past import (
    PASS,
    before_first,
    context_of,
    decode_windows,
    look_back,
)


@dataclass(frozen=True, kw_only=True)
class Expected:
    """Hold what is expected of tokens, each (..., windows, 16, channel or width).

    Attributes:
        z_cur: what the decoder saw of each token.
        mu: the mean.
        sigma_raw: the scale, not mapped.
    """

    z_cur: Tensor
    mu: Tensor
    sigma_raw: Tensor


def expect(network: TemporalLayers, latents: Tensor, tokens: Tensor) -> Expected:
    """Return what is expected of all tokens of all frames.

    Args:
        network: the network.
        latents: (batch, time, channel, y, x), quantized; in the precision to compute
            in.
        tokens: (batch, time, windows, 16, channel), those of the latents.

    Returns:
        (batch, time, windows, 16, ...) each.
    """
    batch, time, windows = tokens.shape[:3]
    model = network.entropy_model
    first = tokens[:, 0].flatten(0, 1)
    context = before_first(network, len(first), latents.dtype)
    parts = [
        split_first(part, batch, 1, windows)
        for part in decode_windows(model, first, context)
    ]
    if time > 1:
        older, newer = look_back_twice(network, latents[:, :-1], windows)
        later = _passes(network, tokens[:, 1:].flatten(0, 2), older, newer)
        shape = (batch, time - 1, windows)
        parts = [
            torch.cat([one, split_first(more, *shape)], dim=1)
            for one, more in zip(parts, later, strict=True)
        ]
    z_cur, mu, sigma_raw = parts
    return Expected(z_cur=z_cur, mu=mu, sigma_raw=sigma_raw)


def look_back_twice(
    network: TemporalLayers, latents: Tensor, windows: int
) -> tuple[Tensor, Tensor]:
    """Return what each frame and the one before it say to the frame that follows.

    Args:
        network: the network.
        latents: (batch, time, channel, y, x), quantized.
        windows: of a stack.

    Returns:
        The older and the newer, (batch * time * windows, 64, width) each; of the first
        frame both are the same.
    """
    batch, time = latents.shape[:2]
    seen = split_first(look_back(network, latents.flatten(0, 1)), batch, time, windows)
    older = torch.cat([seen[:, :1], seen[:, :-1]], dim=1)
    return older.flatten(0, 2), seen.flatten(0, 2)


def _passes(
    network: TemporalLayers, tokens: Tensor, older: Tensor, newer: Tensor
) -> list[Tensor]:
    """Return z_cur, mu and sigma_raw; keys and values are kept for one piece alone."""
    found = [
        decode_windows(network.entropy_model, part, context_of(network, *pair))
        for part, *pair in zip(
            pieces(tokens, PASS), pieces(older, PASS), pieces(newer, PASS), strict=True
        )
    ]
    return [torch.cat(part) for part in zip(*found, strict=True)]
