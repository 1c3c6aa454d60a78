"""Stacks of reflectance in, pictures without clouds out."""

from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray

from neucobench.codecs.inpainting.baselines import (
    last_clear,
    linear_in_time,
    nearest_clear,
    share_of_after,
)
from neucobench.codecs.inpainting.mask import Mask, latent_mask
from neucobench.codecs.inpainting.options import FillOptions
from neucobench.codecs.inpainting.series import (
    decode_series,
    fill_series,
    require_places,
)
from neucobench.codecs.pictures import SMALLEST
from neucobench.codecs.pixels.gaps import fill_gaps
from neucobench.codecs.standardize import restore, standardize
from neucobench.codecs.temporal.network import TemporalNetwork
from neucobench.errors import CodecError

Stack = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, eq=False)
class Inpainter:
    """Fill clouds by what a temporal network expects there.

    Attributes:
        network: its weights decide what it knows; not a flexible one.
        options: how clouds are filled.
    """

    network: TemporalNetwork
    options: FillOptions = field(default_factory=FillOptions)

    def __post_init__(self) -> None:
        """Refuse a network that cannot fill.

        Raises:
            CodecError: when it is flexible.
        """
        require_places(self.network)

    @property
    def bands(self) -> int:
        """Return how many bands a stack must have."""
        return self.network.bands

    @property
    def smallest(self) -> int:
        """Return the least height and width in pixels."""
        return SMALLEST

    def fill(self, stacks: Stack, clouds: Mask, *, whole: bool = False) -> Stack:
        """Return stacks whose cloudy seasons are the network's pictures, as a whole.

        Seasons without clouds are as they were. Clear pixels of cloudy seasons are the
        network's too, close to what they were; take them from the input.

        Args:
            stacks: (samples, time, band, y, x) reflectance x 10,000, finite where no
                cloud is.
            clouds: (samples, time, y, x), True for cloudy pixels.
            whole: whether seasons without clouds are the network's pictures too.

        Raises:
            CodecError: when the shapes do not fit the network, or each other.
        """
        self._check(stacks, clouds)
        forward = self._run(stacks, clouds, whole=whole)
        if self.options.direction == "past":
            return forward
        backward = self._run(stacks[:, ::-1], clouds[:, ::-1], whole=whole)[:, ::-1]
        shares = [share_of_after(*nearest_clear(mask)) for mask in clouds]
        share = np.stack(shares)[:, :, None]
        mixed: Stack = ((1 - share) * forward + share * backward).astype(np.float32)
        return mixed

    def _run(self, stacks: Stack, clouds: Mask, *, whole: bool) -> Stack:
        shown = self._shown(stacks, clouds)
        device = next(self.network.parameters()).device
        x = torch.from_numpy(np.ascontiguousarray(standardize(shown))).to(device)
        cloudy = latent_mask(clouds, dilate=self.options.dilate)
        with torch.inference_mode():
            series = fill_series(
                self.network,
                self.network.latents(self.network.stack_of(x)),
                torch.from_numpy(cloudy).to(device),
                self.options,
                frames=range(stacks.shape[1]) if whole else None,
                anchors=self._anchors(stacks, clouds) if self.options.blends else None,
            )
            if not series.frames:
                return stacks.copy()
            pictures = decode_series(self.network, series, stacks.shape[-2:])
        filled = stacks.copy()
        filled[:, list(series.frames)] = restore(pictures.cpu().numpy())
        return filled

    def _shown(self, stacks: Stack, clouds: Mask) -> Stack:
        """Return what the transform is to see."""
        pairs = zip(stacks, clouds, strict=True)
        filler = last_clear if self.options.prefill else _as_they_are
        return _complete(np.stack([filler(*pair) for pair in pairs]))

    def _anchors(self, stacks: Stack, clouds: Mask) -> torch.Tensor:
        """Return latents of each cloudy season made of the others; not rounded."""
        past = self.options.direction == "past"
        fill = last_clear if past else linear_in_time
        seasons = [t for t in range(stacks.shape[1]) if clouds[:, t].any()]
        pictures = np.empty((len(stacks), len(seasons), *stacks.shape[2:]), np.float32)
        for place, season in enumerate(seasons):
            others = clouds.copy()
            others[:, season] = True
            for item, stack in enumerate(stacks):
                pictures[item, place] = fill(stack, others[item])[season]
        device = next(self.network.parameters()).device
        shown = standardize(_complete(pictures))
        found = self.network.analyze(torch.from_numpy(shown).to(device))
        shape = (len(stacks), stacks.shape[1], *found.shape[2:])
        anchors = found.new_zeros(shape)
        anchors[:, seasons] = found
        return anchors

    def _check(self, stacks: Stack, clouds: Mask) -> None:
        samples, time, bands, height, width = stacks.shape
        if bands != self.bands:
            raise CodecError(
                f"A stack of {bands} bands was given; this network fills {self.bands}. "
                "Select these in the order of the sensor, or give other weights."
            )
        if min(height, width) < self.smallest:
            raise CodecError(
                f"A stack of {height} x {width} pixels was given; this network fills "
                f"{self.smallest} x {self.smallest} and more. Give a larger part."
            )
        if clouds.shape != (samples, time, height, width):
            raise CodecError(
                f"A cloud mask of shape {clouds.shape} was given for stacks of shape "
                f"{stacks.shape}; it has (samples, time, y, x) of the same lengths. "
                "Give one mask for each season."
            )


def _complete(stacks: Stack) -> Stack:
    """Put numbers where no season has any, in place, and return the stacks."""
    for stack in stacks:
        missing = np.isnan(stack)
        if missing.all():
            stack[...] = 0
        else:
            fill_gaps(stack, missing)
    return stacks


def _as_they_are(stack: Stack, _clouds: Mask) -> Stack:
    return stack
