"""VVC by VVenC, through the program FFmpeg that imageio-ffmpeg brings."""

import functools
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from neucobench.codecs.classical.build import Design
from neucobench.codecs.classical.coder import Knob, Planes, Shape
from neucobench.codecs.classical.frames import cropped, padded
from neucobench.codecs.classical.libraries import imageio_ffmpeg
from neucobench.codecs.classical.packing import ALL_PLANES
from neucobench.codecs.classical.scale import Scale
from neucobench.errors import CodecError

_KNOB = Knob(name="qp", low=0, high=63, whole=True)
_RAW = ("-f", "rawvideo", "-pix_fmt", "yuv420p10le")
_LEAST = 32  # pixels; it refuses frames of 16 x 16
_GRAY = 512  # the middle of 10 bits, for the two colors
_INSTALL = (
    "update imageio-ffmpeg (pip install -U imageio-ffmpeg), or name a program that has "
    "both in the environment variable IMAGEIO_FFMPEG_EXE."
)
_QUIET = ("-hide_banner", "-v", "error")


@dataclass(frozen=True, kw_only=True)
class Vvc:
    """Code all planes as the frames of one film, whose colors are constant.

    Attributes:
        qp: the quantization parameter, for numbers of 10 bits.
        program: FFmpeg.
    """

    qp: int
    program: str
    depth: int = 10

    def encode(self, groups: Sequence[Planes], _scale: Scale) -> bytes:
        """Return a stream of NAL units."""
        (planes,) = groups
        count, height, width = _coded_shape(planes.shape)
        gray = padded(planes, (height, width)).reshape(count, -1)
        colors = np.full((count, height * width // 2), _GRAY)
        return self._run(
            *_RAW, "-s", f"{width}x{height}", "-r", "25", "-i", "-",
            "-c:v", "libvvenc", "-preset", "medium", "-qp", str(self.qp), "-qpa", "0",
            "-threads", "1", "-period", str(count), "-f", "vvc", "-",
            given=np.hstack([gray, colors]).astype("<u2").tobytes(),
        )  # fmt: skip

    def decode(self, data: bytes, shapes: Sequence[Shape]) -> list[Planes]:
        """Return the film as one group.

        Raises:
            CodecError: when the stream is damaged or holds another shape.
        """
        (shape,) = shapes
        count, height, width = _coded_shape(shape)
        raw = self._run(
            "-xerror", "-err_detect", "explode", "-threads", "1", "-f", "vvc",
            "-i", "-", *_RAW, "-",
            given=data,
        )  # fmt: skip
        frames = np.frombuffer(raw, "<u2")
        if frames.size != count * height * width * 3 // 2:
            raise CodecError("its film has another length or size")
        planes = frames.reshape(count, -1)[:, : height * width]
        planes = cropped(planes.reshape(count, height, width), shape[1:])
        return [planes.astype(np.uint16)]

    def _run(self, *arguments: str, given: bytes) -> bytes:
        result = subprocess.run(  # noqa: S603 - a program and arguments of our own
            [self.program, *_QUIET, *arguments],
            input=given,
            capture_output=True,
            check=False,
        )
        if result.returncode:
            said = result.stderr.decode(errors="replace").strip().splitlines()
            raise CodecError(f"FFmpeg says: {said[-1] if said else 'nothing'}")
        return result.stdout


@functools.cache
def _program() -> str:
    """Return the path of an FFmpeg that has VVC.

    Raises:
        MissingExtraError: when imageio-ffmpeg is not installed.
        CodecError: when there is no program, or it lacks VVC.
    """
    try:
        program: str = imageio_ffmpeg().get_ffmpeg_exe()
        listed = [
            subprocess.run(  # noqa: S603 - as above
                [program, *_QUIET, option], capture_output=True, check=True, text=True
            ).stdout
            for option in ("-encoders", "-decoders")
        ]
    except (RuntimeError, OSError, subprocess.SubprocessError) as error:
        raise CodecError(f"vvc-bands found no FFmpeg ({error}); {_INSTALL}") from error
    if "libvvenc" not in listed[0] or " vvc " not in listed[1]:
        raise CodecError(
            f"vvc-bands needs an FFmpeg with libvvenc and a decoder of VVC, and "
            f"{program} lacks one of them; {_INSTALL}"
        )
    return program


def _coded_shape(shape: Sequence[int]) -> Shape:
    """Return the least shape that VVenC takes: even, and not too small."""
    count, height, width = shape
    return count, max(height + height % 2, _LEAST), max(width + width % 2, _LEAST)


def _coder(qp: float) -> Vvc:
    return Vvc(qp=int(qp), program=_program())


vvc_bands = Design(name="vvc-bands", knob=_KNOB, coder=_coder, packing=ALL_PLANES)
