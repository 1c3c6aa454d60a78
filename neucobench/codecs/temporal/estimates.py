"""What a network expects stacks to take, without coding them."""

from collections.abc import Sequence

import torch
from torch import Tensor

from neucobench.codecs.temporal.axes import pieces, split_first
from neucobench.codecs.temporal.bottleneck import likelihoods, table_bits
from neucobench.codecs.temporal.closed_loop import ClosedLoop
from neucobench.codecs.temporal.expectation import expect
from neucobench.codecs.temporal.layers import TemporalLayers
from neucobench.codecs.temporal.past import stacks_at_once
from neucobench.codecs.temporal.quality import qualities
from neucobench.codecs.temporal.sizes import TOKENS
from neucobench.codecs.temporal.table import portable_table
from neucobench.codecs.temporal.windows import decoder_windows, join_windows

# The state that a stream ends with, less what it holds on average.
_STREAM_END = 48


def estimate_stacks(
    network: TemporalLayers,
    x: Tensor,
    quality: int | Sequence[int] | None,
    *,
    compat: bool,
) -> tuple[Tensor, list[int]]:
    """Return the reconstruction, and the bits expected of each frame.

    Args:
        network: the network.
        x: (batch, time, band, y, x), standardized.
        quality: tokens that are sent, of all frames or of each.
        compat: whether to estimate as upstream does; otherwise as portable streams are
            coded.

    Raises:
        UsageError: when the quality is none.
    """
    sent = qualities(quality, x.shape[1], flexible=network.flexible)
    if compat:
        return _upstream(network, x, sent)
    return _closed_loop(network, x, sent)


def _upstream(
    network: TemporalLayers, x: Tensor, sent: tuple[int, ...]
) -> tuple[Tensor, list[int]]:
    latents = network.latents(x)
    batch, _, _, height, width = latents.shape
    tokens = tokens_of(network, latents)
    found = expect(network, latents, tokens)
    bits = -torch.log2(likelihoods(tokens, found.mu, found.sigma_raw))
    z_cur = found.z_cur
    if network.flexible:
        kept = kept_tokens(sent, x.device)
        bits = bits * kept
        tokens = torch.where(kept, tokens, network.entropy_model.mask_token)
        z_cur = torch.where(kept, z_cur, network.entropy_model.z_cur_mask_token)
        joined = join_windows(tokens.flatten(0, 2), height, width, flexible=True)
        latents = split_first(joined, batch, -1)
    whole = bits.transpose(0, 1).flatten(1).sum(dim=1)
    return network.synthesize(latents, z_cur, x.shape[-2:]), [int(n) for n in whole]


@torch.no_grad()
def _closed_loop(
    network: TemporalLayers, x: Tensor, sent: tuple[int, ...]
) -> tuple[Tensor, list[int]]:
    found = []
    bits = [0.0] * len(sent)
    for part in pieces(x, stacks_at_once(x.shape[-2:])):
        loop = ClosedLoop(network, part)
        for frame, k in enumerate(sent):
            coded = loop.code(k)
            spent = table_bits(coded.symbols, coded.rows, portable_table())
            inside = coded.inside.cpu().numpy()
            bits[frame] += float(spent[:, inside].sum())
            bits[frame] += _STREAM_END * len(part) if k else 0
        found.append(loop.stacks(x.shape[-2:]))
    return torch.cat(found), [round(n) for n in bits]


def tokens_of(network: TemporalLayers, latents: Tensor) -> Tensor:
    """Return tokens (batch, time, windows, ...) of (batch, time, channel, y, x)."""
    windows = decoder_windows(latents.flatten(0, 1), flexible=network.flexible)
    batch, time = latents.shape[:2]
    return split_first(windows, batch, time, -1)


def kept_tokens(sent: tuple[int, ...], device: torch.device) -> Tensor:
    """Return which tokens of each frame are sent, (time, 1, 16, 1)."""
    places = torch.arange(TOKENS, device=device)[:, None]
    return places < torch.tensor(sent, device=device)[:, None, None, None]
