"""Colors, markers and text sizes of every figure.

Method colors are those of Okabe and Ito (2008), told apart by all common kinds of color
vision, without the yellow that vanishes on paper; each has a marker of its own. Ink,
muted ink and grid are reserved values: inside a page they follow the page's own colors,
dark mode included.
"""

from dataclasses import dataclass
from typing import Any

INK = "#1b2128"
MUTED = "#5c6773"
GRID = "#dbe0e5"
PAPER = "#ffffff"

# A reserved color of a figure, and the custom property of the page that replaces it.
PAGE_COLORS = {INK: "var(--ink)", MUTED: "var(--muted)", GRID: "var(--rule)"}

ACCENT = "#0072b2"
CONTRAST = "#d55e00"

_COLORS = (ACCENT, CONTRAST, "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7a5195")
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")
_OTHERS = "#929ba5"


@dataclass(frozen=True, kw_only=True)
class Mark:
    """Draw one method: its color, its marker, and whether the legend names it."""

    color: str
    marker: str
    named: bool


def marks(count: int) -> list[Mark]:
    """Return the marks of ``count`` methods, best first.

    Seven methods have a color of their own; of more, the first six have one and the
    others share a gray dot.
    """
    named = count if count <= len(_COLORS) else len(_COLORS) - 1
    own = [
        Mark(color=color, marker=marker, named=True)
        for color, marker in zip(_COLORS[:named], _MARKERS[:named], strict=True)
    ]
    rest = Mark(color=_OTHERS, marker="o", named=False)
    return own + [rest] * (count - named)


def figure_style(salt: str) -> Any:
    """Return matplotlib settings: no math in labels, and ids that follow ``salt``."""
    return {
        "text.parse_math": False,
        "svg.fonttype": "none",
        "svg.hashsalt": salt,
        "font.family": "sans-serif",
        "font.sans-serif": ["DejaVu Sans"],
        "font.size": 8,
        "axes.titlesize": 9,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.labelsize": 8,
        "axes.edgecolor": MUTED,
        "axes.linewidth": 0.7,
        "axes.facecolor": "none",
        "axes.labelcolor": INK,
        "axes.titlecolor": INK,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "axes.unicode_minus": True,
        "text.color": INK,
        "grid.color": GRID,
        "grid.linewidth": 0.6,
        "xtick.color": MUTED,
        "ytick.color": MUTED,
        "xtick.labelcolor": INK,
        "ytick.labelcolor": INK,
        "xtick.labelsize": 7.5,
        "ytick.labelsize": 7.5,
        "xtick.major.size": 3,
        "ytick.major.size": 0,
        "ytick.major.pad": 6,
        "legend.frameon": False,
        "legend.fontsize": 7.5,
    }
