"""The header comes back as it was, and one that makes no sense is refused."""

import json
import zlib
from dataclasses import replace

import pytest

from neucobench.codecs.base import CodecIdentity
from neucobench.codecs.container import header as headers
from neucobench.codecs.container.header import (
    Header,
    Missing,
    pack_header,
    parse_header,
)
from neucobench.codecs.container.tiling import Axis, Tiling
from neucobench.codecs.pixels.values import Convention
from neucobench.codecs.raster.base import BandNote, Georeference, Picture
from neucobench.errors import CodecError, ContainerError


@pytest.fixture
def header():
    """Return a header in which every field says something."""
    return Header(
        software="neucobench 1.2",
        codec=CodecIdentity(
            name="steps", version="3", rate=0.5, weights="ab" * 32, options={"a": [1]}
        ),
        picture=Picture(
            format="geotiff",
            axes=("band", "y", "x"),
            shape=(1, 2, 40, 28),
            dtype="float32",
            nodata=float("nan"),
            bands=(BandNote(name="B01", tags={"k": "v"}), BandNote(scale=0.0001)),
            georeference=Georeference(
                crs="EPSG:32632", transform=(10, 0, 5, 0, -10, 7)
            ),
            tags={"AREA_OR_POINT": "Area"},
        ),
        convention=Convention(offset=1000, scale=2),
        tiling=Tiling(
            y=Axis(size=40, tile=40, starts=(0,)),
            x=Axis(size=28, tile=16, starts=(0, 12)),
        ),
        missing=Missing(value=3, nan=4),
        layouts=({"shape": [1, 2]},),
        kept=17,
    )


def test_a_header_comes_back(header):
    found = parse_header(*pack_header(header))
    # NaN equals nothing, so the no-data value is compared by its text.
    assert str(found.picture.nodata) == "nan"
    same = replace(header, picture=replace(header.picture, nodata=1.0))
    assert replace(found, picture=replace(found.picture, nodata=1.0)) == same


@pytest.mark.parametrize("nodata", [None, 0.0, -9999.0, float("inf"), 3.5])
def test_every_no_data_value_comes_back(header, nodata):
    changed = replace(header, picture=replace(header.picture, nodata=nodata))
    assert parse_header(*pack_header(changed)) == changed


def test_the_header_is_plain_json(header):
    packed, size = pack_header(header)
    text = zlib.decompress(packed)
    assert len(text) == size
    assert json.loads(text)["codec"]["rate"] == 0.5


def test_keys_of_later_releases_are_passed_over(header):
    document = {**header.as_dict(), "color": "blue"}
    text = json.dumps(document).encode()
    assert parse_header(zlib.compress(text), len(text)).software == "neucobench 1.2"


def _changed(header, path, value):
    document = json.loads(zlib.decompress(pack_header(header)[0]))
    *parents, last = path.split(".")
    target = document
    for name in parents:
        target = target[name]
    target[last] = value
    text = json.dumps(document).encode()
    return zlib.compress(text), len(text)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("picture.dtype", "object", r"none of this format \(picture.dtype"),
        ("picture.shape", [1, 2, 40], r"picture.shape"),
        ("picture.shape", [1, 2, 40, 0], r"picture.shape.3"),
        ("convention.scale", 0, r"convention.scale"),
        ("convention.offset", "NaN", r"convention.offset"),
        ("codec", None, r"\(codec"),
        ("kept", 2**40, r"\(kept"),
        ("picture.shape", [1, 2, 40, 29], "contradicts itself"),
        ("picture.shape", [1, 3, 40, 28], "contradicts itself"),
        ("tiling.x.starts", [0, 28], "contradicts itself"),
        ("tiling.x.starts", [], "contradicts itself"),
        ("picture.axes", ["y", "x"], "contradicts itself"),
        ("picture.shape", [2**20, 2**20, 40, 28], "are coded; cut the picture"),
        ("tiling.x.tile", 2**40, "are coded; cut the picture"),
    ],
)
def test_a_header_that_makes_no_sense_is_refused(header, path, value, message):
    with pytest.raises(ContainerError, match=message):
        parse_header(*_changed(header, path, value))


def test_a_header_is_never_inflated_past_the_size_it_declares(header):
    bomb = zlib.compress(bytes(2**24))
    with pytest.raises(ContainerError, match="not the size it declares"):
        parse_header(bomb, 500)


def test_bytes_that_are_no_zlib_stream_are_refused():
    with pytest.raises(ContainerError, match="cannot be inflated"):
        parse_header(b"no stream", 500)


def test_a_header_that_no_reader_would_take_is_not_written(header, monkeypatch):
    monkeypatch.setattr(headers, "MOST_INFLATED", 1000)
    with pytest.raises(CodecError, match="use larger tiles"):
        pack_header(replace(header, layouts=({"text": "x" * 1000},)))
