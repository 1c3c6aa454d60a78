"""The weights that ship, and what they are worth on a place they never saw."""

from hashlib import sha256

import numpy as np
import pytest

from neucobench.codecs.card import codec_card, codec_card_path
from neucobench.codecs.load import load_codec

CARD = codec_card("tec-fp-s")
LARGEST = 2 * 2**20
UNSEEN = "data/ssl4eo-s12-s2l2a/ssl4eos12_val_0121563_{season}.tif"


def psnr_and_bits(name, rate, stacks):
    codec = load_codec(name, rate=rate)
    coded = codec.encode(stacks)
    mse = np.square(codec.decode(coded) - stacks).mean()
    bits = sum(item.bits for item in coded) / stacks.size
    return float(10 * np.log10(1e8 / mse)), bits


@pytest.fixture
def unseen(shared):
    """Return the four seasons of a place that was kept out of training."""
    rasterio = pytest.importorskip("rasterio")
    seasons = []
    for season in range(4):
        with rasterio.open(shared / UNSEEN.format(season=season)) as file:
            seasons.append(file.read().astype(np.float32))
    return np.stack(seasons)[:, None]


@pytest.mark.parametrize("entry", CARD.weights, ids=lambda entry: f"{entry.rate:g}")
def test_each_file_is_small_and_the_one_on_the_card(entry):
    path = codec_card_path(CARD.name).parent / entry.file
    assert path.stat().st_size == entry.bytes <= LARGEST
    assert sha256(path.read_bytes()).hexdigest() == entry.sha256


def test_a_larger_lambda_is_a_better_picture_and_a_longer_stream(unseen):
    found = [psnr_and_bits(CARD.name, rate, unseen) for rate in sorted(CARD.rates)]
    assert found == sorted(found)
    assert sorted(bits for _psnr, bits in found) == [bits for _psnr, bits in found]
    (lowest, _few), *_between, (highest, _many) = found
    assert lowest < 36
    assert highest > 40


@pytest.mark.slow
def test_half_the_bits_of_jpeg2000_give_a_better_picture_below_38_db(unseen):
    pytest.importorskip("imagecodecs")
    points = [psnr_and_bits(CARD.name, rate, unseen) for rate in sorted(CARD.rates)]
    psnr, bits = np.array(points).T
    for target in (34, 36, 38):
        reached, theirs = psnr_and_bits("jpeg2000-bands", target, unseen)
        if psnr[0] <= reached <= 38:
            ours = np.exp(np.interp(reached, psnr, np.log(bits)))
            assert ours < 0.5 * theirs, reached
