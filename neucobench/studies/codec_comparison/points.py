"""One point of a comparison: a tile, coded and decoded once, and measured."""

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from neucobench.atomic import write_text
from neucobench.codecs.base import Codec, CodecIdentity
from neucobench.codecs.metrics import Quality, QualityByBand, measure_quality
from neucobench.codecs.rate_distortion import bits_per_pixel_band
from neucobench.studies.codec_comparison.tiles import Tile

# Changes when equal streams no longer give equal numbers.
_MEASURES = 1


@dataclass(frozen=True, kw_only=True)
class Point:
    """Hold what one codec at one rate made of one tile.

    Attributes:
        tile: the tile's name.
        codec: the codec's name.
        rate: the setting of its rate knob.
        bits: of all streams; headers of a container are not counted.
        bpppc: bits per pixel, band and season.
        quality: of the decoded stack, before it is rounded to the type of a file.
        encode_seconds: wall seconds.
        decode_seconds: wall seconds.
    """

    tile: str
    codec: str
    rate: float
    bits: int
    bpppc: float
    quality: QualityByBand
    encode_seconds: float
    decode_seconds: float


@dataclass(frozen=True, kw_only=True)
class PointStore:
    """Keep finished points, one small file each, so that a run can go on.

    Attributes:
        folder: where the files are.
        peak: the peak of PSNR and the range of SSIM.
    """

    folder: Path
    peak: float

    def get(self, tile: Tile, identity: CodecIdentity) -> Point | None:
        """Return a point that was measured before, or None."""
        try:
            content = json.loads(self._path(tile, identity).read_text("utf-8"))
            return _as_point(content, tile.name)
        except (OSError, ValueError, LookupError, TypeError):
            return None

    def put(self, tile: Tile, identity: CodecIdentity, point: Point) -> None:
        """Keep a point; it appears whole."""
        text = json.dumps(_numbers_as_text(asdict(point)))
        write_text(self._path(tile, identity), text)

    def _path(self, tile: Tile, identity: CodecIdentity) -> Path:
        key = {
            "measures": _MEASURES,
            "tile": tile.sha256,
            "peak": self.peak,
            "codec": asdict(identity),
        }
        text = json.dumps(key, sort_keys=True, default=str)
        return self.folder / f"{sha256(text.encode()).hexdigest()[:32]}.json"


def measure_point(tile: Tile, codec: Codec, *, peak: float) -> Point:
    """Return the point of a codec on a tile.

    Raises:
        CodecError: when the codec cannot code the tile.
    """
    start = time.perf_counter()
    coded = codec.encode(tile.pixels[np.newaxis])
    middle = time.perf_counter()
    decoded = codec.decode(coded)[0]
    end = time.perf_counter()
    bits = coded[0].bits
    return Point(
        tile=tile.name,
        codec=codec.identity.name,
        rate=codec.identity.rate,
        bits=bits,
        bpppc=bits_per_pixel_band(bits, tile.pixels.shape),
        quality=measure_quality(tile.pixels, decoded, peak=peak, valid=tile.valid),
        encode_seconds=middle - start,
        decode_seconds=end - middle,
    )


def _numbers_as_text(value: Any) -> Any:
    """Return JSON types in which NaN and infinity are text; ``float`` reads it."""
    if isinstance(value, dict):
        return {key: _numbers_as_text(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_numbers_as_text(item) for item in value]
    if isinstance(value, float) and not np.isfinite(value):
        return str(value)
    return value


def _as_point(content: Mapping[str, Any], tile: str) -> Point:
    quality = content["quality"]
    return Point(
        tile=tile,
        codec=str(content["codec"]),
        bits=int(content["bits"]),
        quality=QualityByBand(
            overall=_as_quality(quality["overall"]),
            bands=tuple(map(_as_quality, quality["bands"])),
        ),
        **{
            key: float(content[key])
            for key in ("rate", "bpppc", "encode_seconds", "decode_seconds")
        },
    )


def _as_quality(content: Mapping[str, Any]) -> Quality:
    return Quality(**{key: float(value) for key, value in content.items()})
