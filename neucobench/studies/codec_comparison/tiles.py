"""The tiles of a comparison: which files, which part of them, and their pixels."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neucobench.codecs.pixels.gaps import fill_gaps, find_gaps
from neucobench.codecs.pixels.values import Convention, to_reflectance
from neucobench.codecs.raster.files import ENDINGS, open_source
from neucobench.errors import CodecError

_SEASON = re.compile(r"(.+)_(\d+)")


@dataclass(frozen=True, kw_only=True)
class Crop:
    """Cut a rectangle out of every tile.

    Attributes:
        height: rows.
        width: columns.
        top: the first row; None: centered.
        left: the first column; None: centered.
    """

    height: int
    width: int
    top: int | None = None
    left: int | None = None

    def windows(self, height: int, width: int) -> tuple[slice, slice]:
        """Return the rows and columns of a picture of a size.

        Raises:
            CodecError: when the rectangle does not lie inside.
        """
        top = (height - self.height) // 2 if self.top is None else self.top
        left = (width - self.width) // 2 if self.left is None else self.left
        bottom, right = top + self.height, left + self.width
        if min(top, left) < 0 or bottom > height or right > width:
            raise CodecError(
                f"it has {height} x {width} pixels, and rows {top} to {bottom} and "
                f"columns {left} to {right} are asked for; give a smaller --crop"
            )
        return slice(top, bottom), slice(left, right)


@dataclass(frozen=True, kw_only=True)
class Tile:
    """Hold one stack as codecs take it.

    Attributes:
        name: what tables call it.
        pixels: (time, band, y, x) reflectance x 10,000; gaps are filled.
        valid: where the data are, of the same shape; None: everywhere.
        sha256: the digest of both, in hex.
    """

    name: str
    pixels: NDArray[np.float32]
    valid: NDArray[np.bool_] | None
    sha256: str


@dataclass(frozen=True, kw_only=True)
class TileFile:
    """Say where one tile is, and how to read it.

    Attributes:
        name: what tables call it.
        paths: its file, or one for each season.
        offset: what had been added to the values; None: what the file declares.
        crop: the part that is compared; None: all of it.
    """

    name: str
    paths: tuple[Path, ...]
    offset: float | None = None
    crop: Crop | None = None

    def read(self) -> Tile:
        """Return the tile.

        Raises:
            CodecError: when a file cannot be read, or its values cannot be coded.
        """
        parts = [self._read_file(path) for path in self.paths]
        shapes = {stack.shape[1:] for stack, _ in parts}
        if len(shapes) > 1:
            raise CodecError(
                f"The seasons of {self.name} have different shapes "
                f"({', '.join(map(str, sorted(shapes)))}); compare them without "
                "--seasons."
            )
        pixels = np.concatenate([stack for stack, _ in parts])
        missing = np.concatenate([gaps for _, gaps in parts])
        if missing.all():
            raise CodecError(f"{self.name} holds no data at all; leave it out.")
        fill_gaps(pixels, missing)
        valid = ~missing if missing.any() else None
        return Tile(
            name=self.name, pixels=pixels, valid=valid, sha256=_digest(pixels, valid)
        )

    def _read_file(self, path: Path) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Return the stack of one file, and where it lacks data."""
        with open_source(path) as source:
            height, width = source.picture.shape[2:]
            crop = self.crop or Crop(height=height, width=width)
            stored = source.read(*crop.windows(height, width))
            convention = source.convention
            if self.offset is not None:
                convention = Convention(offset=self.offset, scale=convention.scale)
            stack = to_reflectance(stored, convention)
            gaps = find_gaps(stored, source.picture.nodata).any_kind
            infinite = int((~np.isfinite(stack) & ~gaps).sum())
            if infinite:
                raise CodecError(
                    f"it holds {infinite} infinite values, which no codec takes; "
                    "replace them with NaN, which marks pixels without data"
                )
        return stack, gaps


def find_tiles(
    paths: Sequence[Path],
    *,
    offsets: Mapping[str, float] | None = None,
    crop: Crop | None = None,
    seasons: bool = False,
) -> tuple[TileFile, ...]:
    """Return the tiles that files and folders hold, sorted by name.

    Args:
        paths: files, or folders that directly hold files.
        offsets: pattern of names, as the shell has them, to what had been added to the
            values of such tiles; the last that fits counts.
        crop: the part that is compared.
        seasons: read ``NAME_0``, ``NAME_1``, ... as the seasons of one stack.

    Raises:
        CodecError: when a path does not exist, holds no tile, or two tiles have the
            same name; when ``seasons`` is set and no two files are of one place.
    """
    files: dict[str, tuple[Path, ...]] = {}
    for path in sorted({file for given in paths for file in _files(given)}):
        name = tile_name(path)
        if name in files:
            raise CodecError(
                f"{files[name][0]} and {path} are tiles of one name; rename one of "
                "them, or compare them in two runs."
            )
        files[name] = (path,)
    if seasons:
        files = _by_place(files)
    return tuple(
        TileFile(name=name, paths=paths_, offset=_offset(name, offsets), crop=crop)
        for name, paths_ in sorted(files.items())
    )


def tile_name(path: Path) -> str:
    """Return a file's name without its ending."""
    ending = next((end for end in ENDINGS if path.name.lower().endswith(end)), "")
    return path.name[: len(path.name) - len(ending)]


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise CodecError(f"There is no {path}; name a file or a folder of tiles.")
    if path.is_file():
        return [path]
    found = [
        file
        for file in path.iterdir()
        if file.name.lower().endswith(ENDINGS) and not file.name.startswith(".")
    ]
    if not found:
        raise CodecError(
            f"{path} holds no tiles; a tile is a file that ends in "
            f"{', '.join(ENDINGS)} and lies directly in the folder."
        )
    return found


def _by_place(files: Mapping[str, tuple[Path, ...]]) -> dict[str, tuple[Path, ...]]:
    """Return place to files, in the order of their seasons."""
    places: dict[str, list[tuple[int, Path]]] = {}
    for name, (path,) in files.items():
        match = _SEASON.fullmatch(name)
        place, season = (match[1], int(match[2])) if match else (name, 0)
        places.setdefault(place, []).append((season, path))
    if max(map(len, places.values())) == 1:
        raise CodecError(
            "No two of the files are seasons of one place: --seasons joins NAME_0, "
            "NAME_1 and so on. Leave it out, or rename the files."
        )
    return {
        place: tuple(path for _, path in sorted(found))
        for place, found in places.items()
    }


def _offset(name: str, offsets: Mapping[str, float] | None) -> float | None:
    fitting = [
        value
        for pattern, value in (offsets or {}).items()
        if fnmatchcase(name, pattern)
    ]
    return fitting[-1] if fitting else None


def _digest(pixels: NDArray[np.float32], valid: NDArray[np.bool_] | None) -> str:
    content = sha256(str(pixels.shape).encode())
    content.update(np.ascontiguousarray(pixels).tobytes())
    if valid is not None:
        content.update(np.packbits(valid).tobytes())
    return content.hexdigest()
