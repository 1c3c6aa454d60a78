"""Blend what the network foretells with what other seasons show.

::

    latent = a x foretold + b x anchor + c      for each channel, one fit for a frame

The anchor is the transform of a picture made of other seasons. Where the frame itself
is clear, its own latents are known: there a, b and c are fitted, and under clouds they
are used. Ridge regression pulls them toward the anchor alone (0, 1, 0), so that few
clear latents change little, and none leave the anchor as it is.
"""

import torch
from torch import Tensor

_PRIOR = (0.0, 1.0, 0.0)
# How many clear latents as varied as the frame's the prior is worth.
_TRUST = (4.0, 4.0, 1.0)
_LEAST_VARIANCE = 0.05


def blend_latents(
    latents: Tensor, cloudy: Tensor, foretold: Tensor, anchor: Tensor
) -> Tensor:
    """Return latents whose cloudy ones are blended, (batch, channel, y, x).

    Args:
        latents: (batch, channel, y, x), those of the frame.
        cloudy: (batch, y, x), which of them are not to be trusted.
        foretold: like the latents, what the network expects everywhere.
        anchor: like the latents, of a picture made of other seasons.
    """
    blended = latents.clone()
    for item, mask in enumerate(cloudy):
        if mask.any():
            parts = torch.stack(
                [foretold[item], anchor[item], torch.ones_like(anchor[item])], dim=-1
            )
            known, unknown = parts[:, ~mask].double(), parts[:, mask].double()
            factors = _fit(known, latents[item][:, ~mask].double())
            blended[item][:, mask] = (unknown @ factors)[..., 0].to(latents)
    return blended


def _fit(parts: Tensor, wanted: Tensor) -> Tensor:
    """Return the factors of each channel, (channel, 3, 1).

    Args:
        parts: (channel, cells, 3), foretold, anchor and one.
        wanted: (channel, cells), what they should add up to.
    """
    prior = parts.new_tensor(_PRIOR)[:, None]
    if not wanted.shape[1]:
        return prior.expand(len(parts), -1, -1)
    spread = wanted.var(dim=1, unbiased=False).clamp(min=_LEAST_VARIANCE)
    trust = torch.diag(parts.new_tensor(_TRUST)) * spread[:, None, None]
    rest = wanted[..., None] - parts @ prior
    turned = parts.transpose(1, 2)
    change: Tensor = torch.linalg.solve(turned @ parts + trust, turned @ rest)
    return prior + change
