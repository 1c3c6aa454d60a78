"""Read AllClear, the benchmark of cloud removal, from the files that its users have.

A data set is a JSON file that maps the name of a sample to ``roi``, ``s2_toa`` (pairs
of time and path, the cloudy inputs) and ``target`` (one such pair, nearly clear). The
clouds of an image lie in the file whose path has ``cld_shdw`` for ``s2_toa``: bands 2
and 5 are clouds and shadows. Images hold the 13 bands of Sentinel-2 L1C; the middle
256 x 256 pixels count, cut off at 0 and 10,000, and NaN counts as 0, or as cloudy.

Zhou et al. 2024, AllClear: A Comprehensive Dataset and Benchmark for Cloud Removal in
Satellite Imagery; what is read follows the code that the authors publish.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucobench.codecs.inpainting.mask import Mask
from neucobench.codecs.raster.files import named, open_source
from neucobench.data.bands import S2L1C
from neucobench.errors import CodecError

SIDE = 256
BRIGHTEST = 10_000.0

_SENSOR, _CLOUDS = "s2_toa", "cld_shdw"
_CLOUD_BANDS = (1, 4)  # of cld_shdw, from 0: clouds, shadows
_TIME = "%Y-%m-%d %H:%M:%S"
# Where the authors' files say that the images are.
_PUBLISHED_ROOTS = (
    "/scratch/allclear/dataset_v3/",
    "/share/hariharan/cloud_removal/MultiSensor/",
)

Stack = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Shot:
    """Name one image: when it was taken, and its file."""

    time: datetime
    path: Path

    @property
    def clouds(self) -> Path:
        """Return the file of its cloud and shadow masks."""
        return Path(str(self.path).replace(_SENSOR, _CLOUDS))


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Name the images of one sample.

    Attributes:
        name: the sample's id.
        inputs: the cloudy images, in the order of time.
        target: the nearly clear one.
    """

    name: str
    inputs: tuple[Shot, ...]
    target: Shot


@dataclass(frozen=True, kw_only=True, eq=False)
class Scene:
    """Hold the pixels of one sample.

    Attributes:
        inputs: (time, band, y, x) reflectance x 10,000, 0 to 10,000.
        clouds: (time, y, x), clouds or shadows of the inputs.
        cloudiness: (time,), pixels under clouds and pixels in shadow, added up.
        target: (band, y, x), likewise.
        clear: (y, x), where the target has neither cloud nor shadow.
        place: where the target stands among the inputs in the order of time.
    """

    inputs: Stack
    clouds: Mask
    cloudiness: NDArray[np.float64]
    target: Stack
    clear: Mask
    place: int


def read_entries(
    file: Path, *, root: Path | None = None, rois: Sequence[str] = ()
) -> list[Entry]:
    """Return the samples of a data set that have a target.

    Args:
        file: the JSON file, e.g. ``test_tx3_s2-s1_100pct_1proi.json``.
        root: the folder that holds the images; paths are taken below it where they do
            not exist as they are. None: the folder of the JSON file.
        rois: the regions that are taken; empty: all.

    Raises:
        CodecError: when the file is no such data set.
    """
    root = file.parent if root is None else root
    with named(file):
        content = _content(file)
        try:
            return [
                Entry(
                    name=name,
                    inputs=tuple(
                        sorted(
                            (_shot(pair, root) for pair in item[_SENSOR]),
                            key=lambda shot: shot.time,
                        )
                    ),
                    target=_shot(item["target"][0], root),
                )
                for name, item in content.items()
                if not rois or item["roi"][0] in rois
            ]
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise CodecError(
                f"a sample lacks what the benchmark needs ({error!r}): roi, {_SENSOR} "
                "and target with pairs of time and path; give a file of AllClear's "
                "folder 'datasets' for testing"
            ) from error


def read_scene(entry: Entry) -> Scene:
    """Return the pixels of a sample.

    Raises:
        CodecError: when an image is missing, too small, or has other bands.
    """
    inputs = np.stack([_image(shot) for shot in entry.inputs])
    marks = np.stack([_marks(shot) for shot in entry.inputs])
    return Scene(
        inputs=inputs,
        clouds=(marks > 0).any(axis=1),
        cloudiness=marks.sum(axis=(1, 2, 3), dtype=np.float64),
        target=_image(entry.target),
        clear=~(_marks(entry.target) > 0).any(axis=0),
        place=sum(shot.time < entry.target.time for shot in entry.inputs),
    )


def _content(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise CodecError("there is no such file; correct the path") from error
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise CodecError(
            f"this is no JSON file ({error}); download it again"
        ) from error
    if not isinstance(content, dict) or not content:
        raise CodecError(
            "it maps no names to samples; give a file of AllClear's folder 'datasets'"
        )
    return content


def _shot(pair: Any, root: Path) -> Shot:
    time, path = pair
    return Shot(time=datetime.strptime(time, _TIME), path=_found(path, root))  # noqa: DTZ007 - as the files give it


def _found(path: str, root: Path) -> Path:
    """Return where an image is: as the file says, or below the root."""
    if Path(path).is_file():
        return Path(path)
    for published in _PUBLISHED_ROOTS:
        if path.startswith(published):
            return root / path.removeprefix(published)
    return root / path.lstrip("/")


def _image(shot: Shot) -> Stack:
    with named(shot.path):
        values = _middle(shot.path)
        if len(values) != len(S2L1C.bands):
            raise CodecError(
                f"it has {len(values)} bands, and the images of {_SENSOR} have "
                f"{len(S2L1C.bands)}; download it again"
            )
    cut = np.clip(values, 0, BRIGHTEST)
    return np.nan_to_num(cut, nan=0).astype(np.float32)


def _marks(shot: Shot) -> NDArray[np.floating[Any]]:
    """Return (2, y, x), clouds and shadows; not 0 where they are."""
    with named(shot.clouds):
        values = _middle(shot.clouds)
        if len(values) <= max(_CLOUD_BANDS):
            raise CodecError(
                f"it has {len(values)} bands, and bands 2 and 5 are clouds and "
                "shadows; download it again"
            )
    return np.nan_to_num(values[list(_CLOUD_BANDS)].astype(np.float32), nan=1)


def _middle(path: Path) -> NDArray[Any]:
    """Return the middle of an image as it is stored, (band, y, x)."""
    with open_source(path) as source:
        height, width = source.picture.shape[2:]
        if min(height, width) < SIDE:
            raise CodecError(
                f"it has {height} x {width} pixels, and {SIDE} x {SIDE} count; "
                "download it again"
            )
        top, left = height // 2 - SIDE // 2, width // 2 - SIDE // 2
        rows, columns = slice(top, top + SIDE), slice(left, left + SIDE)
        middle: NDArray[Any] = source.read(rows, columns)[0]
        return middle
