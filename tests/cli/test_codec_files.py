"""``neucobench codec compress``, ``decompress`` and ``info`` as a user types them."""

import json
import sys
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
import pytest

from neucobench.__main__ import main
from neucobench.codecs import load
from neucobench.codecs.base import CodecIdentity, Coded
from neucobench.data.writer import write_cube_file
from neucobench.errors import UnknownNameError

DIGEST = "5a" * 32
WEIGHTS = "codecs/fp_n32_m48.safetensors"


@dataclass(frozen=True, kw_only=True)
class CopyCodec:
    """Code a stack as its own bytes."""

    identity: CodecIdentity
    bands: int | None = None
    smallest: int = 16

    def encode(self, stacks):
        layout = {"shape": list(stacks.shape[1:])}
        streams = (stack.astype("<f4").tobytes() for stack in stacks)
        return tuple(Coded(streams=(stream,), layout=layout) for stream in streams)

    def decode(self, coded):
        return np.stack(
            [
                np.frombuffer(item.streams[0], "<f4").reshape(item.layout["shape"])
                for item in coded
            ]
        )


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """Return a function that runs the command line with the codec ``copy`` only."""

    def give(name, *, rate=None, weights=None, device=None):
        if name != "copy":
            raise UnknownNameError("codec", name, ["copy"])
        identity = CodecIdentity(
            name="copy",
            version="1",
            rate=rate or 4.0,
            weights=weights or DIGEST,
            options={},
        )
        return CopyCodec(identity=identity)

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["neucobench", *map(str, arguments)])
        code = 0
        try:
            main()
        except SystemExit as stopped:
            code = stopped.code or 0
        return code, *capsys.readouterr()

    monkeypatch.setattr(load, "load_codec", give)
    monkeypatch.chdir(tmp_path)
    return call


@pytest.fixture
def stack(tmp_path):
    """Write ``stack.npy``, (time, band, y, x), and return its values."""
    values = np.random.default_rng(6).integers(1, 9000, (2, 3, 60, 70))
    values[:, :, :5] = 0
    np.save(tmp_path / "stack.npy", values.astype(np.uint16))
    return values


def test_a_stack_goes_there_and_back(run, stack, tmp_path):
    code, out, err = run("codec", "compress", "stack.npy", "--codec", "copy")
    assert (code, out) == (0, "")
    assert "stack.tec: " in err
    assert "bits per pixel and band" in err
    code, out, err = run("codec", "decompress", "stack.tec", "--out", "back.npy")
    assert (code, out) == (0, "")
    assert "back.npy: 2 x 3 x 60 x 70 (time, band, y, x) of uint16" in err
    np.testing.assert_array_equal(np.load(tmp_path / "back.npy"), stack)


def test_json_is_one_document_and_nothing_else(run, stack):
    code, out, _ = run(
        *("codec", "compress", "stack.npy", "--codec", "copy", "--rate", "2"),
        *("--tile", "40", "--overlap", "8", "--nodata", "0", "--offset", "100"),
        *("--out", "a/b.tec", "--json"),
    )
    assert code == 0
    made = json.loads(out)
    assert (made["in"], made["out"]) == ("stack.npy", "a/b.tec")
    assert made["header"]["codec"]["rate"] == 2
    assert made["header"]["missing"] == {"value": 2 * 3 * 5 * 70, "nan": 0}
    assert made["header"]["convention"]["offset"] == 100
    assert made["bits_per_pixel_band"] == 8 * made["bytes"]["file"] / (2 * 3 * 60 * 70)
    code, out, _ = run("codec", "info", "a/b.tec", "--json")
    told = json.loads(out)
    assert (told["bytes"], told["header"]) == (made["bytes"], made["header"])
    code, out, _ = run("codec", "decompress", "a/b.tec", "--out", "c.npy", "--json")
    assert json.loads(out)["missing"] == {"value": 2100, "nan": 0}
    assert (code, json.loads(out)["clipped"]) == (0, 0)


def test_info_prints_the_header_and_that_all_is_intact(run, stack):
    run("codec", "compress", "stack.npy", "--codec", "copy", "--nodata", "0")
    code, out, err = run("codec", "info", "stack.tec")
    assert (code, err) == (0, "")
    assert f"SHA-256 {DIGEST}\n" in out
    assert "2 x 3 x 60 x 70 (time, band, y, x)" in out
    assert "2,100 missing values (2,100 of 0, 8.33%)" in out
    assert "header, index and 1 part intact" in out


def test_a_damaged_file_is_an_error_of_the_input(run, stack, tmp_path):
    run("codec", "compress", "stack.npy", "--codec", "copy")
    content = bytearray((tmp_path / "stack.tec").read_bytes())
    content[-5] ^= 1
    (tmp_path / "stack.tec").write_bytes(content)
    for command in (("info",), ("decompress", "--out", "back.npy")):
        code, out, err = run("codec", command[0], "stack.tec", *command[1:])
        assert (code, out) == (1, "")
        assert "Error: stack.tec: tile 1 of 1: it fails its CRC-32 check" in err
    assert not (tmp_path / "back.npy").exists()


def test_a_file_that_is_no_container_is_an_error_of_the_input(run, stack):
    code, _, err = run("codec", "info", "stack.npy")
    assert code == 1
    assert "this is no .tec container" in err


def test_other_weights_are_refused_with_the_digest_that_is_needed(run, stack, tmp_path):
    run("codec", "compress", "stack.npy", "--codec", "copy")
    command = ("codec", "decompress", "stack.tec", "--out", "back.npy")
    code, _, err = run(*command, "--weights", "other")
    assert code == 1
    assert f"needs the weights of copy with the SHA-256 {DIGEST}" in err
    assert not (tmp_path / "back.npy").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("compress", "stack.npy", "--codec", "coppy"), "Did you mean 'copy'?"),
        (("compress", "stack.jp2", "--codec", "copy"), "none of the endings .tif"),
        (("compress", "stack.npy", "--codec", "copy", "--out", "a.zip"), "in .tec"),
        (("decompress", "made.tec", "--out", "a.png"), "none of the endings .tif"),
        (("compress", ".", "--codec", "copy"), "one stack (time, band, y, x)"),
        (("compress", "stack.npy"), "Missing option '--codec'"),
    ],
)
def test_what_is_not_known_is_an_error_of_the_command_line(
    run, stack, arguments, message
):
    run("codec", "compress", "stack.npy", "--codec", "copy", "--out", "made.tec")
    code, _, err = run("codec", *arguments)
    assert code == 2
    assert message in err


def test_a_file_that_exists_is_replaced_only_on_demand(run, stack):
    command = ("codec", "compress", "stack.npy", "--codec", "copy")
    run(*command)
    assert run(*command)[0] == 1
    assert run(*command, "--overwrite")[0] == 0


def test_a_cube_becomes_an_array_without_what_only_a_store_can_hold(run, tmp_path):
    values = np.ones((4, 12, 20, 20), np.int16)
    attributes = {"crs": "EPSG:4326", "transform": [1, 0, 0, 0, 1, 0]}
    write_cube_file(tmp_path / "cube.zarr.zip", values, attrs=attributes)
    run("codec", "compress", "cube.zarr.zip", "--codec", "copy")
    code, _, err = run("codec", "decompress", "cube.tec", "--out", "cube.npy")
    assert code == 0
    assert "no room for the georeference" in err
    assert "coordinates and attributes of the store were left out" in err
    code, _, err = run("codec", "decompress", "cube.tec", "--out", "cube.tif")
    assert code == 1
    assert "4 seasons, and a GeoTIFF holds one" in err


def test_a_real_tile_keeps_its_georeference_through_a_learned_codec(
    neucobench, shared, tmp_path
):
    rasterio = pytest.importorskip("rasterio")
    if find_spec("compressai") is None:
        pytest.skip("CompressAI is not installed")
    tile = shared / "data/terramesh/S2L2A/282D_485L_3_3.tif"
    weights = ("--weights", shared / "fixtures" / WEIGHTS)
    arguments = ("--codec", "tec-fp", *weights, "--out", "tile.tec", "--tile", "128")
    done = neucobench("codec", "compress", tile, *arguments)
    assert done.returncode == 0, done.stderr
    done = neucobench("codec", "decompress", "tile.tec", *weights, "--out", "tile.tif")
    assert done.returncode == 0, done.stderr
    with rasterio.open(tile) as before, rasterio.open(tmp_path / "tile.tif") as after:
        assert (after.crs, after.transform) == (before.crs, before.transform)
        assert (after.shape, after.dtypes) == (before.shape, before.dtypes)
    done = neucobench("codec", "decompress", "tile.tec", "--out", "other.tif")
    assert done.returncode == 1
    assert "the file needs the weights of tec-fp" in done.stderr


def test_the_example_of_each_command_is_in_its_help(run):
    for command in ("compress", "decompress", "info"):
        code, out, _ = run("codec", command, "--help")
        assert code == 0
        assert f"Example: neucobench codec {command}" in out
