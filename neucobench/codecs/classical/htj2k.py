"""HTJ2K, JPEG 2000 with the fast block coder, by OpenJPH: a codestream per band."""

from dataclasses import dataclass

from neucobench.codecs.classical.build import Design
from neucobench.codecs.classical.coder import Knob, OneByOne, Planes, Shape
from neucobench.codecs.classical.codestream import require_shape, without_comment
from neucobench.codecs.classical.libraries import imagecodecs
from neucobench.codecs.classical.packing import EACH_PLANE
from neucobench.codecs.classical.scale import Scale

_KNOB = Knob(name="step", low=1, high=65_000, lossless=True)
_RANGE = 2**16


@dataclass(frozen=True, kw_only=True)
class Htj2k:
    """Code planes as the components of one codestream.

    Attributes:
        quantum: the step of quantization, in reflectance; 0: reversible.
    """

    quantum: float
    depth: int = 16

    def encode(self, planes: Planes, scale: Scale) -> bytes:
        """Return one codestream without boxes and comment."""
        data: bytes = imagecodecs().htj2k_encode(
            planes,
            min(1.0, self.quantum / scale.step / _RANGE),
            planar=True,
            rgb=False,
            reversible=not self.quantum,
        )
        return without_comment(data)

    def decode(self, data: bytes, shape: Shape) -> Planes:
        """Return (plane, y, x).

        Raises:
            CodecError: when the codestream has another shape.
            Htj2kError: when it is damaged.
        """
        require_shape(data, shape)
        planes: Planes = imagecodecs().htj2k_decode(data, planar=True)
        return planes.reshape(shape)


def _coder(quantum: float) -> OneByOne:
    imagecodecs()  # so that a missing package is named before the first tile
    return OneByOne(picture=Htj2k(quantum=quantum))


htj2k = Design(name="htj2k", knob=_KNOB, coder=_coder, packing=EACH_PLANE)
