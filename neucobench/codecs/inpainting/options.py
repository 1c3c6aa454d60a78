"""How clouds are filled."""

from dataclasses import dataclass
from typing import Literal, get_args

from neucobench.errors import UsageError

Mode = Literal["interleave", "propagate"]
Direction = Literal["past", "both"]
Estimate = Literal["blend", "network"]
MODES: tuple[Mode, ...] = get_args(Mode)
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)
ESTIMATES: tuple[Estimate, ...] = get_args(Estimate)


@dataclass(frozen=True, kw_only=True)
class FillOptions:
    """Say how clouds are filled.

    Attributes:
        estimate: what stands under a cloud: the network's expectation blended with
            other seasons, in the mix that fits the clear part of the frame best
            (``"blend"``), or the expectation alone (``"network"``).
        mode: with ``"network"``, which latents of a cloudy window are foretold: those
            under the cloud (``"interleave"``), or all from the first of them on
            (``"propagate"``).
        direction: which seasons a filling comes from: those before, or a mean of what
            the series tells forward and backward, weighted by how near the clear ones
            are.
        dilate: how many latents around a cloud are foretold too.
        prefill: whether the transform sees the last clear season in place of clouds.
            Clear latents beside a cloud then carry less of it.
        compat: what the published code does: the network alone, means rounded, and
            clear latents behind a cloud keep the features that were computed while
            the cloud was still there.
    """

    estimate: Estimate = "blend"
    mode: Mode = "interleave"
    direction: Direction = "past"
    dilate: int = 0
    prefill: bool = True
    compat: bool = False

    def __post_init__(self) -> None:
        """Refuse what does not exist.

        Raises:
            UsageError: when a name is not known, or the dilation is negative.
        """
        for what, given, known in (
            ("estimate", self.estimate, ESTIMATES),
            ("mode", self.mode, MODES),
            ("direction", self.direction, DIRECTIONS),
        ):
            if given not in known:
                raise UsageError(
                    f"The {what} {given!r} was given; there are {' and '.join(known)}. "
                    "Choose one of these."
                )
        if self.dilate < 0:
            raise UsageError(
                f"A dilation of {self.dilate} latents was given; it is 0 or more. "
                "Leave it out for none."
            )

    @property
    def blends(self) -> bool:
        """Tell whether other seasons have a say beside the network."""
        return self.estimate == "blend" and not self.compat
