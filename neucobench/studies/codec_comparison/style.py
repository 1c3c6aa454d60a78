"""How codecs are drawn: color by family of names, line and marker by variant.

``jpeg2000``, ``jpeg2000-bands`` and ``jpeg2000-klt`` share a color, so that many codecs
on one figure can be told apart. Learned codecs have a heavier line.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from neucobench.reports.drawing import Picture, add_axes
from neucobench.reports.scales import short
from neucobench.reports.theme import MUTED, PAGE_COLORS, marks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_HUES = 7
_LINES = ("-", (0, (4, 1.6)), (0, (1, 1.2)), (0, (5, 1.5, 1, 1.5)))
_MARKERS = ("o", "s", "^", "D")
_LEGEND_COLUMNS = 5
_ROW = 0.19  # inches of one row of the legend
_DECADES = 20
_LIGHT, _HEAVY = 1.1, 2.2  # points


@dataclass(frozen=True, kw_only=True)
class Stroke:
    """Draw one codec."""

    codec: str
    color: str
    line: str | tuple[int, tuple[float, ...]]
    marker: str
    width: float

    def as_options(self) -> dict[str, Any]:
        """Return matplotlib's options of a line with markers."""
        return {
            "color": self.color,
            "linestyle": self.line,
            "linewidth": self.width,
            "marker": self.marker,
            "markersize": 3.6,
            "markeredgewidth": 0,
        }


def strokes(codecs: Sequence[str], *, heavy: Collection[str] = ()) -> dict[str, Stroke]:
    """Return how each codec is drawn.

    Args:
        codecs: their names.
        heavy: those whose line is heavier.
    """
    stems = list(dict.fromkeys(map(_stem, codecs)))
    colors = [mark.color for mark in marks(_HUES)]
    seen = dict.fromkeys(stems, 0)
    found = {}
    for codec in codecs:
        stem = _stem(codec)
        variant = seen[stem] + len(_LINES) * (stems.index(stem) // _HUES)
        seen[stem] += 1
        found[codec] = Stroke(
            codec=codec,
            color=colors[stems.index(stem) % _HUES],
            line=_LINES[variant % len(_LINES)],
            marker=_MARKERS[variant % len(_MARKERS)],
            width=_HEAVY if codec in heavy else _LIGHT,
        )
    return found


def legend_height(codecs: Sequence[str]) -> float:
    """Return the inches that the legend of a figure takes."""
    return _ROW * -(-len(codecs) // _LEGEND_COLUMNS) + 0.1


def draw_legend(figure: "Figure", lines: Mapping[str, Stroke]) -> None:
    """Draw the names of all codecs along the upper edge."""
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], label=short(codec), **stroke.as_options())
        for codec, stroke in lines.items()
    ]
    figure.legend(
        handles=handles, loc="upper left", ncols=_LEGEND_COLUMNS, handlelength=2.6
    )


def write_caption(figure: "Figure", text: str) -> None:
    """Write peak, tile count and credit along the lower edge."""
    figure.text(0.01, 0.012, text, color=MUTED, fontsize=6.5, va="bottom")


def place_axes(
    figure: "Figure", *, left: float, top: float, width: float, height: float
) -> "Axes":
    """Return axes with a grid, placed in inches from the upper left corner."""
    axes = add_axes(figure, left=left, top=top, width=width, height=height)
    axes.grid(True)
    return axes


def log_axis(axes: "Axes", *, narrow: bool = False) -> None:
    """Make the horizontal axis logarithmic, with plain numbers.

    Args:
        axes: the axes, with everything drawn.
        narrow: there is room for powers of ten only, where the axis has several.
    """
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    axes.set_xscale("log")
    low, high = axes.get_xlim()
    numbers = (1.0,) if narrow and high > _DECADES * low else (1.0, 2.0, 5.0)
    axes.xaxis.set_major_locator(LogLocator(subs=numbers))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_locator(NullLocator())


def standalone_svg(picture: Picture) -> str:
    """Return a picture as an SVG file of its own: the page's colors written out."""
    svg = picture.svg
    for color, variable in PAGE_COLORS.items():
        svg = svg.replace(variable, color)
    svg = svg.replace('style="', 'style="background:#ffffff;', 1)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{svg}\n'


def _stem(codec: str) -> str:
    return codec.partition("-")[0]
