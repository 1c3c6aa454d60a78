"""Between latents and the coder: what is coded, in which order, by which rows."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from neucobench.codecs.entropy.coder import Tables
from neucobench.errors import CodecError

# Given the rows of one part, (batch, ...), decode and return its symbols.
Read = Callable[[NDArray[np.int32]], NDArray[np.int32]]

# What the reference coder can escape to; latents of published codecs stay below 100.
_LARGEST = float(1 << 27)


@dataclass(frozen=True, kw_only=True)
class Part:
    """Hold symbols that can be decoded at once.

    Attributes:
        symbols: (batch, channel, y, x), int32.
        rows: of the same shape, int32: the row of the tables each is coded by.
    """

    symbols: NDArray[np.int32]
    rows: NDArray[np.int32]


class LatentCoder(ABC):
    """Turn the latents of a batch into parts, and back, in one precision.

    Attributes:
        tables: for the symbols of all parts.
    """

    tables: Tables

    @abstractmethod
    def parts(self, y: Tensor) -> list[Part]:
        """Return the parts in the order in which they can be decoded.

        Raises:
            CodecError: when a latent is too large to be coded.
        """

    @abstractmethod
    def latents(self, read: Read, shape: tuple[int, int, int]) -> Tensor:
        """Return quantized latents (batch, channel, y, x).

        Args:
            read: called for each part, in their order.
            shape: the batch, the height and the width of the latents.
        """


def to_symbols(whole: Tensor) -> NDArray[np.int32]:
    """Return whole numbers as symbols.

    Raises:
        CodecError: when one is too large, or not a number.
    """
    if not bool((whole.abs() < _LARGEST).all()):
        raise CodecError(
            "The codec's latents are larger than 2^27, or no numbers; it takes pixels "
            "like those it was trained on. Check that the input is Sentinel-2 "
            "reflectance times 10,000, and the weights those of this codec."
        )
    symbols: NDArray[np.int32] = whole.to(torch.int32).cpu().numpy()
    return symbols
