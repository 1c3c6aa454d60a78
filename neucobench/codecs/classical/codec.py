"""A classical codec: a rotation of the bands, a scale, a packing and a coder."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neucobench.codecs.base import CodecIdentity, Coded
from neucobench.codecs.classical.bytestream import (
    ByteReader,
    with_checksum,
    without_checksum,
)
from neucobench.codecs.classical.coder import Coder
from neucobench.codecs.classical.packing import Packing
from neucobench.codecs.classical.rotations import Rotation, rotate
from neucobench.codecs.classical.scale import Scale
from neucobench.codecs.classical.stacks import (
    SMALLEST,
    Shape,
    check_stacks,
    common_shape,
)
from neucobench.errors import CodecError

# CodecError is a ValueError; those of imagecodecs are RuntimeErrors.
_LIBRARY_ERRORS = (RuntimeError, ValueError, OSError, MemoryError)


@dataclass(frozen=True, kw_only=True, eq=False)
class ClassicalCodec:
    """Code stacks with one stream each; see the diagram in the package.

    Attributes:
        identity: the name, the rate and the digest of a fixed rotation.
        rotation: of the bands.
        packing: of the planes.
        coder: of the groups.
        smallest: the least height and width in pixels.
    """

    identity: CodecIdentity
    rotation: Rotation
    packing: Packing
    coder: Coder
    smallest: int = SMALLEST

    @property
    def bands(self) -> int | None:
        """Return how many bands a stack must have; None: any number."""
        return self.rotation.bands

    def encode(self, stacks: NDArray[np.float32]) -> tuple[Coded, ...]:
        """Return the coded form of each stack.

        Args:
            stacks: (samples, time, band, y, x) raw reflectance, finite everywhere.

        Raises:
            CodecError: when the codec cannot take such stacks.
        """
        check_stacks(stacks, self.identity.name, self.bands)
        return tuple(self._encode(stack.astype(np.float64)) for stack in stacks)

    def decode(self, coded: Sequence[Coded]) -> NDArray[np.float32]:
        """Return (samples, time, band, y, x) raw reflectance, of one shape.

        Raises:
            CodecError: when a stream cannot be decoded.
        """
        shape = common_shape(coded)
        return np.stack([self._decode_checked(item, shape) for item in coded])

    def _encode(self, stack: NDArray[np.float64]) -> Coded:
        rotation, components = self.rotation.forward(stack)
        scale = Scale.spanning(components, self.coder.depth)
        groups = self.packing.split(scale.to_numbers(components))
        try:
            data = self.coder.encode(groups, scale)
        except _LIBRARY_ERRORS as error:
            raise CodecError(
                f"{self.identity.name} cannot code a stack of the shape {stack.shape} "
                f"({_reason(error)}); code smaller tiles, or choose another codec."
            ) from error
        stream = with_checksum(rotation + scale.pack() + data, self._seed)
        layout = {"shape": [int(number) for number in stack.shape]}
        return Coded(streams=(stream,), layout=layout)

    def _decode_checked(self, coded: Coded, shape: Shape) -> NDArray[np.float32]:
        try:
            (stream,) = coded.streams
            return self._decode(without_checksum(stream, self._seed), shape)
        except _LIBRARY_ERRORS as error:
            raise CodecError(
                f"A stream of {self.identity.name} cannot be decoded "
                f"({_reason(error)}): it is damaged, or another codec made it. Get it "
                "again, or code the picture anew."
            ) from error

    @property
    def _seed(self) -> bytes:
        """Return what must be the same for the codec that decodes."""
        identity = self.identity
        return f"{identity.name} {identity.version} {identity.weights}".encode()

    def _decode(self, stream: bytes, shape: Shape) -> NDArray[np.float32]:
        reader = ByteReader(stream)
        inverse = self.rotation.inverse(reader, shape[1])
        scale = Scale.read(reader, self.coder.depth)
        _, _, height, width = shape
        shapes = [(size, height, width) for size in self.packing.sizes(shape)]
        groups = self.coder.decode(reader.rest(), shapes)
        values = scale.to_values(self.packing.join(groups, shape))
        if inverse is not None:
            values = rotate(inverse, values)
        return values.astype(np.float32)


def _reason(error: Exception) -> str:
    return str(error).rstrip(".") or type(error).__name__
