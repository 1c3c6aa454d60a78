"""Stacks: which files are frames of one place, and in which order.

A cube, a shard and an array of several pictures hold stacks as they are. Tiles of one
picture each are put together by the recipe's pattern, a regular expression for their
path below the folder: files whose group ``place`` agrees are one stack, in the order of
their group ``season``, numbers as numbers; without that group, in the order of the
names. A file that the pattern does not match is a stack of one frame.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from neucobench.codecs.training.sources import Block

_DIFFERENT = "frames of one place with different sizes, types of offset or nodata"


def stack_blocks(
    blocks: Iterable[Block],
    series: str | None,
    *,
    least: int,
    left_out: dict[str, list[str]],
) -> list[Block]:
    """Return what stacks are drawn from.

    Args:
        blocks: what was found, single tiles among it.
        series: the recipe's pattern; None: each tile is a stack of one frame.
        least: frames; stacks of fewer are left out.
        left_out: reason to names; grows by what cannot serve.
    """
    found = []
    for block in _joined(blocks, series, left_out):
        if block.seasons < least:
            left_out[f"fewer than {least} frames"].extend(block.names)
        else:
            found.append(replace(block, stacked=True))
    return found


def _joined(
    blocks: Iterable[Block], series: str | None, left_out: dict[str, list[str]]
) -> Iterator[Block]:
    places: dict[str, list[tuple[tuple[int, int | str], Block]]] = defaultdict(list)
    for block in blocks:
        single = block.kind in ("tile", "array") and block.shape[0] == 1
        match = re.fullmatch(series, block.name) if series and single else None
        if match is None:
            yield block
        else:
            places[match["place"]].append((_order(match), block))
    for frames in places.values():
        ordered = tuple(block for _key, block in sorted(frames, key=lambda x: x[0]))
        first = ordered[0]
        if len({(item.shape, item.convention, item.nodata) for item in ordered}) > 1:
            left_out[_DIFFERENT].extend(block.name for block in ordered)
            continue
        yield replace(
            first,
            kind="series",
            shape=(len(ordered), *first.shape[1:]),
            bytes=sum(block.bytes for block in ordered),
            seasons=len(ordered),
            parts=ordered,
        )


def _order(match: re.Match[str]) -> tuple[int, int | str]:
    season = match.groupdict().get("season") or match[0]
    return (0, int(season)) if season.isdecimal() else (1, season)
