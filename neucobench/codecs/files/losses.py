"""What a damaged container has lost: counted, marked in the new file, and told."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from neucobench.codecs.container.parts import part_name
from neucobench.codecs.container.reader import ContainerReader
from neucobench.codecs.raster.base import Picture
from neucobench.errors import ContainerError
from neucobench.findings import Finding

METADATA_LOST = Finding(
    code="metadata-lost",
    level="warning",
    message="The coordinates and attributes of the store are damaged and were left "
    "out.",
)


@dataclass(frozen=True, kw_only=True)
class Loss:
    """Say what a damaged tile has lost.

    Attributes:
        tile: which one, counted from 0.
        frames: those that do not decode, counted from 0; their core is no data now.
        values: how many numbers these are.
        masks: whether it is no longer known where the tile had no data.
    """

    tile: int
    frames: tuple[int, ...]
    values: int
    masks: bool


@dataclass(frozen=True, kw_only=True)
class Mark:
    """Say how lost pixels are marked in the new file.

    Attributes:
        picture: what is written; it has a no-data value where its type needs one.
        nan: whether they are NaN.
    """

    picture: Picture
    nan: bool


def mark_for(picture: Picture) -> Mark:
    """Return how pixels that are lost can be told in a picture's file.

    The picture's own no-data value is taken, or else NaN, or for whole numbers the
    least of the type, which becomes the no-data value.
    """
    if picture.nodata is not None:
        return Mark(picture=picture, nan=bool(np.isnan(picture.nodata)))
    if picture.kind.kind == "f":
        return Mark(picture=picture, nan=True)
    least = float(np.iinfo(picture.kind).min)
    return Mark(picture=replace(picture, nodata=least), nan=False)


def require_anything(reader: ContainerReader, losses: Sequence[Loss]) -> None:
    """Refuse to write a picture of which nothing is left.

    Raises:
        ContainerError: when every frame of every tile is lost.
    """
    frames = reader.header.picture.shape[0]
    lost = sum(len(loss.frames) for loss in losses)
    if lost == frames * len(reader.header.tiling):
        raise ContainerError(
            f"{reader.path}: none of its tiles can be decoded; the file is damaged, so "
            "copy or download it again."
        )


def loss_findings(
    reader: ContainerReader, losses: Sequence[Loss], mark: Mark
) -> Iterator[Finding]:
    """Say what is lost, tile by tile, and how it is marked."""
    tiles = len(reader.header.tiling)
    for loss in losses:
        name = part_name(loss.tile, tiles)
        if loss.frames:
            yield Finding(
                code="frames-lost",
                level="warning",
                message=f"{name[0].upper()}{name[1:]} is damaged: "
                f"{_frames(loss.frames, reader.header.picture.shape[0])} lost, and "
                f"{loss.values:,} values are {_marked(mark)} now.",
                count=loss.values,
            )
        if loss.masks:
            yield Finding(
                code="mask-lost",
                level="warning",
                message=f"{name[0].upper()}{name[1:]} is damaged: where it had no data "
                "is no longer known, and filled values stand there.",
            )
    if losses and mark.picture != reader.header.picture:
        yield Finding(
            code="nodata-declared",
            level="info",
            message="The file declared no value for no data; lost pixels are "
            f"{mark.picture.nodata:g}, which a GeoTIFF declares.",
        )


def _frames(lost: Sequence[int], frames: int) -> str:
    if len(lost) == frames:
        return "all of it is"
    numbers = ", ".join(str(frame + 1) for frame in lost)
    return f"frame{'s' * (len(lost) > 1)} {numbers} of {frames} {_are(len(lost))}"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def _marked(mark: Mark) -> str:
    return "NaN" if mark.nan else f"the no-data value {mark.picture.nodata:g}"
