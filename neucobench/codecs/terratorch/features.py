"""A codec's analysis as a backbone: feature maps at strides 2, 4, 8 and 16.

::

    x ──▶ stage 1 ──▶ stage 2 ──▶ stage 3 ──▶ stage 4 = y, the latents, not rounded
             │           │           │           │
             ▼           ▼           ▼           ▼
           1 / 2       1 / 4       1 / 8       1 / 16 of the height and the width

A codec of stacks has, where it is asked for, one map more, at the size of the latents:
``z_cur``, what its entropy model expects of each frame given the two before it.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from neucobench.codecs.temporal.expectation import expect
from neucobench.codecs.temporal.network import TemporalNetwork
from neucobench.codecs.temporal.windows import decoder_windows, join_windows
from neucobench.codecs.terratorch.frames import fold_frames, merge_frames, merged_width
from neucobench.errors import UsageError

_STRIDE = 16  # pixels of one latent
_HEADS = ("entropy_model.mean_head", "entropy_model.scale_head")


class FeatureMaps(nn.Module):
    """Return the feature maps of pictures, or of stacks of them.

    Args:
        analysis: from pictures to latents; each convolution with a stride begins a
            stage.
        expectation: what makes the map more of stacks; None: nothing does.
        out_indices: which maps to return, counted from 0, negative from the end; None:
            all of them.
        merge: what becomes of the frames of a stack: ``"mean"``, ``"max"`` or
            ``"concat"``, which puts their channels one after the other.
        num_frames: how many frames a stack has; for ``"concat"`` alone.

    Attributes:
        out_channels: of each map that is returned.
        patch_size: TerraTorch pads pictures by reflection to multiples of twice this.

    Raises:
        UsageError: when there are no such maps, or no such way to merge frames.
    """

    patch_size = _STRIDE

    def __init__(
        self,
        analysis: nn.Sequential,
        *,
        expectation: "Expectation | None" = None,
        out_indices: Sequence[int] | None = None,
        merge: str = "mean",
        num_frames: int | None = None,
    ) -> None:
        super().__init__()
        stages = _stages(analysis)
        widths = [_width(stage) for stage in stages]
        if expectation is not None:
            widths.append(expectation.width)
        self.out_indices = _indices(out_indices, len(widths))
        # What no map depends on would wait for a gradient in vain.
        deepest = max(self.out_indices)
        self.stages = nn.ModuleList(stages[: deepest + 1])
        self.expectation = expectation if deepest == len(stages) else None
        self.merge, self.num_frames = merge, num_frames
        self.out_channels = [
            merged_width(widths[index], merge, num_frames) for index in self.out_indices
        ]

    def forward(self, x: Tensor, **_more: Any) -> list[Tensor]:
        """Return the maps, each (batch, channel, y, x).

        Args:
            x: (batch, band, y, x), or (batch, band, time, y, x) as TerraTorch gives
                series; standardized.

        Raises:
            UsageError: when it has another shape, or another number of frames.
        """
        frames, time = fold_frames(x)
        maps, last = [], frames
        for stage in self.stages:
            last = stage(last)
            maps.append(last)
        if self.expectation is not None:
            maps.append(self.expectation(last, time))
        return [
            merge_frames(maps[index], time, self.merge, self.num_frames)
            for index in self.out_indices
        ]

    def freeze(self) -> None:
        """Keep the weights as they are."""
        self.requires_grad_(False)


class Expectation(nn.Module):
    """Return what a network expects of each frame, given the two before it.

    It looks at rounded latents: no gradient goes back through them.

    Args:
        network: it is left without its transforms, which are not needed for this.
    """

    def __init__(self, network: TemporalNetwork) -> None:
        super().__init__()
        del network.transform
        self.network = network
        # Nor does any map depend on these.
        for part in ("_dequantizer", *_HEADS):
            network.get_submodule(part).requires_grad_(False)
        self.width = network.sizes.width

    def forward(self, y: Tensor, time: int) -> Tensor:
        """Return z_cur, (batch * time, width, y, x).

        Args:
            y: (batch * time, channel, y, x), latents.
            time: how many frames a stack has.
        """
        flexible = self.network.flexible
        latents = torch.round(y)
        tokens = decoder_windows(latents, flexible=flexible)
        stacks = len(y) // time
        z_cur = expect(
            self.network,
            latents.reshape(stacks, time, *latents.shape[1:]),
            tokens.reshape(stacks, time, -1, *tokens.shape[1:]),
        ).z_cur
        height, width = y.shape[-2:]
        return join_windows(z_cur.flatten(0, 2), height, width, flexible=flexible)


def _stages(analysis: nn.Sequential) -> list[nn.Sequential]:
    layers = list(analysis)
    starts = [
        place
        for place, layer in enumerate(layers)
        if isinstance(layer, nn.Conv2d) and layer.stride[0] > 1
    ]
    ends = pairwise([*starts, len(layers)])
    return [nn.Sequential(*layers[start:end]) for start, end in ends]


def _width(stage: nn.Module) -> int:
    first = next(iter(stage.children()))
    assert isinstance(first, nn.Conv2d)
    return first.out_channels


def _indices(wanted: Sequence[int] | None, count: int) -> list[int]:
    places = range(count)
    try:
        found = [places[index] for index in (places if wanted is None else wanted)]
    except IndexError:
        found = []
    if not found:
        raise UsageError(
            f"out_indices={wanted!r} was given; this backbone has {count} feature "
            f"maps, 0 to {count - 1}, the last of them also -1. Choose one or more."
        )
    return found
