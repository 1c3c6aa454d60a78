"""The weights for stacks that ship, and what they are worth on an unseen place."""

from hashlib import sha256

import numpy as np
import pytest

from neucobench.codecs.card import codec_card, codec_card_path
from neucobench.codecs.load import load_codec

NAMES = ("flextec-s", "tec-tt-s")
LARGEST = 4 * 2**20
UNSEEN = "data/ssl4eo-s12-s2l2a/ssl4eos12_val_0121563_{season}.tif"


def psnr_and_bits(name, rate, stack):
    codec = load_codec(name, rate=rate)
    (coded,) = codec.encode(stack)
    mse = np.square(codec.decode([coded]) - stack).mean()
    return float(10 * np.log10(1e8 / mse)), coded.bits / stack.size


@pytest.fixture
def unseen(shared):
    """Return part of the four seasons of a place that was kept out of training."""
    rasterio = pytest.importorskip("rasterio")
    seasons = []
    for season in range(4):
        with rasterio.open(shared / UNSEEN.format(season=season)) as file:
            seasons.append(file.read()[:, :128, :128].astype(np.float32))
    return np.stack(seasons)[None]


@pytest.mark.parametrize("name", NAMES)
def test_each_file_is_small_and_the_one_on_the_card(name):
    for entry in codec_card(name).weights:
        path = codec_card_path(name).parent / entry.file
        assert path.stat().st_size == entry.bytes <= LARGEST
        assert sha256(path.read_bytes()).hexdigest() == entry.sha256


def test_a_higher_quality_is_a_better_picture_and_a_longer_stream(unseen):
    found = [psnr_and_bits("flextec-s", quality, unseen) for quality in (1, 4, 16)]
    assert found == sorted(found)
    assert sorted(bits for _psnr, bits in found) == [bits for _psnr, bits in found]
    (lowest, few), _between, (highest, many) = found
    assert lowest > 29
    assert highest > 39
    assert few < 0.2 * many


def test_the_rigid_one_is_a_sane_point(unseen):
    psnr, bits = psnr_and_bits("tec-tt-s", None, unseen)
    assert psnr > 36
    assert bits < 0.03
