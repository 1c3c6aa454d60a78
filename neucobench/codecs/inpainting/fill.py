"""Foretell the latents under clouds, window by window and token by token.

::

    tokens of a window   t0  t1  [t2] [t3]  t4  ...  t15      [ ] under a cloud
                          │   │
                          ▼   ▼
    causal decoder  ──▶ z_cur of t2 ──▶ mu ───────────▶ the new t2
                                                            │
                          and on, with the new t2 as input ◀┘

All windows of all stacks go through the sixteen steps together; windows without a cloud
stay out. The published method computes a full pass for each token of each window.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from neucobench.codecs.inpainting.options import Mode
from neucobench.codecs.temporal.decoder import KeysValues
from neucobench.codecs.temporal.entropy_model import EntropyModel
from neucobench.codecs.temporal.sizes import TOKENS
from neucobench.codecs.temporal.stepping import Stepper


@dataclass(frozen=True, kw_only=True, eq=False)
class FilledTokens:
    """Hold the windows of a frame without clouds.

    Attributes:
        tokens: (windows, 16, channel).
        z_cur: (windows, 16, width), what the decoder expected of each.
    """

    tokens: Tensor
    z_cur: Tensor


def select_tokens(cloudy: Tensor, mode: Mode) -> Tensor:
    """Return which tokens are foretold, (windows, 16).

    Args:
        cloudy: (windows, 16), those under clouds.
        mode: only these, or all from the first of them on.
    """
    if mode == "interleave":
        return cloudy
    return cloudy.cumsum(dim=1) > 0


def fill_tokens(
    model: EntropyModel,
    tokens: Tensor,
    selected: Tensor,
    context: list[KeysValues],
    *,
    compat: bool = False,
) -> FilledTokens:
    """Return windows whose selected tokens are those that the model expects.

    Args:
        model: not a flexible one, whose tokens have no places.
        tokens: (windows, 16, channel), quantized.
        selected: (windows, 16), which ones are replaced.
        context: the keys and values of what the earlier frames say.
        compat: means are rounded, and tokens that are not selected keep the features
            of a first pass with all tokens as given, as in the published code.
            Otherwise nothing is rounded, since nothing is coded, and features follow
            from the tokens that stand there in the end.
    """
    active = selected.any(dim=1)
    passed = torch.ones_like(active) if compat else ~active
    width = model.decoder_embedding.weight.shape[0]
    z_cur = tokens.new_empty((*tokens.shape[:2], width))
    if passed.any():
        z_cur[passed] = model.decode(tokens[passed], _some(context, passed))
    if not active.any():
        return FilledTokens(tokens=tokens, z_cur=z_cur)
    stepper = Stepper(model, _some(context, active))
    walked = tokens[active], selected[active]
    new, seen = _walk(model, stepper, *walked, rounded=compat)
    if compat:
        seen = torch.where(selected[active][..., None], seen, z_cur[active])
    tokens = tokens.clone()
    tokens[active], z_cur[active] = new, seen
    return FilledTokens(tokens=tokens, z_cur=z_cur)


def _walk(
    model: EntropyModel,
    stepper: Stepper,
    tokens: Tensor,
    selected: Tensor,
    *,
    rounded: bool,
) -> tuple[Tensor, Tensor]:
    """Return the tokens and their features, with selected ones as they are expected."""
    tokens = tokens.clone()
    seen = []
    before = None
    for place in range(TOKENS):
        seen.append(stepper.step(before))
        mu, _ = model.parameters_of(seen[-1])
        new = selected[:, place, None]
        mean = torch.round(mu) if rounded else mu
        tokens[:, place] = torch.where(new, mean, tokens[:, place])
        before = tokens[:, place]
    return tokens, torch.stack(seen, dim=1)


def _some(context: list[KeysValues], windows: Tensor) -> list[KeysValues]:
    """Return keys and values of the windows that are True."""
    if bool(windows.all()):
        return context
    return [(keys[windows], values[windows]) for keys, values in context]
