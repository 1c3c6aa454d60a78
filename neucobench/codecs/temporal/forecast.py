"""Forecasting the tokens that are not sent: each is what is expected of it.

Encoder and decoder must forecast the same. In double precision, walking through the
tokens with kept keys and values is exact enough. The published strings need what single
precision gives in a full pass: a walk guesses, one pass tells whether the guess holds.
"""

import torch
from torch import Tensor

from neucobench.codecs.temporal.decoder import KeysValues
from neucobench.codecs.temporal.entropy_model import EntropyModel
from neucobench.codecs.temporal.expectation import Expected
from neucobench.codecs.temporal.past import decode_windows
from neucobench.codecs.temporal.sizes import TOKENS
from neucobench.codecs.temporal.stepping import Stepper


def forecast(
    model: EntropyModel,
    context: list[KeysValues],
    tokens: Tensor,
    known: int,
    inside: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Return tokens with those from ``known`` on forecast, and z_cur of all.

    Args:
        model: the entropy model.
        context: keys and values that the windows look at.
        tokens: (windows, 16, channel); the first ``known`` are taken as they are.
        known: how many.
        inside: (windows, 16, channel), 1 for what lies in the picture and 0 elsewhere,
            where tokens stay 0; None: 1 everywhere.
    """
    stepper = Stepper(model, context)
    tokens, before, seen = tokens.clone(), None, []
    for place in range(TOKENS):
        z_cur = stepper.step(before)
        if place >= known:
            expected = torch.round(model.mean_head(z_cur))
            if inside is not None:
                expected *= inside[:, place]
            tokens[:, place] = expected
        before = tokens[:, place]
        seen.append(z_cur)
    return tokens, torch.stack(seen, dim=1)


def forecast_exactly(
    model: EntropyModel, context: list[KeysValues], tokens: Tensor, known: int
) -> tuple[Tensor, Expected]:
    """Return tokens, and what was expected of all, as sixteen full passes have it.

    A token depends on those before it alone: the first that one full pass gives
    otherwise is right there, and so is everything before it.
    """
    while True:
        if known < TOKENS:
            tokens, _ = forecast(model, context, tokens, known)
        z_cur, mu, sigma_raw = decode_windows(model, tokens, context)
        wanted = torch.round(mu)
        wrong = (wanted != tokens).flatten(2).any(dim=2).any(dim=0)
        wrong[:known] = False
        if not wrong.any():
            return tokens, Expected(z_cur=z_cur, mu=mu, sigma_raw=sigma_raw)
        known = int(wrong.nonzero()[0]) + 1
        tokens[:, known - 1] = wanted[:, known - 1]
