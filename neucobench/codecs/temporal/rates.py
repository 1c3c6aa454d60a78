"""Choose how many tokens of each frame are sent, for a size or for an error.

First the same quality for all frames, by bisection; then one step more (for a size) or
less (for an error) for single frames, as long as the aim is still reached. A frame is
predicted from those before it, so that for a size the first ones are raised first, and
for an error the last ones are lowered first, where nothing else changes.
"""

from collections.abc import Callable
from dataclasses import dataclass

from neucobench.codecs.base import Aim
from neucobench.codecs.temporal.sizes import TOKENS

Quality = tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Try:
    """Hold what a stack becomes with some quality.

    Attributes:
        quality: of each frame.
        streams: of each frame.
        psnr: of the stack in dB, with the peak 10,000; None where it is not wanted.
    """

    quality: Quality
    streams: tuple[bytes, ...]
    psnr: float | None = None

    @property
    def bits(self) -> int:
        """Return the bits of all streams."""
        return 8 * sum(map(len, self.streams))


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Hold the quality that was chosen, and whether it reaches the aim."""

    best: Try
    reached: bool


def choose_quality(
    attempt: Callable[[Quality], Try], frames: int, numbers: int, aim: Aim
) -> Choice:
    """Return the highest quality within a size, or the lowest that reaches a PSNR.

    Where none does, that is the lowest, or the highest.

    Args:
        attempt: codes the stack.
        frames: of the stack.
        numbers: pixels times bands times frames.
        aim: bits per pixel and band, or dB.
    """

    def reaches(found: Try) -> bool:
        if aim.bits is not None:
            return found.bits <= aim.bits * numbers
        assert aim.psnr is not None
        return found.psnr is not None and found.psnr >= aim.psnr

    # From qualities that reach the aim to those that do not.
    order = range(TOKENS + 1) if aim.bits is not None else range(TOKENS, -1, -1)
    step = order.step
    known = {}
    good, bad = -1, len(order)
    while bad - good > 1:
        middle = (good + bad) // 2
        known[middle] = attempt((order[middle],) * frames)
        if reaches(known[middle]):
            good = middle
        else:
            bad = middle
    if good < 0:
        return Choice(best=known[0], reached=False)
    best = known[good]
    if bad < len(order):
        for frame in range(frames)[::step]:
            other = attempt(_changed(best.quality, frame, step))
            if reaches(other):
                best = other
    return Choice(best=best, reached=True)


def _changed(quality: Quality, frame: int, step: int) -> Quality:
    return tuple(k + step * (place == frame) for place, k in enumerate(quality))
