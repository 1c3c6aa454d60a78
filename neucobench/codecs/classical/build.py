"""What a classical codec is made of, and from there to one at a rate."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from neucobench.codecs.base import CodecIdentity
from neucobench.codecs.card import codec_card
from neucobench.codecs.classical.codec import ClassicalCodec
from neucobench.codecs.classical.coder import Coder, Knob
from neucobench.codecs.classical.packing import Packing
from neucobench.codecs.classical.principal import axes_digest, fixed_axes
from neucobench.codecs.classical.rotations import (
    FixedRotation,
    OwnRotation,
    Rotation,
    Unrotated,
)
from neucobench.errors import UsageError

_VERSION = "1"


@dataclass(frozen=True, kw_only=True)
class Design:
    """Say what a codec is made of; call it to have one at a rate.

    Attributes:
        name: the codec's card.
        knob: which rates there are.
        coder: returns the coder at a rate.
        packing: of the planes.
        klt: whether a Karhunen-Loève transform of the bands comes first: the fixed
            one, or that of each stack.
    """

    name: str
    knob: Knob
    coder: Callable[[float], Coder]
    packing: Packing
    klt: Literal["fixed", "own"] | None = None

    def __call__(
        self, *, rate: float | None, weights: str | None, device: str | None
    ) -> ClassicalCodec:
        """Return the codec.

        Args:
            rate: the setting of its knob; None: the default on its card.
            weights: a file with another fixed transform; None: the one that ships.
            device: of no account, all classical codecs run on the CPU.

        Raises:
            UsageError: when it has no such rate, or weights are given and it has none.
            CodecError: when the weights are no transform.
            MissingExtraError: when the library of the coder is not installed.
        """
        del device
        setting = codec_card(self.name).default_rate if rate is None else rate
        self.knob.check(self.name, setting)
        rotation, digest = self._rotation(weights)
        return ClassicalCodec(
            identity=CodecIdentity(
                name=self.name,
                version=_VERSION,
                rate=setting,
                weights=digest,
                options={},
            ),
            rotation=rotation,
            packing=self.packing,
            coder=self.coder(setting),
        )

    def _rotation(self, weights: str | None) -> tuple[Rotation, str | None]:
        """Return the rotation and the digest of its weights."""
        if self.klt == "fixed":
            matrix = fixed_axes(Path(weights).expanduser() if weights else None)
            return FixedRotation(matrix=matrix), axes_digest(matrix)
        if weights is not None:
            raise UsageError(
                f"The weights {weights} were given to {self.name}, which has none; "
                "leave out --weights, or choose a codec that has."
            )
        return (OwnRotation() if self.klt else Unrotated()), None
