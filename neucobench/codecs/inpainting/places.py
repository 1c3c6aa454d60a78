"""Find the stacks of a folder: cubes, arrays, and GeoTIFFs that belong together."""

import re
from collections import defaultdict
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

from neucobench.codecs.inpainting.stack_files import (
    StoredStack,
    geotiffs_in,
    read_files,
)
from neucobench.errors import CodecError

_ENDINGS = (".npy", ".zarr.zip")
_NUMBERED = re.compile(r"(?P<place>.+?)[_-](?P<season>\d+)\.tiff?", re.IGNORECASE)


def find_stacks(folder: Path, pattern: str = "*") -> dict[str, tuple[Path, ...]]:
    """Return the files of each stack of a folder by its name, sorted.

    A ``.npy`` or ``.zarr.zip`` file is a stack, and so is a subfolder with GeoTIFFs, in
    name order. GeoTIFFs in the folder itself belong together where their names differ
    only in a last number, ``place_0.tif`` to ``place_3.tif``, in its order.

    Args:
        folder: the folder.
        pattern: which names are taken, e.g. ``"*_0173706"``.

    Raises:
        CodecError: when there is none.
    """
    if not folder.is_dir():
        raise CodecError(
            f"There is no folder {folder}; give one with stacks of clear seasons."
        )
    found = {**dict(_whole(folder)), **_numbered(folder)}
    chosen = {name: found[name] for name in sorted(found) if fnmatch(name, pattern)}
    if not chosen:
        names = ", ".join(sorted(found)[:5]) or "none"
        raise CodecError(
            f"The folder {folder} holds no stack named {pattern!r} (found: {names}); "
            "give .npy or .zarr.zip files, folders of GeoTIFFs, or GeoTIFFs named "
            "place_0.tif, place_1.tif ..."
        )
    return chosen


def read_place(files: tuple[Path, ...], *, offset: float | None = None) -> StoredStack:
    """Return one of the stacks that were found."""
    return read_files(
        files[0] if len(files) == 1 else files[0].parent, files, offset=offset
    )


def _whole(folder: Path) -> Iterator[tuple[str, tuple[Path, ...]]]:
    for path in folder.iterdir():
        if path.is_dir():
            files = geotiffs_in(path)
            if files:
                yield path.name, tuple(files)
        else:
            for ending in _ENDINGS:
                if path.name.lower().endswith(ending):
                    yield path.name[: -len(ending)], (path,)


def _numbered(folder: Path) -> dict[str, tuple[Path, ...]]:
    places: dict[str, list[tuple[int, Path]]] = defaultdict(list)
    for path in geotiffs_in(folder):
        match = _NUMBERED.fullmatch(path.name)
        if match:
            places[match["place"]].append((int(match["season"]), path))
    return {
        name: tuple(path for _, path in sorted(files)) for name, files in places.items()
    }
