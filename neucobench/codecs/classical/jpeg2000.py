"""JPEG 2000 by OpenJPEG: all bands in one codestream, or a codestream per band."""

from dataclasses import dataclass

import numpy as np

from neucobench.codecs.classical.build import Design
from neucobench.codecs.classical.coder import Knob, OneByOne, Planes, Shape
from neucobench.codecs.classical.codestream import require_shape, without_comment
from neucobench.codecs.classical.libraries import imagecodecs
from neucobench.codecs.classical.packing import BANDS_OF_A_SEASON, EACH_PLANE
from neucobench.codecs.classical.scale import Scale

_PEAK = 10_000
_KNOB = Knob(name="psnr", low=20, high=100, lossless=True)
_LOSSY_KNOB = Knob(name="psnr", low=20, high=100)
_LEAST_BITS = 9  # that the library writes for numbers of two bytes


@dataclass(frozen=True, kw_only=True)
class Jpeg2000:
    """Code planes as the components of one codestream.

    The library drops, over all components, what costs most bits for the least error,
    until the target is met: Taubman and Marcellin, JPEG2000, post-compression
    rate-distortion optimization.

    Attributes:
        psnr: the target for reflectance, peak 10,000; 0: reversible.
    """

    psnr: float
    depth: int = 16

    def encode(self, planes: Planes, scale: Scale) -> bytes:
        """Return one codestream without boxes and comment."""
        bits = max(_LEAST_BITS, scale.largest.bit_length())
        # The library's peak is 2^bits - 1; below 1 dB it would code without loss.
        peak = (2**bits - 1) * scale.step
        level = max(1.0, self.psnr + 20 * float(np.log10(peak / _PEAK)))
        data: bytes = imagecodecs().jpeg2k_encode(
            planes,
            level if self.psnr else 0,
            codecformat="j2k",
            planar=True,
            reversible=not self.psnr,
            mct=False,
            bitspersample=bits,
            numthreads=1,
        )
        return without_comment(data)

    def decode(self, data: bytes, shape: Shape) -> Planes:
        """Return (plane, y, x).

        Raises:
            CodecError: when the codestream has another shape.
            Jpeg2kError: when it is damaged.
        """
        require_shape(data, shape)
        planes: Planes = imagecodecs().jpeg2k_decode(data, planar=True, numthreads=1)
        return planes.reshape(shape)


def _coder(psnr: float) -> OneByOne:
    imagecodecs()  # so that a missing package is named before the first tile
    return OneByOne(picture=Jpeg2000(psnr=psnr))


jpeg2000 = Design(name="jpeg2000", knob=_KNOB, coder=_coder, packing=BANDS_OF_A_SEASON)
jpeg2000_bands = Design(
    name="jpeg2000-bands", knob=_KNOB, coder=_coder, packing=EACH_PLANE
)
jpeg2000_klt = Design(
    name="jpeg2000-klt",
    knob=_LOSSY_KNOB,
    coder=_coder,
    packing=BANDS_OF_A_SEASON,
    klt="fixed",
)
jpeg2000_klt_tile = Design(
    name="jpeg2000-klt-tile",
    knob=_LOSSY_KNOB,
    coder=_coder,
    packing=BANDS_OF_A_SEASON,
    klt="own",
)
