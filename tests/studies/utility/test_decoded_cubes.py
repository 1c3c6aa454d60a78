"""What an encoder is given of a decoded cube, and what is noted beside its vector."""

import numpy as np
import pytest

from neucobench.encoders.base import CubeBatch
from neucobench.encoders.checking import check_encoder
from neucobench.encoders.load import load_encoder
from neucobench.studies.utility.decoded_cubes import MEASURES, DecodedCubes
from neucobench.studies.utility.request import CodecSetting

pytestmark = pytest.mark.usefixtures("block_codecs")


class Recorder:
    """Keep the pixels that it is given."""

    name = "recorder"
    modalities = ("s1", "s2l2a")
    dims = 2
    seasons = (0, 2)

    def __init__(self, offset=0):
        self.offset = offset
        self.seen = []

    def encode(self, batch):
        self.seen.append({name: array.copy() for name, array in batch.arrays.items()})
        return np.full((len(batch), 2), 7.0, np.float32)


def make_batch(offset=0):
    rng = np.random.default_rng(1)
    pixels = rng.integers(1, 8000, (2, 2, 12, 16, 16)).astype(np.int16)
    pixels[1, 0, :, :4] = 0
    return CubeBatch(
        ids=("a", "b"),
        arrays={
            "s1": rng.normal(-12, 4, (2, 2, 2, 16, 16)).astype(np.float32),
            "s2l2a": pixels + np.int16(offset),
        },
        offsets={"s1": 0, "s2l2a": offset},
    )


def decode_with(reader, rate=100.0):
    setting = CodecSetting(codec="blocks", rate=rate)
    return DecodedCubes(
        reader=check_encoder(reader), fitted="", setting=setting, device="cpu"
    )


def test_the_reader_gets_what_the_codec_leaves_in_the_type_that_was_read():
    reader, batch = Recorder(), make_batch()
    decode_with(reader).encode(batch)
    pixels = batch.arrays["s2l2a"][0].astype(float)
    means = np.rint(pixels.mean(axis=(2, 3)) / 100) * 100
    seen = reader.seen[0]["s2l2a"]
    assert seen.dtype == np.int16
    np.testing.assert_array_equal(
        seen[0], np.broadcast_to(means[..., None, None], pixels.shape)
    )


def test_pixels_without_data_stay_without_data():
    reader, batch = Recorder(), make_batch()
    decode_with(reader).encode(batch)
    seen = reader.seen[1]["s2l2a"][0]
    np.testing.assert_array_equal(seen == 0, batch.arrays["s2l2a"][1] == 0)


def test_the_other_modality_is_passed_on_unchanged():
    reader, batch = Recorder(), make_batch()
    decode_with(reader).encode(batch)
    for row, seen in enumerate(reader.seen):
        np.testing.assert_array_equal(seen["s1"][0], batch.arrays["s1"][row])


def test_what_the_reader_wants_added_is_not_coded():
    plain, shifted = Recorder(), Recorder(offset=1000)
    first = decode_with(plain).encode(make_batch())
    second = decode_with(shifted).encode(make_batch(offset=1000))
    np.testing.assert_array_equal(first, second)
    for one, other in zip(plain.seen, shifted.seen, strict=True):
        np.testing.assert_array_equal(one["s2l2a"] + 1000, other["s2l2a"])


def test_the_measures_stand_behind_the_vector():
    batch = make_batch()
    row = decode_with(Recorder()).encode(batch)[1]
    measures = dict(zip(MEASURES, row[2:], strict=True))
    assert row[:2].tolist() == [7, 7]
    assert measures["stored_bytes"] == 2 * measures["values"] == 2 * 2 * 12 * 256
    assert measures["valid"] == (batch.arrays["s2l2a"][1] != 0).sum()
    assert 0 < measures["bytes"] < 200
    assert measures["squared_error"] > 1e5


def test_it_reads_what_its_reader_reads():
    encoder = decode_with(Recorder(offset=1000))
    assert (encoder.offset, encoder.seasons) == (1000, (0, 2))
    assert encoder.modalities == ("s1", "s2l2a")
    assert [block.name for block in encoder.blocks] == ["recorder", "coding"]
    assert encoder.dims == 2 + len(MEASURES)


def test_the_record_tells_codecs_rates_and_readers_apart():
    reader = load_encoder("bandstats", options={"inputs": "s2l2a"})
    other = load_encoder("bandstats", options={"inputs": "s2l2a,s1"})
    records = [
        decode_with(reader).options,
        decode_with(reader, rate=10.0).options,
        decode_with(other).options,
    ]
    assert len({tuple(sorted(record.items())) for record in records}) == 3
