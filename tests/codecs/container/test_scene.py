"""A whole scene: bounded memory, and no seams where tiles meet."""

import json
import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest

from neucobench.codecs.container.tiling import Axis
from neucobench.codecs.files.compress import CompressOptions
from neucobench.codecs.load import load_codec
from neucobench.data.bands import S2L2A

SIDE = 1098
MOST_MEMORY = 2_000_000_000
BANDS = S2L2A.bands


@pytest.fixture(scope="module")
def scene():
    """Return texture that is the same everywhere, (band, y, x), int16."""
    rng = np.random.default_rng(12)
    waves = rng.normal(size=(3, SIDE // 2 + 1, SIDE // 2 + 1))
    fine = np.repeat(np.repeat(waves, 2, axis=1), 2, axis=2)[:, :SIDE, :SIDE]
    smooth = sum(np.roll(fine, (y, x), axis=(1, 2)) for y in range(5) for x in range(5))
    mixed = np.tensordot(rng.normal(size=(12, 3)), smooth, axes=1)
    noise = rng.normal(size=mixed.shape)
    return (3000 + 60 * mixed + 15 * noise).astype(np.int16)


@pytest.fixture(scope="module")
def scene_file(scene, tmp_path_factory):
    """Write the scene as a GeoTIFF."""
    rasterio = pytest.importorskip("rasterio")
    path = tmp_path_factory.mktemp("scene") / "scene.tif"
    place = {"crs": "EPSG:32633", "transform": rasterio.Affine(10, 0, 0, 0, -10, 0)}
    shape = {"count": 12, "height": SIDE, "width": SIDE, "dtype": "int16"}
    with rasterio.open(path, "w", driver="GTiff", **shape, **place) as file:
        file.descriptions = BANDS
        file.write(scene)
    return path


def neucobench(*arguments):
    """Run a command in a process of its own; return its JSON document."""
    command = [sys.executable, "-m", "neucobench", *map(str, arguments), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def check_memory(scene_file, scene, *options):
    """Code the scene there and back; return the largest error of a value."""
    rasterio = pytest.importorskip("rasterio")
    container, back = scene_file.with_suffix(".tec"), scene_file.with_name("back.tif")
    command = ("codec", "compress", scene_file, *options, "--overwrite")
    made = neucobench(*command)
    weights = options[2:4] if "--weights" in options else ()
    command = ("codec", "decompress", container, "--out", back, "--overwrite")
    restored = neucobench(*command, *weights)
    assert made["peak_memory"] < MOST_MEMORY
    assert restored["peak_memory"] < MOST_MEMORY
    with rasterio.open(back) as file, rasterio.open(scene_file) as source:
        assert (file.crs, file.transform) == (source.crs, source.transform)
        assert file.descriptions == BANDS
        assert file.shape == scene.shape[1:]


@pytest.mark.slow
def test_a_scene_through_jpeg2000_takes_less_than_two_gigabytes(scene_file, scene):
    pytest.importorskip("imagecodecs")
    check_memory(scene_file, scene, "--codec", "jpeg2000")


@pytest.mark.slow
def test_a_scene_through_a_learned_codec_takes_less_than_two_gigabytes(
    scene_file, scene, shared
):
    if find_spec("compressai") is None:
        pytest.skip("CompressAI is not installed")
    weights = shared / "fixtures/codecs/fp_n32_m48.safetensors"
    check_memory(scene_file, scene, "--codec", "tec-fp", "--weights", weights)


def shared_pixels(axis: Axis):
    """Return where tiles overlap, (pixels,)."""
    count = np.zeros(axis.size, int)
    for index in range(len(axis)):
        count[axis.span(index)] += 1
    return count > 1


def psnr(reference, restored):
    """Return the peak signal-to-noise ratio in dB, peak 10,000."""
    error = reference.astype(np.float64) - restored
    return 10 * np.log10(10_000**2 / np.mean(error**2))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["jpeg2000", "tec-fp-s"])
def test_places_where_tiles_overlap_are_no_worse_than_others(
    there_and_back, scene, tmp_path, name
):
    if find_spec("imagecodecs" if name == "jpeg2000" else "compressai") is None:
        pytest.skip("a package of the extra 'codecs' is not installed")
    cut = scene[:, :500, :500]
    np.save(tmp_path / "scene.npy", cut)
    options = CompressOptions(tile=256, overlap=32)
    codec, out = load_codec(name), tmp_path / "back.npy"
    report, _ = there_and_back(tmp_path / "scene.npy", codec, out, options=options)
    tiling = report.header.tiling
    rows, columns = shared_pixels(tiling.y), shared_pixels(tiling.x)
    overlap = rows[:, None] | columns[None]
    back = np.load(out)
    within = psnr(cut[:, ~overlap], back[:, ~overlap])
    assert psnr(cut[:, overlap], back[:, overlap]) > within - 0.1
