"""Small pictures of a few cubes: Sentinel-2 in true, Sentinel-1 in false color."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from neucobench.data.bands import S1, S2L2A
from neucobench.data.cube import Cube
from neucobench.errors import CubeError

if TYPE_CHECKING:
    from neucobench.data.dataset import CubeFolder

EDGE = 132

# Reflectance that is drawn as full brightness; most land lies below, snow does not.
_BRIGHT = 0.3
_BRIGHT_PERCENTILE = 98
_DIGITAL_NUMBERS = 10_000
_GAMMA = 1 / 1.4
# Decibel drawn as black and as full brightness: VV, VH, and their difference.
_BACKSCATTER = ((-22.0, -2.0), (-28.0, -8.0), (2.0, 14.0))

NOTE = (
    "Sentinel-2 in true color (B04, B03, B02), one picture per season in the stored "
    f"order: black is reflectance 0, white is {_BRIGHT:g}, or more where most seasons "
    "of a cube are brighter, as with snow; a gamma of 1.4 lifts the shadows. "
    "Sentinel-1 in false color: red is VV (−22 to −2 dB), green is VH (−28 to −8 dB), "
    "blue is VV minus VH (2 to 14 dB). What lies beyond these ends is drawn as the "
    "end; pixels without data are black."
)


@dataclass(frozen=True, kw_only=True)
class Thumbnail:
    """Hold one picture as a PNG file in base64, with its size in pixels."""

    title: str
    base64: str
    width: int
    height: int


@dataclass(frozen=True, kw_only=True)
class CubePictures:
    """Hold the pictures of one cube, and what is wrong with it, if anything."""

    id: str
    thumbnails: tuple[Thumbnail, ...]
    problem: str = ""


def cube_pictures(root: Path, *, count: int = 4) -> list[CubePictures]:
    """Return pictures of a few cubes, spread evenly over the sorted ids of a folder.

    Args:
        root: a folder of cubes.
        count: how many cubes to show at most.

    Raises:
        CubeError: when ``root`` holds no cubes.
    """
    from neucobench.data.dataset import CubeFolder

    folder = CubeFolder(root)
    places = np.linspace(0, len(folder.ids) - 1, min(count, len(folder.ids)))
    return [_pictures(folder, folder.ids[int(place)]) for place in np.unique(places)]


def _pictures(folder: "CubeFolder", id_: str) -> CubePictures:
    modalities = [name for name in (S2L2A.name, S1.name) if name in folder.files(id_)]
    if not modalities:
        problem = f"It has neither {S2L2A.title} nor {S1.title}."
        return CubePictures(id=id_, thumbnails=(), problem=problem)
    try:
        cube = folder.read(id_, modalities=modalities)
    except CubeError as error:
        return CubePictures(id=id_, thumbnails=(), problem=str(error))
    return CubePictures(id=id_, thumbnails=tuple(_thumbnails(cube)))


def _thumbnails(cube: Cube) -> list[Thumbnail]:
    pictures = []
    if S2L2A.name in cube.arrays:
        seasons = [
            reflectance(scene, offset=cube.offsets.get(S2L2A.name, 0))
            for scene in cube.arrays[S2L2A.name]
        ]
        white = white_level(seasons)
        for number, scene in enumerate(seasons, start=1):
            title = f"Sentinel-2, season {number}"
            if white > _BRIGHT:
                title += f", white is {white:.2f}"
            pictures.append(_thumbnail(title, true_color(scene, white=white)))
    if S1.name in cube.arrays:
        scene = cube.arrays[S1.name][0]
        pictures.append(_thumbnail("Sentinel-1, season 1", false_color(scene)))
    return pictures


def reflectance(scene: NDArray[np.generic], *, offset: int) -> NDArray[np.float64]:
    """Return (3, y, x) reflectance of red, green and blue, averaged to a small size.

    Args:
        scene: (band, y, x) digital numbers of Sentinel-2 L2A.
        offset: what has been added to them.
    """
    bands = [S2L2A.bands.index(name) for name in ("B04", "B03", "B02")]
    return _shrink((scene[bands].astype(np.float64) - offset) / _DIGITAL_NUMBERS)


def white_level(seasons: Sequence[NDArray[np.float64]]) -> float:
    """Return the reflectance to draw as white in all seasons of a cube.

    It follows the median season, so that one cloudy season does not darken the others.

    Args:
        seasons: (3, y, x) reflectance each.
    """
    tops = [np.percentile(season, _BRIGHT_PERCENTILE) for season in seasons]
    return max(_BRIGHT, float(np.median(tops)))


def true_color(scene: NDArray[np.float64], *, white: float) -> NDArray[np.uint8]:
    """Return (y, x, 3) red, green and blue.

    Args:
        scene: (3, y, x) reflectance.
        white: the reflectance of full brightness.
    """
    return _bytes(np.clip(scene / white, 0, 1) ** _GAMMA)


def false_color(scene: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Return (y, x, 3) VV, VH and their difference of a Sentinel-1 scene.

    Args:
        scene: (band, y, x) backscatter in decibel.
    """
    backscatter = scene[:2].astype(np.float64)
    # Exact zeros are what the product holds where it has no data.
    backscatter[:, (backscatter == 0).all(axis=0)] = np.nan
    vv, vh = _shrink(backscatter)
    low, high = np.array(_BACKSCATTER)[:, :, np.newaxis, np.newaxis].swapaxes(0, 1)
    return _bytes((np.stack([vv, vh, vv - vh]) - low) / (high - low))


def _shrink(bands: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (band, y, x) averaged over square blocks, near ``EDGE`` pixels wide."""
    block = max(round(min(bands.shape[1:]) / EDGE), 1)
    height, width = (size // block for size in bands.shape[1:])
    cut = bands[:, : height * block, : width * block]
    blocks = cut.reshape(len(bands), height, block, width, block)
    return np.asarray(blocks.mean(axis=(2, 4)))


def _bytes(bands: NDArray[np.float64]) -> NDArray[np.uint8]:
    levels = np.nan_to_num(np.clip(bands, 0, 1), nan=0.0) * 255
    pixels: NDArray[np.uint8] = np.round(levels).astype(np.uint8).transpose(1, 2, 0)
    return pixels


def _thumbnail(title: str, pixels: NDArray[np.uint8]) -> Thumbnail:
    from matplotlib.image import imsave

    file = BytesIO()
    imsave(file, pixels, format="png", pil_kwargs={"optimize": True})
    return Thumbnail(
        title=title,
        base64=b64encode(file.getvalue()).decode(),
        width=pixels.shape[1],
        height=pixels.shape[0],
    )
