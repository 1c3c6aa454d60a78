"""WebP by libwebp: bands by threes as the colors of a picture, or each in gray."""

from dataclasses import dataclass

import numpy as np

from neucobench.codecs.classical.build import Design
from neucobench.codecs.classical.coder import Knob, OneByOne, Planes, Shape
from neucobench.codecs.classical.libraries import imagecodecs
from neucobench.codecs.classical.packing import EACH_PLANE, TRIPLETS
from neucobench.codecs.classical.scale import Scale
from neucobench.errors import CodecError

_KNOB = Knob(name="quality", low=0, high=100)
_COLORS = 3
_METHOD = 6
_LARGEST = 16_383  # pixels of a side
_FILE_HEADER = 20  # bytes: a RIFF file with one chunk
_START = b"\x9d\x01\x2a"  # of a key frame, after the three bytes of its tag


@dataclass(frozen=True, kw_only=True)
class WebP:
    """Code up to three planes as one picture with loss.

    Attributes:
        quality: of libwebp, 0 to 100.
    """

    quality: float
    depth: int = 8

    def encode(self, planes: Planes, _scale: Scale) -> bytes:
        """Return the picture's data without the file's header.

        Raises:
            CodecError: when the picture is too large.
        """
        if max(planes.shape[1:]) > _LARGEST:
            raise CodecError(f"a side of WebP has at most {_LARGEST} pixels")
        last = np.repeat(planes[-1:], _COLORS - len(planes), axis=0)
        colors = np.concatenate([planes, last]).astype(np.uint8)
        file: bytes = imagecodecs().webp_encode(
            np.ascontiguousarray(np.moveaxis(colors, 0, -1)),
            self.quality,
            lossless=False,
            method=_METHOD,
        )
        size = int.from_bytes(file[_FILE_HEADER - 4 : _FILE_HEADER], "little")
        return file[_FILE_HEADER : _FILE_HEADER + size]

    def decode(self, data: bytes, shape: Shape) -> Planes:
        """Return (plane, y, x).

        Raises:
            CodecError: when the picture has another size.
            WebpError: when it is damaged.
        """
        count, height, width = shape
        found = (
            int.from_bytes(data[8:10], "little"),
            int.from_bytes(data[6:8], "little"),
        )
        if data[3:6] != _START or found != (height, width):
            raise CodecError("its picture has another size")
        colors = imagecodecs().webp_decode(_file(data), hasalpha=False)
        if colors.shape != (height, width, _COLORS):
            raise CodecError("its picture has another size")
        planes: Planes = np.moveaxis(colors, -1, 0)[:count]
        return planes.astype(np.uint16)


def _file(data: bytes) -> bytes:
    """Return a RIFF file around the data of one picture, padded to whole words."""
    chunk = b"VP8 " + len(data).to_bytes(4, "little") + data + b"\0" * (len(data) % 2)
    return b"RIFF" + (len(chunk) + 4).to_bytes(4, "little") + b"WEBP" + chunk


def _coder(quality: float) -> OneByOne:
    imagecodecs()  # so that a missing package is named before the first tile
    return OneByOne(picture=WebP(quality=quality))


webp = Design(name="webp", knob=_KNOB, coder=_coder, packing=TRIPLETS)
webp_bands = Design(name="webp-bands", knob=_KNOB, coder=_coder, packing=EACH_PLANE)
