"""Everything that a comparison leaves behind: tables, the summary, figures."""

from collections.abc import Sequence
from pathlib import Path

from neucobench.atomic import remove_leftovers, whole_file, write_text
from neucobench.errors import UsageError
from neucobench.reports.drawing import Picture
from neucobench.studies.codec_comparison.comparison import (
    POINTS_FOLDER,
    Comparison,
    point_store,
)
from neucobench.studies.codec_comparison.figures import comparison_pictures
from neucobench.studies.codec_comparison.strip import strip_picture
from neucobench.studies.codec_comparison.style import standalone_svg
from neucobench.studies.codec_comparison.summary import write_summary
from neucobench.studies.codec_comparison.tables import write_tables
from neucobench.studies.codec_comparison.tiles import TileFile

FIGURES_FOLDER = "figures"


def write_comparison(comparison: Comparison, out: Path) -> list[Path]:
    """Write tables, the summary and the figures of curves; return their paths.

    What a killed run has left behind goes.
    """
    for folder in (out, out / POINTS_FOLDER, out / FIGURES_FOLDER):
        remove_leftovers(folder)
    paths = [*write_tables(comparison, out), write_summary(comparison, out)]
    for picture in comparison_pictures(comparison):
        paths += _write_picture(picture, out / FIGURES_FOLDER)
    return paths


def write_strip(
    comparison: Comparison,
    tiles: Sequence[TileFile],
    out: Path,
    *,
    name: str | None = None,
    target: float | None = None,
) -> list[Path]:
    """Write the strip of pictures at equal rate; return its paths.

    Args:
        comparison: the comparison.
        tiles: its tiles.
        out: the folder of the comparison.
        name: the tile to show; None: the first.
        target: bits per pixel, band and season; None: see ``equal_rate_shots``.

    Raises:
        UsageError: when no tile has that name.
    """
    file = choose_tile(tiles, name)
    store = point_store(out, comparison.peak)
    picture = strip_picture(comparison, file.read(), store, target=target)
    return _write_picture(picture, out / FIGURES_FOLDER)


def choose_tile(tiles: Sequence[TileFile], name: str | None) -> TileFile:
    """Return the tile of a name; the first without one.

    Raises:
        UsageError: when no tile has that name.
    """
    for tile in tiles:
        if name in (None, tile.name):
            return tile
    names = ", ".join(tile.name for tile in tiles)
    raise UsageError(f"--strip-tile {name} is none of the tiles; they are {names}.")


def _write_picture(picture: Picture, folder: Path) -> list[Path]:
    png = folder / f"{picture.name}.png"
    with whole_file(png) as hidden:
        hidden.write_bytes(picture.png)
    svg = folder / f"{picture.name}.svg"
    write_text(svg, standalone_svg(picture))
    return [png, svg]
