"""A comparison: what was asked for, what came out, and the one function that makes it.

::

    find_tiles, make_plan ─▶ measure_plan ─▶ mean_points ─▶ against, at_levels
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from neucobench.codecs.metrics import PEAK
from neucobench.errors import CodecError, UsageError
from neucobench.studies.codec_comparison.curves import (
    AgainstAnchor,
    AtLevel,
    MeanPoint,
    against,
    at_levels,
    mean_points,
)
from neucobench.studies.codec_comparison.plan import Plan, make_plan
from neucobench.studies.codec_comparison.points import Point, PointStore
from neucobench.studies.codec_comparison.run import measure_plan
from neucobench.studies.codec_comparison.tiles import Tile, TileFile

Advance = Callable[[int, int], None]

POINTS_FOLDER = "points"
_USUAL_ANCHOR = "jpeg2000"


@dataclass(frozen=True, kw_only=True)
class TileFacts:
    """Describe one tile.

    Attributes:
        name: what tables call it.
        shape: (time, band, y, x).
        sha256: the digest of its pixels, in hex.
        without_data: how many of its values are gaps, which count in no measure.
        beyond_peak: how many lie above the peak; they count as they are.
    """

    name: str
    shape: tuple[int, ...]
    sha256: str
    without_data: int
    beyond_peak: int


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Hold a finished comparison.

    Attributes:
        peak: the peak of PSNR and the range of SSIM.
        tiles: on what.
        plan: what was to be measured.
        points: every codec, rate and tile.
        means: their means over the tiles.
        anchors: the codecs that others are compared with.
        bjontegaard: every codec against each anchor.
        levels: bits at equal PSNR.
        left_out: codec to the sentence that says why it is not there.
        known: how many points an earlier run had measured.
        workers: how many settings were measured at a time.
        seconds: wall seconds of this run.
        credit: whose the tiles are.
    """

    peak: float
    tiles: tuple[TileFacts, ...]
    plan: Plan
    points: tuple[Point, ...]
    means: tuple[MeanPoint, ...]
    anchors: tuple[str, ...]
    bjontegaard: tuple[AgainstAnchor, ...]
    levels: tuple[AtLevel, ...]
    left_out: Mapping[str, str]
    known: int
    workers: int
    seconds: float
    credit: str

    @property
    def codecs(self) -> tuple[str, ...]:
        """Return the codecs that were measured, in the order given."""
        return tuple(dict.fromkeys(point.codec for point in self.points))

    @property
    def caption(self) -> str:
        """Return what every figure states: peak, tiles, whose they are."""
        count = len(self.tiles)
        tiles = f"{count} tile{'s' * (count != 1)}"
        return f"Peak {self.peak:,.0f}; {tiles}. {self.credit.removesuffix('.')}."


def compare_codecs(
    tiles: Sequence[TileFile],
    codecs: Sequence[str],
    out: Path,
    *,
    credit: str,
    rates: Mapping[str, Sequence[float]] | None = None,
    weights: Mapping[tuple[str, float], str] | None = None,
    anchors: Sequence[str] = (),
    peak: float = PEAK,
    workers: int = 1,
    device: str | None = None,
    advance: Advance | None = None,
) -> Comparison:
    """Measure codecs on tiles; points that ``out`` holds are not measured again.

    Args:
        tiles: from ``find_tiles``.
        codecs: names of codecs.
        out: the folder that keeps finished points, see ``point_store``.
        credit: whose the tiles are, for figures and tables.
        rates: codec to rates, in place of those on its card.
        weights: codec and rate to a checkpoint, in place of the published one.
        anchors: the codecs that the others are compared with; none: JPEG2000 where it
            is among them, or the first.
        peak: the peak of PSNR and the range of SSIM, in the tiles' unit.
        workers: settings that are measured at a time.
        device: where learned codecs compute; None: on the CPU.
        advance: called with the points that are done, and all that there are.

    Raises:
        UsageError: when a codec, an anchor or a rate is not known.
        CodecError: when no codec can code the tiles, or a tile cannot be read.
    """
    start = time.perf_counter()
    _check_anchors(anchors, codecs)
    plan = make_plan(codecs, rates=rates, weights=weights, device=device)
    facts = _describe(tiles, peak)
    store = point_store(out, peak)
    measured = measure_plan(plan, tiles, store, workers=workers, advance=advance)
    means = mean_points(measured.points)
    usable = tuple(dict.fromkeys(item.codec for item in means))
    chosen = _choose_anchors(anchors, usable)
    return Comparison(
        peak=peak,
        tiles=facts,
        plan=plan,
        points=measured.points,
        means=means,
        anchors=chosen,
        bjontegaard=tuple(
            row for anchor in chosen for row in against(measured.points, means, anchor)
        ),
        levels=at_levels(means),
        left_out=measured.left_out,
        known=measured.known,
        workers=workers,
        seconds=time.perf_counter() - start,
        credit=credit,
    )


def point_store(out: Path, peak: float) -> PointStore:
    """Return where a comparison keeps its points."""
    return PointStore(folder=out / POINTS_FOLDER, peak=peak)


def _check_anchors(anchors: Sequence[str], codecs: Sequence[str]) -> None:
    others = [name for name in anchors if name not in codecs]
    if others:
        raise UsageError(
            f"--anchor {others[0]} is not compared; --codecs names "
            f"{', '.join(codecs)}. Add it there, or choose one of them."
        )


def _choose_anchors(anchors: Sequence[str], usable: Sequence[str]) -> tuple[str, ...]:
    """Return the anchors that have points; where none has, another codec."""
    found = tuple(name for name in anchors if name in usable)
    return found or (_USUAL_ANCHOR if _USUAL_ANCHOR in usable else usable[0],)


def _describe(tiles: Sequence[TileFile], peak: float) -> tuple[TileFacts, ...]:
    """Return what every tile is like; all must have the same bands."""
    facts = tuple(_facts(file.read(), peak) for file in tiles)
    bands = {item.shape[1]: item.name for item in facts}
    if len(bands) > 1:
        found = " and ".join(f"{name} has {count}" for count, name in bands.items())
        raise CodecError(
            f"The tiles have different numbers of bands: {found}. Compare tiles of one "
            "product in one run."
        )
    return facts


def _facts(tile: Tile, peak: float) -> TileFacts:
    gaps = np.zeros(1, bool) if tile.valid is None else ~tile.valid
    return TileFacts(
        name=tile.name,
        shape=tile.pixels.shape,
        sha256=tile.sha256,
        without_data=int(gaps.sum()),
        beyond_peak=int(((tile.pixels > peak) & ~gaps).sum()),
    )
