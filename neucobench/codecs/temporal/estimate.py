"""The pass that networks of stacks are trained by, and validated with.

::

    x ──▶ analysis ──▶ y ─┬─ + noise ──▶ what is charged for      (training)
                          └─ rounded ──▶ context of later frames, tokens of the decoder,
                                         dequantizer, synthesis

Values are rounded as a codec rounds them, and gradients pass as if they had not been.
Every frame is predicted from the true ones before it, and so is every token (teacher
forcing), so that all of them go through in one pass. The first frame is charged too;
frames after it do not move its latents.

Of a flexible network one number of tokens is drawn for the whole batch, 1 to 16 and k
with the chance k / 136. The others cost nothing and are masked for the synthesis; as
context of the next frame, and as tokens before others, they are there.

What a codec never does, filling a cloud does: tokens follow on tokens that were only
expected. What tokens would cost then is told on request.
"""

from dataclasses import dataclass
from math import log

import torch
from torch import Tensor

from neucobench.codecs.temporal.bottleneck import likelihoods, positive
from neucobench.codecs.temporal.network import TemporalNetwork
from neucobench.codecs.temporal.sizes import TOKENS, WINDOW
from neucobench.codecs.temporal.stepping import Stepper
from neucobench.codecs.temporal.table import SMALLEST_SCALE, SPAN
from neucobench.codecs.temporal.windows import (
    context_windows,
    decoder_windows,
    join_windows,
)


@dataclass(frozen=True, kw_only=True)
class StackEstimate:
    """Hold what a training step needs.

    Attributes:
        x_hat: the reconstruction, (batch, time, band, y, x), standardized.
        bits: of each frame, all stacks of the batch together.
        forecast: bits that the tokens would cost, were those before them the expected
            ones and not the true ones; None unless it was asked for.
    """

    x_hat: Tensor
    bits: Tensor
    forecast: Tensor | None = None


def training_pass(
    network: TemporalNetwork,
    x: Tensor,
    *,
    rate_free: bool = False,
    forecast: bool = False,
) -> StackEstimate:
    """Return the reconstruction of stacks and what they cost.

    In training mode latents are noisy and tokens are masked; otherwise they are rounded
    and all are there, and the bits are upstream's estimate.

    Args:
        network: the network.
        x: (batch, time, band, y, x), standardized.
        rate_free: whether what latents cost leaves the analysis alone.
        forecast: whether to tell what tokens cost that follow on expected ones.
    """
    flexible = network.flexible
    y = network.analyze(x).float().transpose(0, 1)  # time first, as windows have it
    values = y + (y.round() - y).detach()
    seen, charged = (values.detach(), y.detach()) if rate_free else (values, y)
    tokens = decoder_windows(seen.flatten(0, 1), flexible=flexible)
    z_joint = _contexts(network, seen)
    z_cur = network.entropy_model.decode(tokens, z_joint)
    quality = draw_quality() if flexible and network.training else TOKENS
    bits = _bits(network, charged.flatten(0, 1), z_cur.float(), quality)
    if flexible:
        values, z_cur = _masked(network, values, z_cur, quality)
    time, batch = y.shape[:2]
    x_hat = network.synthesize(
        values.transpose(0, 1),
        z_cur.reshape(time, batch, -1, *z_cur.shape[1:]).transpose(0, 1),
        x.shape[-2:],
    )
    return StackEstimate(
        x_hat=x_hat,
        bits=bits.reshape(time, -1).sum(dim=1),
        forecast=_forecast(network, y.detach(), z_joint) if forecast else None,
    )


def draw_quality() -> int:
    """Return how many tokens of a window are sent: k with the chance k / 136."""
    chances = torch.arange(1, TOKENS + 1, dtype=torch.float64)
    return int(torch.multinomial(chances, 1)) + 1


def noisy_bits(y: Tensor, mu: Tensor, sigma_raw: Tensor) -> Tensor:
    """Return what each latent costs, in bits, with gradients however far off it is.

    In the tail of the Gaussian a probability is a difference of numbers that are zero
    in single precision; their logarithms are not.

    Args:
        y: latents plus noise between -0.5 and 0.5.
        mu: of the same shape, predicted means.
        sigma_raw: of the same shape, what the scale head says.
    """
    scale = (positive(sigma_raw) + SMALLEST_SCALE).clamp(max=SMALLEST_SCALE * SPAN)
    distance = (y - mu).abs()
    near = torch.special.log_ndtr((0.5 - distance) / scale)
    far = torch.special.log_ndtr((-0.5 - distance) / scale)
    # Both are equal, to the last bit, where the scale is wide and the latent close.
    ratio = (far - near).clamp(max=-1e-6)
    bits: Tensor = -(near + torch.log(-torch.expm1(ratio))) / log(2)
    return bits


def _contexts(network: TemporalNetwork, values: Tensor) -> Tensor:
    """Return z_joint, (time * windows, 128, width), of (time, batch, channel, y, x)."""
    model, flexible = network.entropy_model, network.flexible
    learned = network.first_past.expand(-1, -1, WINDOW, WINDOW)
    before = model.look_back(context_windows(learned, flexible=flexible))
    first = model.join(before, before)
    time, batch, _channels, height, width = values.shape
    windows = batch * -(-height // WINDOW) * -(-width // WINDOW)
    nothing = first.expand(windows, -1, -1)
    if time == 1:
        return nothing
    past = torch.cat([values[:1].detach(), values[1:-1]]).flatten(0, 1)
    seen = model.look_back(context_windows(past, flexible=flexible))
    newer = seen.reshape(time - 1, windows, *seen.shape[1:])
    older = torch.cat([newer[:1], newer[:-1]])
    joint = model.join(older.flatten(0, 1), newer.flatten(0, 1))
    return torch.cat([nothing.to(joint.dtype), joint])


def _bits(network: TemporalNetwork, y: Tensor, z_cur: Tensor, quality: int) -> Tensor:
    """Return what each latent costs, (time * windows, tokens, channel)."""
    # Autocast would give a mean three digits, and a mean is as large as its latent.
    with torch.autocast(y.device.type, enabled=False):
        mu, sigma_raw = network.entropy_model.parameters_of(z_cur[:, :quality])
        if network.training:
            y = y + torch.rand_like(y) - 0.5
        tokens = decoder_windows(y, flexible=network.flexible)[:, :quality]
        if network.training:
            return noisy_bits(tokens, mu, sigma_raw)
        return -likelihoods(tokens, mu, sigma_raw).log2()


def _forecast(network: TemporalNetwork, y: Tensor, z_joint: Tensor) -> Tensor:
    """Return what tokens cost that follow on expected ones.

    In half of the windows all tokens do, in the others those from a random one on.
    Those before it are not counted, and the sum is that of as many whole windows.
    """
    model, flexible = network.entropy_model, network.flexible
    tokens = decoder_windows(y.round().flatten(0, 1), flexible=flexible)
    first = torch.randint(TOKENS, (len(tokens),), device=tokens.device)
    first = first * torch.randint(2, first.shape, device=tokens.device)
    with torch.no_grad():
        stepper = Stepper(model, z_joint.detach())
        before = None
        for place in range(TOKENS):
            mu, _ = model.parameters_of(stepper.step(before))
            expected = (first <= place)[:, None]
            tokens[:, place] = torch.where(expected, mu.round(), tokens[:, place])
            before = tokens[:, place]
    z_cur = model.decode(tokens, z_joint).float()
    bits = _bits(network, y.flatten(0, 1), z_cur, TOKENS).sum(dim=2)
    counted = first[:, None] <= torch.arange(TOKENS, device=first.device)
    return (bits * counted).sum() * counted.numel() / counted.sum()


def _masked(
    network: TemporalNetwork, values: Tensor, z_cur: Tensor, quality: int
) -> tuple[Tensor, Tensor]:
    """Return latents and z_cur with learned vectors for tokens that are not sent."""
    model = network.entropy_model
    sent = (torch.arange(TOKENS, device=values.device) < quality)[:, None]
    # Chosen, and not cut off: all processes then have a gradient for all weights.
    tokens = decoder_windows(values.flatten(0, 1), flexible=True)
    shown = torch.where(sent, tokens, model.mask_token)
    return (
        join_windows(shown, *values.shape[-2:], flexible=True).reshape(values.shape),
        torch.where(sent, z_cur, model.z_cur_mask_token.to(z_cur.dtype)),
    )
