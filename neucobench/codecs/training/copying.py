"""Start an entropy model that expects of each token what the last frame had there.

::

    width  =  bias  |  a token of the last frame  |  place  |  the token before

    last frame ──▶ embedded ──▶ keys: places, values: tokens ─┐
    place of the token ──▶ query ─────────────────────────────┴─▶ z_cur ──▶ mean

Random weights learn late that earlier frames are worth a look: at first the tokens
beside a token say more. Here all encoders begin as if they were not there, the first
block of the decoder attends to the same place of the last frame, the others add
nothing, and the head of the means lets through what was found. The bias that all
embeddings share keeps the normalization after them from changing how large tokens are.
"""

from typing import Any

import torch
from torch import Tensor, nn

from neucobench.codecs.temporal.sizes import CONTEXT, CONTEXT_TOKENS, TOKENS, WINDOW

_SPREAD = 35.0  # tokens are divided by it before they are embedded
_BIAS = 4.0  # length of the vector that is added to all embedded tokens
_PLACE = 2.0  # length of the vector of a place
_SCORE = 12.0  # of the same place, before the softmax
_NOISE = 0.005
_LIFT = 6.0  # keeps what the head lets through above zero
_BORDER = (CONTEXT - WINDOW) // 2
_LEAST_SPREAD = 0.3


def can_copy(sizes: Any) -> bool:
    """Return whether a network is wide enough, and has tokens that have a place."""
    wide = sizes.width >= sizes.latents + TOKENS + 2
    return not sizes.flexible and wide and sizes.width // sizes.heads >= TOKENS


def begin_with_the_last_frame(net: Any, y: Tensor) -> None:
    """Set the entropy model of a network.

    Args:
        net: a `TemporalNetwork` that ``can_copy``; changed in place.
        y: latents of a sample, (frame, channel, y, x).
    """
    model, sizes = net.entropy_model, net.sizes
    mean = y.mean(dim=(0, 2, 3))
    net.first_past.zero_()
    net.first_past[0, : len(mean), 0, 0] = mean
    parts = _directions(sizes.width, sizes.latents)
    bias, token, place, before = parts
    _embed(model, bias, token, before)
    _set_places(model, place)
    for blocks in (model.encoder_sep, model.encoder_joint, model.decoder):
        for block in blocks:
            _add_nothing(block)
    first, *_others = model.decoder
    _attend(first.cross_attention, place, token)
    gain = sizes.width**0.5 / _BIAS / _SPREAD
    _let_through(model.mean_head, token, gain)
    spread = y.std(dim=(0, 2, 3)).clamp(min=_LEAST_SPREAD)
    model.scale_head[-1].weight.mul_(0.1)
    raw = torch.where(spread > 1, spread - 1, 1 - 1 / spread)
    model.scale_head[-1].bias[: len(spread)] = raw


def _directions(width: int, latents: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return orthonormal rows: the bias, tokens, places, and tokens before."""
    square = torch.randn(width, width)
    square[:, 0] = 1.0  # what a normalization takes off is in none of them
    rows = torch.linalg.qr(square)[0].T[1:]
    return (
        rows[0],
        rows[1 : latents + 1],
        rows[latents + 1 : latents + 1 + TOKENS],
        rows[latents + 1 + TOKENS :][:latents],
    )


def _embed(model: Any, bias: Tensor, token: Tensor, before: Tensor) -> None:
    model.encoder_embedding.weight.copy_(token.T)
    model.decoder_embedding.weight.zero_()
    model.decoder_embedding.weight[:, : len(before)] = before.T
    for embedding in (model.encoder_embedding, model.decoder_embedding):
        embedding.bias.copy_(_BIAS * bias)


def _set_places(model: Any, place: Tensor) -> None:
    coded, seen = model.dec_position._pos, model.enc_position_joint._pos
    model.enc_position_sep._pos.normal_(0, _NOISE)
    seen.normal_(0, _NOISE)
    coded.copy_(_PLACE * place)
    for row in range(WINDOW):
        start = CONTEXT_TOKENS + (row + _BORDER) * CONTEXT + _BORDER
        own = slice(row * WINDOW, (row + 1) * WINDOW)
        seen[0, start : start + WINDOW] = coded[0, own]


def _add_nothing(block: Any) -> None:
    for last in (
        *(block.self_attention.proj, block.cross_attention.proj),
        *(block.mlp1.fc2, block.mlp2.fc2),
    ):
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)


def _attend(attention: Any, place: Tensor, token: Tensor) -> None:
    """Let all heads look at the same place, and write down the token there."""
    width = attention.q.weight.shape[0]
    size = width // attention.heads
    sharpness = (_SCORE * size**0.5) ** 0.5 / _PLACE
    for part in (attention.q, attention.k):
        part.weight.zero_()
        part.bias.zero_()
        for head in range(attention.heads):
            part.weight[head * size : head * size + TOKENS] = sharpness * place
    for part in (attention.v, attention.proj):
        part.weight.zero_()
        part.bias.zero_()
    attention.v.weight[: len(token)] = token
    attention.proj.weight[:, : len(token)] = token.T


def _let_through(head: Any, token: Tensor, gain: float) -> None:
    """Let a head return the tokens that its input holds, ``gain`` times as large."""
    count = len(token)
    first, _cut, second, _again, last = head
    first.weight[:count] = token
    first.bias[:count] = _LIFT
    second.weight[:count] = 0.0
    second.weight[:count, :count] = torch.eye(count)
    second.bias[:count] = 0.0
    last.weight.mul_(0.1)
    last.weight[:, :count] = torch.eye(count) / gain
    last.bias.fill_(-_LIFT / gain)
