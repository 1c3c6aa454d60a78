"""Crops and the pool behind them: what is drawn depends on seed and step alone."""

from collections import Counter

import numpy as np
import pytest

from neucobench.codecs.standardize import restore
from neucobench.codecs.training.crops import Crops, draw_ahead, lacks_data
from neucobench.codecs.training.find import find_sources
from neucobench.codecs.training.pool import Pool
from neucobench.codecs.training.settings import Augment, Data
from neucobench.errors import CodecError

PLAIN = Augment(flips=False, turns=False, radiometry=0.0)


@pytest.fixture
def open_crops(tiles):
    """Return a function that opens the crops of the tiles."""
    pools = []

    def make(*, limit=2**30, steps=5, data=None, augment=PLAIN, seed=0, **options):
        blocks = find_sources(tiles, data or Data(), bands=12, crop=32).training
        pools.append(Pool(blocks, seed=seed, limit=limit, steps=steps))
        options = {"size": 32, "batch": 4, **options}
        return Crops(pool=pools[-1], seed=seed, augment=augment, **options)

    yield make
    for pool in pools:
        pool.close()


def test_equal_steps_give_equal_crops_in_any_order(open_crops):
    crops = open_crops(augment=Augment(radiometry=1.0))
    forward = [crops.draw(step).pixels for step in (1, 2, 3)]
    backward = [crops.draw(step).pixels for step in (3, 2, 1)]
    np.testing.assert_array_equal(forward, backward[::-1])
    assert (forward[0] != forward[1]).any()


def test_threads_that_draw_ahead_change_nothing(open_crops):
    # Parts of one tile each, which serve for two steps.
    crops = open_crops(limit=1, steps=2)
    alone = [crops.draw(step).pixels for step in range(3, 13)]
    ahead = list(draw_ahead(crops, range(3, 13), workers=3))
    assert [batch.step for batch in ahead] == list(range(3, 13))
    np.testing.assert_array_equal([batch.pixels for batch in ahead], alone)


def test_processes_share_the_crops_of_one(open_crops):
    whole = open_crops().draw(7).pixels
    parts = [open_crops(share=(rank, 2)).draw(7).pixels for rank in (0, 1)]
    np.testing.assert_array_equal(whole[0::2], parts[0])
    np.testing.assert_array_equal(whole[1::2], parts[1])


def test_every_pass_reads_every_block_once_and_in_another_order(open_crops):
    pool = open_crops(limit=1, steps=1).pool
    turns = [pool.pictures(step)[0].pixels for step in range(1, 16)]
    marks = [int(picture.astype(np.int64).sum()) for picture in turns]
    passes = [marks[start : start + 5] for start in (0, 5, 10)]
    assert len({tuple(one) for one in passes}) > 1
    assert all(Counter(one) == Counter(set(marks)) for one in passes)


def test_what_was_added_is_taken_off(open_crops):
    shifted = Data.model_validate({"offsets": [{"pattern": "*", "offset": 1000}]})
    plain = restore(open_crops().draw(1).pixels)
    moved = restore(open_crops(data=shifted).draw(1).pixels)
    np.testing.assert_allclose(plain - moved, 1000, atol=1e-2)


def test_a_gain_is_the_same_for_all_bands(open_crops):
    varied = Augment(flips=False, turns=False, radiometry=1.0, gain=0.3, offset=0.0)
    ratio = restore(open_crops(augment=varied, batch=1).draw(1).pixels)
    # The generator draws the place before it draws the gain.
    ratio = ratio / restore(open_crops(batch=1).draw(1).pixels)
    assert abs(ratio.mean() - 1) > 0.01
    np.testing.assert_allclose(ratio, ratio.mean(), rtol=1e-4)


def test_crops_without_data_are_skipped_and_counted(open_crops, tiles):
    for path in sorted(tiles.glob("*.npy"))[1:]:
        path.unlink()
    pixels = np.load(tiles / "looked-at.npy")
    # Of all corners of crops, a few remain.
    pixels[:, 36:] = 0
    np.save(tiles / "looked-at.npy", pixels)
    batches = [open_crops().draw(step) for step in range(1, 6)]
    assert sum(batch.skipped for batch in batches) > 10
    for batch in batches:
        assert not lacks_data(restore(batch.pixels).round().reshape(48, 32, 32))
        assert restore(batch.pixels).min() > 0.5


def test_a_folder_of_gaps_is_a_sentence(open_crops, tiles):
    for path in tiles.glob("*.npy"):
        np.save(path, np.zeros((12, 48, 48), np.int16))
    with pytest.raises(CodecError, match="50 crops in a row had pixels without data"):
        open_crops().draw(1)


def test_zero_in_some_bands_is_data_and_nan_is_not():
    pixels = np.ones((12, 4, 4), np.float32)
    pixels[:11, 0, 0] = 0
    assert not lacks_data(pixels)
    pixels[3, 2, 2] = np.nan
    assert lacks_data(pixels)


def test_pictures_with_a_weight_are_drawn_as_often(open_crops, tiles):
    for path in sorted(tiles.glob("*.npy")):
        np.save(path, np.full((12, 48, 48), 500, np.int16))
    np.save(tiles / "place-2.npy", np.full((12, 48, 48), 900, np.int16))
    data = Data.model_validate({"weights": [{"pattern": "*-2*", "weight": 4}]})
    crops = open_crops(data=data, batch=400)
    means = restore(crops.draw(1).pixels).mean(axis=(1, 2, 3))
    assert (means > 700).mean() == pytest.approx(0.5, abs=0.1)


def test_zoomed_and_mixed_crops_have_the_size_of_the_others(open_crops):
    varied = Augment(radiometry=1.0, bands=1.0, zoom=1.0, mix=1.0)
    batch = open_crops(augment=varied).draw(1)
    assert batch.pixels.shape == (4, 12, 32, 32)
    assert batch.pixels.dtype == np.float32
    np.testing.assert_array_equal(
        batch.pixels, open_crops(augment=varied).draw(1).pixels
    )
