"""HEVC by x265: bands, components or seasons as the frames of a gray film."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np

from neucobench.codecs.classical.build import Design
from neucobench.codecs.classical.coder import Knob, Planes, Shape
from neucobench.codecs.classical.frames import cropped, padded
from neucobench.codecs.classical.libraries import av
from neucobench.codecs.classical.packing import ALL_PLANES, SEASONS_OF_A_BAND
from neucobench.codecs.classical.parameter_sets import without_repeats
from neucobench.codecs.classical.scale import Scale
from neucobench.errors import CodecError

_KNOB = Knob(name="crf", low=0, high=51)
_FORMAT = "gray12le"
_SAMPLE = 2  # bytes
# With one thread equal pictures give equal bytes. The message with the settings costs
# bytes, as do rows that can be decoded in parallel. Frames quantized with 50 and above,
# and frames predicted with weights from two others, x265 decodes to other values than
# the standard does.
_ALWAYS = {
    "log-level": "none", "info": 0, "annexb": 1, "pools": "none", "frame-threads": 1,
    "wpp": 0, "qpmax": 49, "weightb": 0, "scenecut": 0, "open-gop": 0,
}  # fmt: skip
# The same step of quantization in all frames.
_EVEN = {"qcomp": 1, "cutree": 0, "ipratio": 1, "pbratio": 1}
# Frames of a single coding block of 64 pixels are not coded alike each time, and those
# of 33 to 48 columns make x265 write beyond its memory.
_LEAST = 72


@dataclass(frozen=True, kw_only=True)
class Hevc:
    """Code groups of planes as the shots of one film; a shot is predicted from itself.

    Attributes:
        crf: x265's constant rate factor, for numbers of 12 bits.
        even: quantize all frames alike; otherwise those that others are predicted from
            are quantized more finely.
    """

    crf: float
    even: bool
    depth: int = 12

    def encode(self, groups: Sequence[Planes], _scale: Scale) -> bytes:
        """Return a stream of NAL units; the groups have equal shapes.

        Raises:
            CodecError: when x265 does not take such frames.
        """
        frames = padded(np.concatenate(groups), _coded_size(groups[0].shape[1:]))
        encoder = av().CodecContext.create("libx265", "w")
        encoder.height, encoder.width = frames.shape[1:]
        encoder.pix_fmt = _FORMAT
        encoder.time_base, encoder.framerate = Fraction(1, 25), Fraction(25)
        encoder.options = {
            "preset": "slower",
            "tune": "psnr",
            "x265-params": self._parameters(len(groups[0])),
        }
        packets: list[Any] = []
        with _said_in_a_sentence():
            for time, plane in enumerate(frames):
                packets += encoder.encode(_frame(plane, time))
            packets += encoder.encode(None)
        return without_repeats(b"".join(bytes(packet) for packet in packets))

    def decode(self, data: bytes, shapes: Sequence[Shape]) -> list[Planes]:
        """Return the groups in the shapes that are expected.

        Raises:
            CodecError: when the stream is damaged or holds other shapes.
        """
        count, *size = shapes[0]
        coded_height, coded_width = _coded_size(size)
        frames = _decode_frames(data)
        expected = (_FORMAT, coded_width, coded_height)
        found = {(frame.format.name, frame.width, frame.height) for frame in frames}
        if len(frames) != count * len(shapes) or found != {expected}:
            raise CodecError("its film has another length or size")
        planes = [cropped(_plane(frame), size) for frame in frames]
        return [
            np.stack(planes[start : start + count])
            for start in range(0, len(planes), count)
        ]

    def _parameters(self, shot: int) -> str:
        settings = _ALWAYS | (_EVEN if self.even else {})
        settings |= {"crf": self.crf, "keyint": shot, "min-keyint": shot}
        return ":".join(f"{name}={value}" for name, value in settings.items())


def _coded_size(size: Sequence[int]) -> tuple[int, int]:
    height, width = size
    return max(height, _LEAST), max(width, _LEAST)


def _frame(plane: Planes, time: int) -> Any:
    height, width = plane.shape
    frame = av().VideoFrame(width, height, _FORMAT)
    lines = np.zeros((height, frame.planes[0].line_size // _SAMPLE), "<u2")
    lines[:, :width] = plane
    frame.planes[0].update(lines)
    frame.pts = time
    return frame


def _plane(frame: Any) -> Planes:
    lines = np.frombuffer(frame.planes[0], "<u2").reshape(frame.height, -1)
    return lines[:, : frame.width].astype(np.uint16)


def _decode_frames(data: bytes) -> list[Any]:
    """Return the frames in the order they are shown in."""
    decoder = av().CodecContext.create("hevc", "r")
    decoder.thread_count = 1
    decoder.options = {"err_detect": "explode"}
    frames: list[Any] = []
    with _said_in_a_sentence():
        for packet in [*decoder.parse(data), *decoder.parse(None), None]:
            frames += decoder.decode(packet)
    return frames


@contextmanager
def _said_in_a_sentence() -> Iterator[None]:
    """Turn FFmpeg's errors, which are of many kinds, into one.

    Raises:
        CodecError: for any of them.
    """
    try:
        yield
    except av().FFmpegError as error:
        raise CodecError(f"FFmpeg says: {error}") from error


def _coder(crf: float, *, even: bool) -> Hevc:
    av()  # so that a missing package is named before the first tile
    return Hevc(crf=crf, even=even)


_uneven_coder = partial(_coder, even=False)
_even_coder = partial(_coder, even=True)

x265_bands = Design(
    name="x265-bands", knob=_KNOB, coder=_uneven_coder, packing=ALL_PLANES
)
x265_seasons = Design(
    name="x265-seasons", knob=_KNOB, coder=_even_coder, packing=SEASONS_OF_A_BAND
)
x265_klt = Design(
    name="x265-klt", knob=_KNOB, coder=_even_coder, packing=ALL_PLANES, klt="fixed"
)
x265_klt_tile = Design(
    name="x265-klt-tile", knob=_KNOB, coder=_even_coder, packing=ALL_PLANES, klt="own"
)
