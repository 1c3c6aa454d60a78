"""Rates on a real tile: not worse than what is known, and the transform refits."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from neucobench.codecs.classical.principal import fixed_axes
from neucobench.codecs.load import load_codec

rasterio = pytest.importorskip("rasterio")

# Bits per pixel and band and PSNR (peak 10,000) that were measured on the middle of
# this tile with GDAL's, glymur's and PyAV's defaults before these codecs were written.
# The last two numbers are rates on either side.
KNOWN = [
    ("jpeg2000", 0.160, 37.95, (38, 40)),
    ("jpeg2000", 0.040, 33.22, (34, 36)),
    ("jpeg2000-bands", 0.456, 42.82, (43, 45)),
    ("jpeg2000-bands", 0.068, 32.93, (34, 35)),
    ("jpeg-xl", 0.662, 46.77, (0.8, 1.1)),
    ("webp", 0.161, 38.61, (35, 50)),
    ("webp-bands", 0.245, 39.00, (10, 20)),
    ("x265-bands", 0.132, 40.61, (24, 28)),
    ("x265-bands", 0.685, 50.57, (11, 15)),
]


@pytest.fixture(scope="module")
def tile(shared):
    path = shared / "data/ssl4eo-s12-s2l2a/ssl4eos12_val_0080717_0.tif"
    with rasterio.open(path) as file:
        return file.read()[None, None, :, 4:260, 4:260].astype(np.float32)


def at_rate(name: str, bits: float, rates: tuple[float, float], tile) -> float:
    """Return the PSNR of a codec at some bits per pixel and band, interpolated."""
    points = []
    for rate in rates:
        codec = load_codec(name, rate=rate)
        [coded] = codec.encode(tile)
        error = np.square(codec.decode([coded]) - tile).mean()
        points.append((np.log(coded.bits / tile.size), 10 * np.log10(1e8 / error)))
    points.sort()
    assert points[0][0] < np.log(bits) < points[1][0]
    return float(np.interp(np.log(bits), *zip(*points, strict=True)))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "bits", "psnr", "rates"), KNOWN)
def test_a_codec_is_as_good_as_what_is_known(name, bits, psnr, rates, tile):
    assert at_rate(name, bits, rates, tile) > psnr


def test_the_transform_that_ships_is_fitted_again(shared, checkout):
    script = Path(checkout / "tests/real/fit_klt.py")
    spec = importlib.util.spec_from_file_location("fit_klt", script)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    axes, names = module.fit(shared)
    assert len(names) == 10
    np.testing.assert_allclose(axes, fixed_axes(None), atol=1e-6)
