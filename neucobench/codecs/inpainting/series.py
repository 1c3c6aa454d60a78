"""Fill the latents of a series frame by frame, and make pictures of them.

::

    f0 ─▶ [f1] ─▶ f2 ─▶ [f3]      [ ] has clouds; filled from the two frames before it,
                                  and what was filled is context of the frames after

Frames without clouds are looked back at where a cloudy one follows, and are not decoded
otherwise. With anchors, what the network expects is blended with them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from neucobench.codecs.inpainting.blend import blend_latents
from neucobench.codecs.inpainting.fill import FilledTokens, fill_tokens, select_tokens
from neucobench.codecs.inpainting.options import FillOptions
from neucobench.codecs.temporal.decoder import KeysValues
from neucobench.codecs.temporal.network import TemporalNetwork
from neucobench.codecs.temporal.past import Past
from neucobench.codecs.temporal.sizes import FRAMES
from neucobench.codecs.temporal.windows import decoder_windows, join_windows
from neucobench.errors import CodecError


@dataclass(frozen=True, kw_only=True, eq=False)
class FilledSeries:
    """Hold what became of a series.

    Attributes:
        latents: (batch, time, channel, y, x).
        frames: which frames were decoded, ascending.
        z_cur: (batch, frames, windows, 16, width), what was expected of these.
    """

    latents: Tensor
    frames: tuple[int, ...]
    z_cur: Tensor


def require_places(network: TemporalNetwork) -> None:
    """Refuse a network whose tokens do not stand for places.

    Raises:
        CodecError: when it is flexible.
    """
    if network.flexible:
        raise CodecError(
            "FlexTEC was given; its tokens are slices of the channels of a whole "
            "window, so that a cloud is in all of them and none can be foretold from "
            "the others. Use TEC-TT: tec-tt, tec-tt-l1c or tec-tt-s."
        )


@torch.no_grad()
def fill_series(
    network: TemporalNetwork,
    latents: Tensor,
    cloudy: Tensor,
    options: FillOptions,
    *,
    frames: Sequence[int] | None = None,
    anchors: Tensor | None = None,
) -> FilledSeries:
    """Return a series whose cloudy latents are those that the network expects.

    Args:
        network: not a flexible one.
        latents: (batch, time, channel, y, x), quantized.
        cloudy: (batch, time, y, x), which latents are replaced.
        options: how.
        frames: which frames are decoded beside the cloudy ones; None: no other.
        anchors: like the latents, of pictures made of other seasons; None: the network
            is not blended with them.

    Raises:
        CodecError: when the network is flexible.
    """
    require_places(network)
    latents = latents.clone()
    batch, time, _, height, width = latents.shape
    wanted = {t for t in range(time) if bool(cloudy[:, t].any())} | set(frames or ())
    past = Past(network, (batch, height, width), latents.dtype)
    expected = []
    for t in range(time):
        if t in wanted:
            if anchors is None:
                filled = _foretell(
                    network, latents[:, t], cloudy[:, t], past.context(), options
                )
            else:
                mixed = _blend(
                    network, latents[:, t], cloudy[:, t], past.context(), anchors[:, t]
                )
                nothing = torch.zeros_like(cloudy[:, t])
                filled = _foretell(network, mixed, nothing, past.context(), options)
            latents[:, t] = join_windows(filled.tokens, height, width, flexible=False)
            z_cur = filled.z_cur
            expected.append(z_cur.reshape(batch, -1, *z_cur.shape[1:]))
        if wanted & set(range(t + 1, t + 1 + FRAMES)):
            past.add(latents[:, t])
    return FilledSeries(
        latents=latents,
        frames=tuple(sorted(wanted)),
        z_cur=torch.stack(expected, dim=1) if expected else latents.new_empty(0),
    )


def _foretell(
    network: TemporalNetwork,
    latents: Tensor,
    cloudy: Tensor,
    context: list[KeysValues],
    options: FillOptions,
) -> FilledTokens:
    """Return the windows of a frame, cloudy tokens as the network expects them."""
    marks = decoder_windows(cloudy[:, None].to(latents), flexible=False)
    return fill_tokens(
        network.entropy_model,
        decoder_windows(latents, flexible=False),
        select_tokens(marks[..., 0] > 0, options.mode),
        context,
        compat=options.compat,
    )


def _blend(
    network: TemporalNetwork,
    latents: Tensor,
    cloudy: Tensor,
    context: list[KeysValues],
    anchor: Tensor,
) -> Tensor:
    """Return a frame's latents, cloudy ones blended with those of other seasons."""
    if not cloudy.any():
        return latents
    everything = torch.ones_like(cloudy)
    foretold = _foretell(network, latents, everything, context, FillOptions())
    height, width = latents.shape[-2:]
    joined = join_windows(foretold.tokens, height, width, flexible=False)
    return blend_latents(latents, cloudy, joined, anchor)


@torch.no_grad()
def decode_series(
    network: TemporalNetwork, series: FilledSeries, size: Sequence[int]
) -> Tensor:
    """Return the pictures of the decoded frames, (batch, frames, band, y, x).

    Args:
        network: the one that filled the series.
        series: with at least one decoded frame.
        size: the height and the width of the pictures.
    """
    chosen = series.latents[:, list(series.frames)]
    return network.synthesize(chosen, series.z_cur, size)
