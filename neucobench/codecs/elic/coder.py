"""Code the latents of TEC-ELIC: side information first, and then half by half."""

import copy

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from neucobench.codecs.elic.context import ChannelGroups, split_halves
from neucobench.codecs.elic.side import SideInformation
from neucobench.codecs.entropy.bottleneck import BottleneckCoder
from neucobench.codecs.entropy.latents import LatentCoder, Part, Read, to_symbols
from neucobench.codecs.entropy.tables import gaussian_tables, scale_rows

# Height and width of the latents, over those of the side information.
STRIDE = 4


class ElicCoder(LatentCoder):
    """Code 11 parts: the side information, and two halves of each of five groups.

    What encoder and decoder must agree on, the rows, is computed here and nowhere else,
    in one precision.
    """

    def __init__(
        self, side: SideInformation, groups: ChannelGroups, dtype: torch.dtype
    ) -> None:
        self._h_a, self._h_s, self._groups = side.h_a, side.h_s, groups
        if dtype != torch.float32:
            self._h_s = copy.deepcopy(side.h_s).to(dtype)
            self._groups = copy.deepcopy(groups).to(dtype)
        self._dtype = dtype
        self._side = BottleneckCoder(side.entropy_bottleneck, dtype)
        self._first_gaussian = len(self._side.tables)
        self.tables = self._side.tables.followed_by(gaussian_tables(dtype))

    def parts(self, y: Tensor) -> list[Part]:
        """Return the side information, and then each group's anchors and others.

        Raises:
            CodecError: when a latent is too large to be coded.
        """
        [side] = self._side.parts(self._h_a(y))
        found = [side]
        wanted = split_halves(y.to(self._dtype), self._groups.groups)

        def code(_group: int, means: Tensor, scales: Tensor) -> Tensor:
            whole = torch.round(next(wanted) - means)
            part = Part(symbols=to_symbols(whole), rows=self._rows(scales))
            found.append(part)
            return whole + means

        self._groups.walk(self._h_s(self._side.values(side.symbols)), code)
        return found

    def latents(self, read: Read, shape: tuple[int, int, int]) -> Tensor:
        """Return quantized latents (batch, channel, y, x)."""
        batch, height, width = shape
        z_hat = self._side.latents(read, (batch, height // STRIDE, width // STRIDE))

        def decode(_group: int, means: Tensor, scales: Tensor) -> Tensor:
            symbols = torch.from_numpy(read(self._rows(scales)))
            return symbols.to(means) + means

        return self._groups.walk(self._h_s(z_hat), decode)

    def _rows(self, scales: Tensor) -> NDArray[np.int32]:
        rows: NDArray[np.int32] = scale_rows(scales).cpu().numpy()
        return rows + np.int32(self._first_gaussian)
