"""JPEG XL by libjxl: a codestream per band."""

from dataclasses import dataclass

import numpy as np

from neucobench.codecs.classical.build import Design
from neucobench.codecs.classical.coder import Knob, OneByOne, Planes, Shape
from neucobench.codecs.classical.libraries import imagecodecs
from neucobench.codecs.classical.packing import EACH_PLANE
from neucobench.codecs.classical.scale import Scale

_KNOB = Knob(name="distance", low=0.01, high=25, lossless=True)
_EFFORT = 8
_BOXES = b"\x00\x00\x00\x0cJXL \r\n\x87\n"
_CODESTREAM = b"jxlc"
_HEADER = 8  # bytes of a box before its content: length and name


@dataclass(frozen=True, kw_only=True)
class JpegXl:
    """Code one plane as a gray picture.

    Attributes:
        distance: the visual distance that libjxl aims at; 0: lossless.
    """

    distance: float
    depth: int = 16

    def encode(self, planes: Planes, _scale: Scale) -> bytes:
        """Return one codestream without boxes."""
        (plane,) = planes
        data: bytes = imagecodecs().jpegxl_encode(
            plane,
            distance=self.distance,
            lossless=not self.distance,
            effort=_EFFORT,
            usecontainer=False,
            numthreads=1,
        )
        return _without_boxes(data)

    def decode(self, data: bytes, shape: Shape) -> Planes:
        """Return (1, y, x).

        Raises:
            JpegxlError: when the codestream is damaged.
            ValueError: when it has another shape.
        """
        plane = np.empty(shape[1:], np.uint16)
        imagecodecs().jpegxl_decode(data, numthreads=1, out=plane)
        return plane[None]


def _without_boxes(data: bytes) -> bytes:
    """Return the codestream alone; 16 bits without loss come in a file of boxes."""
    if not data.startswith(_BOXES):
        return data
    place = 0
    while data[place + 4 : place + _HEADER] != _CODESTREAM:
        place += int.from_bytes(data[place : place + 4])
    length = int.from_bytes(data[place : place + 4]) or len(data) - place
    return data[place + _HEADER : place + length]


def _coder(distance: float) -> OneByOne:
    imagecodecs()  # so that a missing package is named before the first tile
    return OneByOne(picture=JpegXl(distance=distance))


jpeg_xl = Design(name="jpeg-xl", knob=_KNOB, coder=_coder, packing=EACH_PLANE)
