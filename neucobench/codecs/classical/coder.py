"""What codes planes of whole numbers: JPEG 2000, HEVC and the others."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from neucobench.codecs.classical.bytestream import ByteReader, pack_parts
from neucobench.codecs.classical.scale import Scale
from neucobench.errors import UsageError

Planes = NDArray[np.uint16]
Shape = tuple[int, int, int]


class Coder(Protocol):
    """Code groups of planes, at one setting of the rate knob."""

    @property
    def depth(self) -> int:
        """Return how many bits a number has at most."""

    def encode(self, groups: Sequence[Planes], scale: Scale, /) -> bytes:
        """Return all groups in coded form.

        Args:
            groups: each (plane, y, x), from 0 to ``scale.largest``.
            scale: what a number stands for.
        """

    def decode(self, data: bytes, shapes: Sequence[Shape], /) -> list[Planes]:
        """Return the groups in the shapes that are expected.

        Raises:
            CodecError: when the data are damaged or hold other shapes; the library's
                own errors, which are of many kinds, may come through too.
        """


class PictureCoder(Protocol):
    """Code one group of planes as one picture."""

    @property
    def depth(self) -> int:
        """Return how many bits a number has at most."""

    def encode(self, planes: Planes, scale: Scale, /) -> bytes:
        """Return (plane, y, x) in coded form."""

    def decode(self, data: bytes, shape: Shape, /) -> Planes:
        """Return (plane, y, x) in the shape that is expected.

        Raises:
            CodecError: when the data hold another shape.
        """


@dataclass(frozen=True, kw_only=True)
class OneByOne:
    """Code each group as a picture of its own.

    Attributes:
        picture: codes one.
    """

    picture: PictureCoder

    @property
    def depth(self) -> int:
        """Return how many bits a number has at most."""
        return self.picture.depth

    def encode(self, groups: Sequence[Planes], scale: Scale) -> bytes:
        """Return all pictures, each but the last after its length."""
        return pack_parts([self.picture.encode(group, scale) for group in groups])

    def decode(self, data: bytes, shapes: Sequence[Shape]) -> list[Planes]:
        """Return the pictures in the shapes that are expected.

        Raises:
            CodecError: when the data are damaged or hold other shapes.
        """
        parts = ByteReader(data).parts(len(shapes))
        return [
            self.picture.decode(part, shape)
            for part, shape in zip(parts, shapes, strict=True)
        ]


@dataclass(frozen=True, kw_only=True)
class Knob:
    """Say which settings a coder has.

    Attributes:
        name: what the setting is called, e.g. ``"crf"``.
        low: the least.
        high: the greatest.
        whole: only whole numbers are settings.
        lossless: 0 is a setting too and adds no loss.
    """

    name: str
    low: float
    high: float
    whole: bool = False
    lossless: bool = False

    def check(self, codec: str, rate: float) -> float:
        """Return the setting.

        Raises:
            UsageError: when there is none like it.
        """
        fits = self.low <= rate <= self.high and (not self.whole or rate == int(rate))
        if fits or (self.lossless and rate == 0):
            return rate
        kind = "whole numbers" if self.whole else "numbers"
        also = ", and 0 for lossless" if self.lossless else ""
        raise UsageError(
            f"{codec} was asked for at {self.name} {rate:g}; it takes {kind} from "
            f"{self.low:g} to {self.high:g}{also}. Choose one of these."
        )
