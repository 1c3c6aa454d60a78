"""Find what there is to learn from below a folder, by the recipe's patterns."""

import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from neucobench.codecs.training.series import stack_blocks
from neucobench.codecs.training.settings import Data
from neucobench.codecs.training.sources import (
    ENDINGS,
    Block,
    Sources,
    list_blocks,
    matches,
)
from neucobench.errors import CodecError, CubeError


def find_sources(
    root: Path, data: Data, *, bands: int, crop: int, frames: int | None = None
) -> Sources:
    """Return what a folder and its subfolders hold, in the order of the names.

    Args:
        root: the folder.
        data: which files are for what.
        bands: how many bands a picture must have.
        crop: the least height and width of a picture to learn from, in pixels.
        frames: of a stack; None: single pictures.

    Raises:
        CodecError: when there is no such folder, nothing in it to learn from, or
            nothing that the validation's patterns match.
    """
    if not root.is_dir():
        what = "is a file" if root.exists() else "does not exist"
        raise CodecError(f"{root} {what}; give --data a folder of tiles or cubes.")
    left_out: dict[str, list[str]] = defaultdict(list)
    training: list[Block] = []
    validation: list[Block] = []
    for path, name in _files(root):
        if not matches(name, data.include) or matches(name, data.exclude):
            left_out["by the recipe"].append(name)
            continue
        looked_at = matches(name, data.validation)
        least = 16 if looked_at else crop
        for block in _usable(path, name, data, bands, least, left_out):
            kept = replace(block, weight=_weight(name, data))
            (validation if looked_at else training).append(kept)
    if frames is not None:
        least = frames if data.short == "leave-out" else 1
        training = stack_blocks(training, data.series, least=least, left_out=left_out)
        validation = stack_blocks(validation, data.series, least=1, left_out=left_out)
    sources = Sources(
        training=tuple(training),
        validation=tuple(validation),
        left_out={reason: tuple(names) for reason, names in left_out.items()},
    )
    _require(root, data, sources, bands, crop)
    return sources


def _files(root: Path) -> Iterator[tuple[Path, str]]:
    found = []
    for folder, _folders, names in os.walk(root):
        for name in names:
            # A hidden file is a download or a copy that was cut off.
            if name.lower().endswith(ENDINGS) and not name.startswith("."):
                path = Path(folder, name)
                found.append((path.relative_to(root).as_posix(), path))
    return ((path, name) for name, path in sorted(found))


def _usable(
    path: Path,
    name: str,
    data: Data,
    bands: int,
    least: int,
    left_out: dict[str, list[str]],
) -> Iterator[Block]:
    try:
        blocks = list(list_blocks(path, name, _offset(name, data)))
    except (CodecError, CubeError):
        left_out["not readable"].append(name)
        return
    for block in blocks:
        if block.shape[1] != bands:
            left_out[f"not {bands} bands"].append(name)
            return
        if min(block.shape[2:]) < least:
            left_out[f"smaller than {least} pixels"].append(name)
            return
    yield from blocks


def _offset(name: str, data: Data) -> int | None:
    for entry in data.offsets:
        if matches(name, (entry.pattern,)):
            return entry.offset
    return None


def _weight(name: str, data: Data) -> float:
    for entry in data.weights:
        if matches(name, (entry.pattern,)):
            return entry.weight
    return 1.0


def _require(root: Path, data: Data, sources: Sources, bands: int, crop: int) -> None:
    if not sources.training:
        reasons = "; ".join(
            f"{len(names)} left out: {reason}"
            for reason, names in sources.left_out.items()
        )
        raise CodecError(
            f"{root} holds nothing to learn from ({reasons or 'no file'}); accepted "
            f"are GeoTIFFs, .npy and .zarr.zip of {bands} bands, at least {crop} "
            f"pixels wide and high, whose paths below it match {list(data.include)}. "
            "Give the folder above them, or correct [data] in the recipe."
        )
    if data.validation and not sources.validation:
        raise CodecError(
            f"{root}: no file that can be used matches the recipe's validation "
            f"{list(data.validation)}; correct the patterns, or write validation = [] "
            "to train without."
        )
