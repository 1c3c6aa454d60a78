"""Measure a plan: every setting on every tile, from where a killed run stopped."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from threading import Lock

import numpy as np

from neucobench.codecs.base import Codec
from neucobench.errors import CodecError
from neucobench.studies.codec_comparison.plan import UNAVAILABLE, Plan, Setting
from neucobench.studies.codec_comparison.points import (
    Point,
    PointStore,
    measure_point,
)
from neucobench.studies.codec_comparison.tiles import Tile, TileFile

Advance = Callable[[int, int], None]

# A codec is warmed up on a corner of this size, so that no tile pays for imports and
# the first call.
_WARM_UP = 64


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Hold the points of a comparison.

    Attributes:
        points: by codec in the order of the plan, then rate, then tile.
        left_out: codec to the sentence that says why it has no points.
        known: how many points an earlier run had measured.
    """

    points: tuple[Point, ...]
    left_out: dict[str, str]
    known: int


def measure_plan(
    plan: Plan,
    tiles: Sequence[TileFile],
    store: PointStore,
    *,
    workers: int = 1,
    advance: Advance | None = None,
) -> Measured:
    """Return the points of all settings on all tiles.

    A codec that fails on one tile is left out as a whole, so that all codecs are
    compared on the same tiles.

    Args:
        plan: what to measure.
        tiles: on what.
        store: where points are kept; those that are there are not measured again.
        workers: settings that are measured at a time, each in a thread. Seconds are
            those of a machine that is busy with as many.
        advance: called with the points that are done, and all that there are.

    Raises:
        CodecError: when no codec can code the tiles.
    """
    run = _Run(
        tiles=tiles,
        store=store,
        total=len(plan.settings) * len(tiles),
        advance=advance or (lambda _done, _total: None),
        left_out=dict(plan.left_out),
    )
    if workers == 1:
        for setting in plan.settings:
            run.measure(setting)
    else:
        with ThreadPoolExecutor(workers) as pool:
            jobs = [pool.submit(run.measure, setting) for setting in plan.settings]
            try:
                for job in as_completed(jobs):
                    job.result()
            except BaseException:
                run.stopped = True
                pool.shutdown(cancel_futures=True)
                raise
    return run.result(plan)


@dataclass(kw_only=True)
class _Run:
    """Keep what the threads of one run share."""

    tiles: Sequence[TileFile]
    store: PointStore
    total: int
    advance: Advance
    left_out: dict[str, str]
    points: dict[tuple[str, float], list[Point]] = field(default_factory=dict)
    done: int = 0
    known: int = 0
    stopped: bool = False
    lock: Lock = field(default_factory=Lock)

    def measure(self, setting: Setting) -> None:
        """Measure one setting on all tiles, unless its codec has failed before."""
        codec: Codec | None = None
        points = []
        for file in self.tiles:
            if self.stopped or setting.codec in self.left_out:
                return
            tile = file.read()
            point = self.store.get(tile, setting.identity)
            known = point is not None
            if point is None:
                try:
                    codec = codec or _warm(setting, tile)
                    point = measure_point(tile, codec, peak=self.store.peak)
                except (CodecError, *UNAVAILABLE) as error:
                    self.left_out[setting.codec] = f"{tile.name}: {error}"
                    return
                self.store.put(tile, setting.identity, point)
            points.append(point)
            self._count(known)
        self.points[setting.codec, setting.rate] = points

    def result(self, plan: Plan) -> Measured:
        """Return the points in the order of the plan."""
        usable = [item for item in plan.settings if item.codec not in self.left_out]
        if not usable:
            reasons = " ".join(
                f"{codec}: {reason}" for codec, reason in self.left_out.items()
            )
            raise CodecError(
                f"None of the codecs can be used on these tiles. {reasons} Choose "
                "other codecs with --codecs."
            )
        return Measured(
            points=tuple(
                point
                for setting in usable
                for point in self.points[setting.codec, setting.rate]
            ),
            left_out=self.left_out,
            known=self.known,
        )

    def _count(self, known: bool) -> None:
        with self.lock:
            self.done += 1
            self.known += known
            self.advance(self.done, self.total)


def _warm(setting: Setting, tile: Tile) -> Codec:
    """Return the codec of a setting, after it has coded a corner of a tile."""
    codec = setting.load()
    side = max(_WARM_UP, codec.smallest)
    corner = np.ascontiguousarray(tile.pixels[np.newaxis, ..., :side, :side])
    codec.decode(codec.encode(corner))
    return codec
