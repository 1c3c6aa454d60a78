"""The layers of TEC-TT and FlexTEC, and the two ends of the way: pixels and latents."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from neucobench.codecs.pictures import check_pictures, check_tensor, crop, in_passes
from neucobench.codecs.temporal.axes import split_first
from neucobench.codecs.temporal.dequantizer import Dequantizer
from neucobench.codecs.temporal.entropy_model import EntropyModel
from neucobench.codecs.temporal.sizes import STRIDE, TemporalSizes
from neucobench.codecs.temporal.transforms import Transform
from neucobench.codecs.temporal.windows import join_windows
from neucobench.errors import CodecError

_DIMENSIONS = 5


class FirstPast(nn.Module):
    """Hold the latents that lie before the first frame, the same everywhere."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(1, channels, 1, 1))


class TemporalLayers(nn.Module):
    """Turn stacks into latents and back; names of layers are those of upstream."""

    def __init__(self, sizes: TemporalSizes) -> None:
        super().__init__()
        self.sizes = sizes
        self.transform = Transform(sizes)
        self.entropy_model = EntropyModel(sizes)
        self._temporal_pad_token_maker = FirstPast(sizes.latents)
        self._dequantizer = Dequantizer(sizes.width, sizes.latents)

    @property
    def bands(self) -> int:
        """Return how many bands a frame has."""
        return self.sizes.bands

    @property
    def channels(self) -> int:
        """Return how many channels the latents have."""
        return self.sizes.latents

    @property
    def flexible(self) -> bool:
        """Return whether tokens may be left out (FlexTEC)."""
        return self.sizes.flexible

    @property
    def first_past(self) -> Tensor:
        """Return what lies before the first frame, (1, channel, 1, 1)."""
        return self._temporal_pad_token_maker.weight

    def stack_of(self, x: Tensor) -> Tensor:
        """Return (batch, time, band, y, x) of a stack, of frames, or of one frame.

        Raises:
            CodecError: when it is none of these, or holds what cannot be coded.
        """
        check_tensor(x)
        while _DIMENSIONS - 2 <= x.ndim < _DIMENSIONS:
            x = x[None]
        fits = x.ndim == _DIMENSIONS and x.shape[2] == self.bands
        if not fits or not all(x.shape[:2]):
            raise CodecError(
                f"Stacks of the shape {tuple(x.shape)} were given; this codec takes "
                f"(batch, time, {self.bands} bands, y, x). Give them in that order."
            )
        check_pictures(x.flatten(0, 1), self.bands)
        return x

    def analyze(self, x: Tensor) -> Tensor:
        """Return latents, not rounded, (batch, time, channel, y / 16, x / 16)."""
        y = in_passes(self.transform.analysis_transform, x.flatten(0, 1), stride=1)
        return split_first(y, *x.shape[:2])

    def latents(self, x: Tensor) -> Tensor:
        """Return the quantized latents, (batch, time, channel, y / 16, x / 16)."""
        return torch.round(self.analyze(x))

    def synthesize(self, latents: Tensor, z_cur: Tensor, size: Sequence[int]) -> Tensor:
        """Return stacks, (batch, time, band, y, x), standardized.

        Args:
            latents: (batch, time, channel, y, x), quantized.
            z_cur: (batch, time, windows, 16, width), what was expected of them.
            size: the height and the width to crop to.
        """
        height, width = latents.shape[-2:]
        expected = join_windows(
            z_cur.flatten(0, 2).float(), height, width, flexible=self.flexible
        )
        y_hat = self._dequantizer(latents.flatten(0, 1), expected)
        x_hat = in_passes(self.transform.synthesis_transform, y_hat, stride=STRIDE)
        return split_first(crop(x_hat, size), *latents.shape[:2])
