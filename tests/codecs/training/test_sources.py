"""What is found below a folder, and what had been added to its reflectance."""

import json

import numpy as np
import pytest

from neucobench.codecs.training.find import find_sources
from neucobench.codecs.training.settings import Data
from neucobench.codecs.training.sources import read_block
from neucobench.data.writer import write_cube_file
from neucobench.errors import CodecError


def find(root, **data):
    return find_sources(root, Data.model_validate(data), bands=12, crop=32)


def write_shard(path, values):
    """Write (sample, time, band, y, x) as a shard, two samples in a chunk."""
    import zipfile

    samples = values.shape[0]
    chunks = [2, *values.shape[1:]]
    layout = {
        "zarr_format": 2,
        "shape": list(values.shape),
        "chunks": chunks,
        "dtype": values.dtype.str,
        "compressor": None,
        "fill_value": 0,
        "filters": None,
        "order": "C",
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(".zgroup", json.dumps({"zarr_format": 2}))
        archive.writestr("bands/.zarray", json.dumps(layout))
        for start in range(0, samples, 2):
            chunk = np.zeros(chunks, values.dtype)
            part = values[start : start + 2]
            chunk[: len(part)] = part
            archive.writestr(f"bands/{start // 2}.0.0.0.0", chunk.tobytes())


def test_files_of_all_kinds_have_the_offset_of_their_kind(tmp_path):
    rasterio = pytest.importorskip("rasterio")
    pixels = np.full((12, 32, 32), 7, np.int16)
    np.save(tmp_path / "a.npy", pixels)
    np.save(tmp_path / "b.npy", np.stack([pixels, pixels]))
    here = rasterio.Affine(10, 0, 500_000, 0, -10, 5_000_000)
    profile = {"driver": "GTiff", "width": 32, "height": 32, "count": 12}
    with rasterio.open(
        tmp_path / "c.tif", "w", dtype="int16", transform=here, **profile
    ) as file:
        file.write(pixels)
    write_cube_file(tmp_path / "cubes" / "d.zarr.zip", np.stack([pixels] * 4))
    write_shard(tmp_path / "shards" / "e.zarr.zip", np.stack([[pixels] * 4] * 3))
    blocks = find(tmp_path).training
    assert [
        (block.name, block.kind, block.shape[0], block.convention.offset)
        for block in blocks
    ] == [
        ("a.npy", "array", 1, 0),
        ("b.npy", "array", 2, 0),
        ("c.tif", "tile", 1, 0),
        ("cubes/d.zarr.zip", "cube", 4, 0),
        ("shards/e.zarr.zip", "shard", 8, 1000),
        ("shards/e.zarr.zip", "shard", 4, 1000),
    ]
    for block in blocks:
        assert read_block(block).shape == block.shape
        assert (read_block(block) == 7).all()


def test_the_recipe_says_which_files_differ_from_their_kind(tiles):
    offsets = [{"pattern": "*-2*", "offset": 1000}, {"pattern": "*", "offset": 5}]
    found = find(tiles, offsets=offsets, exclude=["looked-at*"])
    assert [block.convention.offset for block in found.training] == [5, 5, 1000, 5]


def test_files_that_cannot_serve_are_counted_by_reason(tiles):
    np.save(tiles / "radar.npy", np.zeros((2, 48, 48)))
    np.save(tiles / "small.npy", np.zeros((12, 31, 48)))
    np.save(tiles / "flat.npy", np.zeros(12))
    (tiles / "broken.npy").write_bytes(b"no array")
    (tiles / "broken.zarr.zip").write_bytes(b"no archive")
    (tiles / ".hidden.npy").write_bytes(b"a copy that was cut off")
    found = find(tiles, exclude=["place-0*"], validation=["looked-at*"])
    assert {reason: len(names) for reason, names in found.left_out.items()} == {
        "by the recipe": 1,
        "not readable": 3,
        "not 12 bands": 1,
        "smaller than 32 pixels": 1,
    }
    assert [block.name for block in found.training] == [
        *("place-1.npy", "place-2.npy", "place-3.npy")
    ]


def test_validation_is_kept_out_of_training(tiles):
    found = find(tiles, validation=["*-1*", "looked-at*"])
    assert [block.name for block in found.validation] == [
        "looked-at.npy",
        "place-1.npy",
    ]
    assert not {block.name for block in found.training} & {
        "looked-at.npy",
        "place-1.npy",
    }


def test_the_digest_follows_what_is_learned_from(tiles):
    first = find(tiles)
    assert find(tiles).digest == first.digest
    assert find(tiles, validation=["*-1*"]).digest != first.digest
    assert find(tiles, offsets=[{"pattern": "*", "offset": 1}]).digest != first.digest


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            {"include": ["*.tif"]},
            r"nothing to learn from \(5 left out: by the recipe\).*\['\*\.tif'\]",
        ),
        ({"validation": ["nowhere*"]}, r"validation \['nowhere\*'\]; correct"),
    ],
)
def test_a_folder_without_what_is_needed_is_a_sentence(tiles, data, message):
    with pytest.raises(CodecError, match=message):
        find(tiles, **data)


def test_a_folder_that_does_not_exist_is_a_sentence(tmp_path):
    with pytest.raises(CodecError, match="does not exist; give --data a folder"):
        find(tmp_path / "nowhere")
