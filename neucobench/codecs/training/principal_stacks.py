"""Start the transforms of a network of stacks as linear ones: principal components.

::

    conv ↓2 ──▶ components + shift ──▶ units, attention: all positive, nothing changes
    deconv ↑2 ──▶ components + shift, and a constant channel ──▶ likewise ──▶ deconv ↑2

Between two convolutions of a stage all that is negative is cut off, so the components
are shifted up by a few deviations, and the next convolution takes the shift off again.
A transposed convolution does so for each of its taps: what it takes off is what it
makes of a channel that is one everywhere. Units and attention begin as if they were not
there, and so does the dequantizer. The entropy model begins with what the last frame
had at the same place, or, where it is too narrow for that, with a look there.
"""

from math import log, sqrt
from typing import Any

import torch
from torch import Tensor, nn

from neucobench.codecs.temporal.sizes import CONTEXT, CONTEXT_TOKENS, TOKENS, WINDOW
from neucobench.codecs.training.copying import begin_with_the_last_frame, can_copy
from neucobench.codecs.training.principal import HALF, TAPS, Kept, components

_SHIFT = 4.0  # deviations
_GATE = -4.0  # the bias of an attention's weights
_POSITION = 0.3  # deviation of what positions add
_ATTENTION = 2.0  # what the keys of the cross-attention are multiplied by
_BORDER = (CONTEXT - WINDOW) // 2


def begin_stacks_as_components(net: Any, x: Tensor, rate: float) -> None:
    """Set the transforms of a network to the principal components of a sample.

    Args:
        net: a `TemporalNetwork`; changed in place.
        x: (frame, band, y, x), standardized.
        rate: the loss's lambda; see `begin_as_components`.
    """
    scale = sqrt(log(2) * rate / (6 * x.shape[1]))
    down = net.transform.analysis_transform.transforms
    up = net.transform.synthesis_transform.transforms
    analysis = [part for part in down if isinstance(part, nn.Conv2d)]
    synthesis = [part for part in up if isinstance(part, nn.ConvTranspose2d)]
    with torch.no_grad():
        for part in (down, up):
            _be_the_identity(part)
        shift = torch.zeros(x.shape[1])
        for conv, deconv in zip(analysis, reversed(synthesis), strict=True):
            last = conv is analysis[-1]
            gain = scale / HALF ** (len(analysis) - 1) if last else HALF
            x, shift = _fit(conv, deconv, x, shift, gain, last=last)
        for conv, before in _after_attention(down, analysis):
            conv.weight.div_(before)
        for conv, before in _after_attention(up, synthesis):
            conv.weight.div_(before)
        _quiet_the_dequantizer(net)
        if can_copy(net.sizes):
            begin_with_the_last_frame(net, x)
        else:
            _look_at_the_same_place(net.entropy_model, flexible=net.flexible)


def _fit(
    conv: nn.Conv2d,
    deconv: nn.ConvTranspose2d,
    x: Tensor,
    shift: Tensor,
    gain: float,
    *,
    last: bool,
) -> tuple[Tensor, Tensor]:
    """Set a convolution and its counterpart.

    Args:
        conv: from the components before to the next.
        deconv: back.
        x: the components before, (frame, channel, y, x), without shift.
        shift: of those, for each channel.
        gain: of the next components.
        last: whether they are the latents, which have no shift.

    Returns:
        The next components and their shift.
    """
    assert conv.bias is not None
    assert deconv.bias is not None
    frames, channels, height, width = x.shape
    blocks = x.unfold(2, 2, 2).unfold(3, 2, 2)
    flat = blocks.permute(0, 2, 3, 1, 4, 5).reshape(-1, channels * 4).double()
    mean = flat.mean(dim=0)
    # The last channel between two transposed convolutions is the constant one.
    count = min(conv.out_channels - (not last), channels * 4)
    chosen = components(flat - mean, count, Kept(channels=0, decorrelate=False))
    kernels = chosen.reshape(count, channels, 2, 2).float()
    conv.weight.zero_()
    conv.bias.zero_()
    conv.weight[:count, :channels, TAPS, TAPS] = kernels * gain
    deconv.weight.zero_()
    deconv.bias.zero_()
    deconv.weight[:count, :channels, TAPS, TAPS] = kernels / gain
    y = ((flat - mean) @ chosen.T).float() * gain
    after = torch.zeros(count) if last else _SHIFT * y.std(dim=0)
    taken = kernels.sum(dim=(2, 3)) @ shift * gain
    conv.bias[:count] = after - taken - gain * (chosen @ mean).float()
    deconv.bias[:channels] = mean.reshape(channels, 4).mean(dim=1).float() + shift
    if not last:
        pattern = torch.einsum("k,kcyx->cyx", after, kernels / gain)
        deconv.weight[-1, :channels, TAPS, TAPS] = -pattern
        conv.bias[-1] = 1.0
    if deconv.out_channels > channels:
        deconv.bias[-1] = 1.0
    return y.reshape(frames, height // 2, width // 2, -1).permute(0, 3, 1, 2), after


def _be_the_identity(transforms: nn.Sequential) -> None:
    """Let residual units add nothing, and attention almost nothing."""
    for name, part in transforms.named_modules():
        if not isinstance(part, nn.Conv2d):
            continue
        if name.endswith(".conv.4"):
            part.weight.zero_()
            part.bias.zero_()  # type: ignore[union-attr]
        elif name.endswith(".conv_b.3"):
            part.weight.zero_()
            part.bias.fill_(_GATE)  # type: ignore[union-attr]


def _after_attention(
    transforms: nn.Sequential, convolutions: list[Any]
) -> list[tuple[Any, float]]:
    """Return what comes after an attention, and what that has multiplied all by."""
    gain = 1 + float(torch.sigmoid(torch.tensor(_GATE)))
    found, attended = [], False
    for part in transforms:
        if any(part is conv for conv in convolutions):
            if attended:
                found.append((part, gain))
            attended = False
        attended = attended or hasattr(part, "conv_a")
    return found


def _quiet_the_dequantizer(net: Any) -> None:
    first, _activation, block = net._dequantizer.process_conv
    first.weight.zero_()
    for part in (first, block.conv1, block.conv2):
        part.bias.zero_()


def _look_at_the_same_place(model: Any, *, flexible: bool) -> None:
    """Let each token look first at its own place in the last frame.

    Of repacked windows a place is a slice of the channels. To find places by chance
    takes thousands of steps, in which a network learns to do without earlier frames.
    """
    coded, seen = model.dec_position._pos, model.enc_position_joint._pos
    model.enc_position_sep._pos.normal_(0, _POSITION)
    coded.normal_()
    seen.normal_(0, _POSITION)
    for place in range(CONTEXT_TOKENS):
        y, x = (number - _BORDER for number in divmod(place, CONTEXT))
        if flexible:
            seen[0, CONTEXT_TOKENS + place] = coded[0, place * TOKENS // CONTEXT_TOKENS]
        elif 0 <= y < WINDOW and 0 <= x < WINDOW:
            seen[0, CONTEXT_TOKENS + place] = coded[0, y * WINDOW + x]
    for block in model.decoder:
        attention = block.cross_attention
        attention.k.weight.mul_(_ATTENTION)
        attention.q.weight.copy_(attention.k.weight)
