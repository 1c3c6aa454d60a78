"""The header of a ``.tec`` file: everything but the coded pixels, as JSON."""

import json
import math
import zlib
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields, is_dataclass
from dataclasses import Field as DataclassField
from functools import lru_cache
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from neucobench.codecs.base import CodecIdentity
from neucobench.codecs.container.layout import DAMAGED, MOST_HEADER, MOST_INFLATED
from neucobench.codecs.container.tiling import Tiling
from neucobench.codecs.pixels.values import Convention
from neucobench.codecs.raster.base import Picture
from neucobench.errors import CodecError, ContainerError

MOST_PIXELS = 2**36  # bytes of a decoded picture
LARGEST_TILE = 2**28  # numbers in a tile

Count = Annotated[int, Field(ge=0)]


@dataclass(frozen=True, kw_only=True)
class Missing:
    """Count the numbers that are no data.

    Attributes:
        value: those that equal the no-data value.
        nan: those that are NaN.
    """

    value: Count = 0
    nan: Count = 0


@dataclass(frozen=True, kw_only=True)
class Header:
    """Hold what a decoder needs beside the coded tiles.

    Attributes:
        software: what wrote the file.
        codec: the codec, its rate, and the digest of its weights.
        picture: the file that was coded: shape, type, bands, georeference.
        convention: how its numbers became reflectance x 10,000.
        tiling: how it was cut.
        missing: how many numbers are no data.
        layouts: the codec's layouts; each tile refers to one of them.
        bands: what the codec took the bands to be, in the order of the array; empty for
            a codec that takes any.
        kept: bytes of the last part, inflated; 0 where there is no such part.
    """

    software: str
    codec: CodecIdentity
    picture: Picture
    convention: Convention
    tiling: Tiling
    missing: Missing
    layouts: tuple[Mapping[str, Any], ...]
    bands: tuple[str, ...] = ()
    kept: Annotated[int, Field(ge=0, le=2**25)] = 0

    @property
    def parts(self) -> int:
        """Return how many parts the file has."""
        return len(self.tiling) + bool(self.kept)

    def as_dict(self) -> dict[str, Any]:
        """Return the header as plain JSON types."""
        document = asdict(self)
        # JSON has no word for them; a GeoTIFF's no-data value may be one.
        nodata = self.picture.nodata
        if nodata is not None and not math.isfinite(nodata):
            document["picture"]["nodata"] = str(nodata)
        return document


def pack_header(header: Header) -> tuple[bytes, int]:
    """Return the header as it lies in the file, and the size of the JSON in it.

    Raises:
        CodecError: when it is larger than a reader accepts.
    """
    document = _without_defaults(header, header.as_dict())
    text = json.dumps(
        document, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()
    packed = zlib.compress(text, 9)
    if len(packed) > MOST_HEADER or len(text) > MOST_INFLATED:
        raise CodecError(
            f"the header would take {len(packed):,} bytes, and at most "
            f"{MOST_HEADER:,} are read; use larger tiles, or remove metadata"
        )
    return packed, len(text)


def parse_header(packed: bytes, inflated: int) -> Header:
    """Return the header of a file.

    Args:
        packed: the header as it lies in the file.
        inflated: the size of the JSON in it.

    Raises:
        ContainerError: when it is no header, or asks for more than is decoded.
    """
    inflater = zlib.decompressobj()
    try:
        text = inflater.decompress(packed, inflated + 1)
        if len(text) != inflated or not inflater.eof or inflater.unused_data:
            raise ContainerError(f"the header has not the size it declares; {DAMAGED}")
        header = _adapter().validate_json(text)
    except zlib.error as error:
        raise ContainerError(f"the header cannot be inflated; {DAMAGED}") from error
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(str(part) for part in problem["loc"]) or "the document"
        raise ContainerError(
            f"the header is none of this format ({where}: {problem['msg']}); {DAMAGED}"
        ) from error
    require_moderate(header.picture, header.tiling)
    _require_agreement(header)
    return header


def require_moderate(picture: Picture, tiling: Tiling) -> None:
    """Refuse sizes that no reader decodes.

    Raises:
        ContainerError: when the picture, or a tile of it, is too large.
    """
    time, band, *_ = picture.shape
    numbers = time * band * tiling.y.tile * tiling.x.tile
    if picture.bytes > MOST_PIXELS or numbers > LARGEST_TILE:
        raise ContainerError(
            f"the picture takes {picture.bytes:,} bytes in tiles of {numbers:,} "
            f"numbers, and at most {MOST_PIXELS:,} in tiles of {LARGEST_TILE:,} are "
            "coded; cut the picture, or give a smaller --tile"
        )


def _without_defaults(value: Any, document: Any) -> Any:
    """Return a document without the fields that have their default values."""
    if isinstance(value, tuple):
        return [_without_defaults(*pair) for pair in zip(value, document, strict=True)]
    if not is_dataclass(value):
        return document
    return {
        item.name: _without_defaults(getattr(value, item.name), document[item.name])
        for item in fields(value)
        if getattr(value, item.name) != _default(item)
    }


def _default(item: DataclassField[Any]) -> Any:
    if item.default_factory is not MISSING:
        return item.default_factory()
    return item.default


def _require_agreement(header: Header) -> None:
    """Refuse a header whose statements contradict each other."""
    _, band, height, width = header.picture.shape
    cuts = header.tiling
    agree = (
        cuts.y.covers
        and cuts.x.covers
        and (cuts.y.size, cuts.x.size) == (height, width)
        and len(header.picture.bands) in (0, band)
        and set(header.picture.axes) >= {"band", "y", "x"}
    )
    if not agree:
        raise ContainerError(
            "the header contradicts itself; the file was written wrongly, so compress "
            "the source again"
        )


@lru_cache(maxsize=1)
def _adapter() -> TypeAdapter[Header]:
    return TypeAdapter(Header)
