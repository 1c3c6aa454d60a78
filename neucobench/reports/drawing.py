"""From a drawing function to a picture: inline SVG for the page, PNG for a file."""

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from io import BytesIO
from typing import TYPE_CHECKING

from neucobench.reports.theme import PAGE_COLORS, PAPER, figure_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PNG_DPI = 160
# A page narrower than a figure shrinks it to this part of its width, then scrolls it;
# figures narrower than _WIDE points are never shrunk.
_NARROWEST = 0.75
_WIDE = 280


@dataclass(frozen=True, kw_only=True)
class Picture:
    """Hold one figure.

    Attributes:
        name: its file's stem.
        alt: what it shows, as a sentence.
        svg: an ``<svg>`` element without anything to load.
        png: the same as a PNG file on white.
    """

    name: str
    alt: str
    svg: str
    png: bytes


def draw_picture(
    name: str, alt: str, *, size: tuple[float, float], draw: Callable[["Figure"], None]
) -> Picture:
    """Return the picture that ``draw`` paints on an empty figure.

    The same drawing gives the same bytes. matplotlib's settings hold only meanwhile;
    pyplot is not used.

    Args:
        name: the stem of its file; ids inside the SVG follow it.
        alt: what the picture shows, for those who cannot see it.
        size: (width, height) in inches.
        draw: paints on the figure it is given.
    """
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(figure_style(name)), warnings.catch_warnings():
        # A method's name may use a script the plotting font lacks; the page has it.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure = Figure(figsize=size, facecolor=PAPER)
        draw(figure)
        png, svg = BytesIO(), BytesIO()
        figure.savefig(png, format="png", dpi=_PNG_DPI, metadata={"Software": None})
        figure.savefig(
            svg,
            format="svg",
            transparent=True,
            dpi=_PNG_DPI,
            metadata={"Date": None, "Creator": None, "Format": None, "Type": None},
        )
    return Picture(
        name=name,
        alt=alt,
        svg=_inline(svg.getvalue().decode(), alt),
        png=png.getvalue(),
    )


def add_axes(
    figure: "Figure", *, left: float, top: float, width: float, height: float
) -> "Axes":
    """Return new axes, placed in inches from the figure's upper left corner."""
    across, down = figure.get_size_inches()
    bottom = down - top - height
    return figure.add_axes(
        (left / across, bottom / down, width / across, height / down)
    )


def _inline(document: str, alt: str) -> str:
    """Return a stand-alone SVG as an element of a page.

    Reserved colors become the page's; ids that nothing refers to go, as they would
    repeat between figures.
    """
    body = document[document.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>\s*", "", body, flags=re.DOTALL)
    for color, variable in PAGE_COLORS.items():
        body = body.replace(color, variable)
    used = set(re.findall(r"#([\w-]+)", body))
    body = re.sub(
        r' id="([^"]*)"', lambda found: found[0] if found[1] in used else "", body
    )
    width = float(re.search(r'viewBox="0 0 ([\d.]+)', body)[1])  # type: ignore[index]
    head = (
        f'<svg role="img" aria-label="{escape(alt)}" '
        f'style="min-width:{width if width < _WIDE else _NARROWEST * width:.0f}pt"'
    )
    return body.replace("<svg", head, 1).rstrip()
