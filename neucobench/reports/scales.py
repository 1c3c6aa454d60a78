"""Windows for axes and short forms for numbers."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

MISSING = "–"
_THOUSAND = 1000
_LONGEST_LABEL = 26


@dataclass(frozen=True, kw_only=True)
class Window:
    """Limit an axis, and remember what had to stay outside.

    Attributes:
        low: the left end.
        high: the right end.
        below: how many values lie left of ``low``.
    """

    low: float
    high: float
    below: int

    def clip(self, value: float) -> float:
        """Return ``value``, moved to the left end when it lies beyond it."""
        return max(value, self.low)


def window(values: Iterable[float], *, least: float) -> Window:
    """Return the window of an axis of scores that no bad value can crush.

    Both ends follow the finite values, with a margin of 4 % of the span. Values that
    lie further left of zero than half the largest, and than ``least``, stay outside;
    when all do, the axis starts at their median.

    Args:
        values: what is to be drawn; values that are not finite are ignored.
        least: how far left of zero a value may always lie.
    """
    numbers = np.asarray(list(values), dtype=np.float64)
    numbers = numbers[np.isfinite(numbers)]
    if not numbers.size:
        return Window(low=0.0, high=1.0, below=0)
    high = float(numbers.max())
    inside = numbers[numbers >= -max(least, high / 2)]
    low = float(inside.min() if inside.size else np.median(numbers))
    margin = 0.04 * (high - low) or max(0.05 * abs(high), 0.05)
    left = low - margin
    below = int((numbers < left).sum())
    return Window(low=left, high=high + margin, below=below)


def number(value: float | None, digits: int = 1) -> str:
    """Return a number for people: a true minus sign, thin spaces, a dash for none.

    From a thousand on, no digits stand after the point.
    """
    if value is None or not np.isfinite(value):
        return MISSING
    digits = digits if abs(value) < _THOUSAND else 0
    text = f"{value:,.{digits}f}".replace(",", "\N{NARROW NO-BREAK SPACE}")
    if float(f"{value:.{digits}f}") == 0:
        return text.lstrip("-")
    return text.replace("-", "\N{MINUS SIGN}")


def short(label: str, longest: int = _LONGEST_LABEL) -> str:
    """Return a label that fits beside an axis: the middle of a long one is left out.

    Characters that cannot be printed become ``\ufffd``.
    """
    label = "".join(
        c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in label
    )
    if len(label) <= longest:
        return label
    head = (longest - 1) * 2 // 3
    return f"{label[:head]}…{label[head + 1 - longest :]}"
