"""What a network makes of stacks on the way to a stream, for use as features.

::

    x ──▶ latents ─┬─▶ the two frames before ──▶ z_joint ─┐
                   │                                      ▼
                   └─▶ tokens ───────────▶ decoder ──▶ z_cur ──▶ bits of each latent

Of each frame there is what was known before it (z_joint), what is expected of it token
after token (z_cur), what it is (latents), and how much of that was news (bits).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from neucobench.codecs.temporal.axes import pieces, split_first
from neucobench.codecs.temporal.bottleneck import likelihoods
from neucobench.codecs.temporal.closed_loop import ClosedLoop
from neucobench.codecs.temporal.estimates import kept_tokens, tokens_of
from neucobench.codecs.temporal.expectation import look_back_twice
from neucobench.codecs.temporal.layers import TemporalLayers
from neucobench.codecs.temporal.past import PASS, first_joint
from neucobench.codecs.temporal.quality import qualities
from neucobench.codecs.temporal.sizes import TOKENS
from neucobench.codecs.temporal.windows import join_windows

Quality = int | Sequence[int]


@dataclass(frozen=True, kw_only=True)
class StackFeatures:
    """Hold what a network makes of stacks.

    Attributes:
        latents: (batch, time, channel, y, x), quantized.
        z_joint: (batch, time + 1, windows, 128, width), what the two frames before each
            frame say; of the first it is a constant of the weights, and the last is
            that of the frame that would come next.
        z_cur: (batch, time, windows, 16, width), what is expected of each token.
        bits: (batch, time, channel, y, x), what each latent is expected to cost.
    """

    latents: Tensor
    z_joint: Tensor
    z_cur: Tensor
    bits: Tensor

    @property
    def channel_bits(self) -> Tensor:
        """Return the bits of each channel of each frame, (batch, time, channel)."""
        return self.bits.sum(dim=(-2, -1))


@torch.no_grad()
def stack_features(
    network: TemporalLayers, x: Tensor, quality: Quality | None = None
) -> StackFeatures:
    """Return what a network makes of stacks, in single precision.

    Bits are upstream's estimate, of the latents of the picture alone; where these do
    not fill all windows, reflected ones stand in the windows, and cost nothing here.

    Args:
        network: the network.
        x: (batch, time, band, y, x), standardized.
        quality: of a flexible network: how many tokens of a window are sent; the others
            are forecast, as for a decoder, and cost nothing.

    Raises:
        CodecError: when the stacks are not what the codec takes.
        UsageError: when the quality is none.
    """
    x = network.stack_of(x)
    sent = qualities(quality, x.shape[1], flexible=network.flexible)
    latents = stored_latents(network, x, sent)
    tokens = tokens_of(network, latents)
    z_joint = _contexts(network, latents, tokens.shape[2])
    z_cur = _decoded(network, tokens, z_joint[:, :-1])
    spent = -likelihoods(tokens, *network.entropy_model.parameters_of(z_cur)).log2()
    spent = spent * kept_tokens(sent, x.device)
    height, width = latents.shape[-2:]
    bits = join_windows(spent.flatten(0, 2), height, width, flexible=network.flexible)
    return StackFeatures(
        latents=latents,
        z_joint=z_joint,
        z_cur=z_cur,
        bits=split_first(bits, *latents.shape[:2]),
    )


def stored_latents(network: TemporalLayers, x: Tensor, sent: Sequence[int]) -> Tensor:
    """Return the latents that a decoder will have, (batch, time, channel, y, x).

    Args:
        network: the network.
        x: (batch, time, band, y, x), standardized.
        sent: how many tokens of a window are sent in each frame.
    """
    if all(k == TOKENS for k in sent):
        return network.latents(x)
    loop = ClosedLoop(network, x)
    for k in sent:
        loop.code(k)
    return loop.latents()


def _contexts(network: TemporalLayers, latents: Tensor, windows: int) -> Tensor:
    """Return z_joint, (batch, time + 1, windows, 128, width)."""
    model = network.entropy_model
    batch, time = latents.shape[:2]
    seen = look_back_twice(network, latents, windows)
    given = [pieces(part, PASS) for part in seen]
    joint = split_first(
        torch.cat([model.join(*pair) for pair in zip(*given, strict=True)]),
        batch,
        time,
        windows,
    )
    first = first_joint(network, latents.dtype).expand(batch, 1, windows, -1, -1)
    return torch.cat([first, joint], dim=1)


def _decoded(network: TemporalLayers, tokens: Tensor, z_joint: Tensor) -> Tensor:
    """Return z_cur, (batch, time, windows, 16, width)."""
    windows = tokens.flatten(0, 2), z_joint.flatten(0, 2)
    given = [pieces(part, PASS) for part in windows]
    z_cur = torch.cat(
        [network.entropy_model.decode(*pair) for pair in zip(*given, strict=True)]
    )
    return split_first(z_cur, *tokens.shape[:3])
