"""What a temporal codec makes of cubes, pooled: of a small one with random weights."""

import json
import pickle
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import torch

from neucobench.codecs.standardize import standardize
from neucobench.codecs.temporal.features import stack_features
from neucobench.codecs.temporal.weights import load_temporal
from neucobench.embeddings.files import read_embeddings
from neucobench.encoders.base import CubeBatch
from neucobench.encoders.latents import LatentsEncoder
from neucobench.encoders.running.run import encode_folder
from neucobench.encoders.temporal import TemporalEncoder
from neucobench.errors import CubeError, UnknownNameError, UsageError

WIDTH = 32
FLEXIBLE = "flextec"


@pytest.fixture
def make(temporal_weights):
    """Return a function that makes an encoder with random weights."""

    def temporal(codec: str = "tec-tt", **options) -> TemporalEncoder:
        return TemporalEncoder(codec=codec, weights=temporal_weights[codec], **options)

    return temporal


def make_batch(
    size: int = 64, seasons: int = 4, level: str = "s2l2a", offset: int = 0
) -> CubeBatch:
    rng = np.random.default_rng(size + seasons)
    bands = 13 if level == "s2l1c" else 12
    pixels = rng.integers(1, 8000, (2, seasons, bands, size, size)).astype(np.int16)
    return CubeBatch(
        ids=("a", "b"),
        arrays={level: pixels + np.int16(offset)},
        offsets={level: offset},
    )


def features_of(batch: CubeBatch, path: str):
    """Return what the network makes of both cubes, one after the other."""
    network, _ = load_temporal(Path(path))
    stacks = standardize(batch.arrays["s2l2a"].astype(np.float32))
    return [stack_features(network, torch.from_numpy(x[None])) for x in stacks]


def test_features_stand_side_by_side_each_with_its_statistics(make, temporal_weights):
    batch = make_batch()
    rows = []
    for found in features_of(batch, temporal_weights["tec-tt"]):
        joint = found.z_joint[0, 1:].flatten(1, 2)
        current = found.z_cur[0].flatten(1, 2)
        latents = found.latents[0].flatten(2).transpose(1, 2)
        rate = found.bits[0].flatten(2).transpose(1, 2)
        parts = [
            statistic.mean(dim=0)
            for places in (joint, current, latents, rate)
            for statistic in (places.mean(dim=1), places.std(dim=1, correction=0))
        ]
        rows.append(torch.cat(parts))
    encoder = make()
    assert encoder.dims == 2 * (WIDTH + WIDTH + 16 + 16)
    vectors = encoder.encode(batch)
    np.testing.assert_allclose(vectors, torch.stack(rows), rtol=1e-4, atol=1e-5)


def test_what_is_chosen_comes_in_the_order_it_is_named_in(make):
    batch = make_batch()
    both = make(features="rate,z_cur", pool="max,mean").encode(batch)
    rate = make(features="rate", pool="max,mean").encode(batch)
    z_cur = make(features="z_cur", pool="max,mean").encode(batch)
    np.testing.assert_array_equal(both, np.concatenate([rate, z_cur], axis=1))
    assert (rate[:, :16] >= rate[:, 16:]).all()


def test_seasons_are_averaged_or_the_last_taken_or_put_side_by_side(make):
    batch = make_batch()
    options = {"features": "z_joint", "pool": "mean"}
    mean, last, apart = (
        make(season=season, **options).encode(batch)
        for season in ("mean", "last", "concat")
    )
    apart = apart.reshape(2, 4, WIDTH)
    np.testing.assert_array_equal(last, apart[:, -1])
    np.testing.assert_allclose(mean, apart.mean(axis=1), rtol=1e-5, atol=1e-6)


def test_the_last_season_has_seen_the_one_before(make):
    batch = make_batch(seasons=2)
    changed = batch.arrays["s2l2a"].copy()
    changed[:, 0] = changed[::-1, 0]
    other = CubeBatch(ids=batch.ids, arrays={"s2l2a": changed}, offsets=batch.offsets)
    for feature, same in (("latents", True), ("z_joint", False), ("z_cur", False)):
        encoder = make(features=feature, season="last")
        vectors = encoder.encode(batch), encoder.encode(other)
        assert np.array_equal(*vectors) is same, feature


@pytest.mark.parametrize("seasons", [1, 2, 5])
@pytest.mark.parametrize("size", [16, 40])
def test_any_number_of_seasons_of_any_size_is_encoded(make, seasons, size):
    vectors = make().encode(make_batch(size=size, seasons=seasons))
    assert vectors.shape == (2, 192)
    assert np.isfinite(vectors).all()
    assert len(np.unique(vectors, axis=0)) == 2


def test_four_seasons_are_needed_side_by_side(make):
    with pytest.raises(CubeError, match="3 seasons and season=concat needs 4"):
        make(season="concat").encode(make_batch(seasons=3))


def test_a_cube_smaller_than_the_codec_takes_is_refused(make):
    with pytest.raises(CubeError, match=r"8 x 8 pixels.*16 x 16 or more"):
        make().encode(make_batch(size=8))


def test_a_codec_for_l1c_reads_l1c(make, temporal_weights):
    batch = make_batch(level="s2l1c")
    latents = LatentsEncoder(codec="tec-tt-l1c", weights=temporal_weights["tec-tt-l1c"])
    for encoder in (make("tec-tt-l1c"), latents):
        assert encoder.modalities == ("s2l1c",)
        assert encoder.encode(batch).shape == (2, encoder.dims)


def test_what_the_reader_added_is_taken_off_again(make):
    plain, shifted = make_batch(), make_batch(offset=1000)
    np.testing.assert_array_equal(make().encode(shifted), make().encode(plain))


def test_cubes_that_carry_the_shift_are_encoded_with_an_option(make):
    plain = make_batch()
    stored = CubeBatch(
        ids=plain.ids,
        arrays={"s2l2a": plain.arrays["s2l2a"] + np.int16(1000)},
        offsets=plain.offsets,
    )
    vectors = make(shift=-1000).encode(stored)
    np.testing.assert_array_equal(vectors, make().encode(plain))


@pytest.mark.parametrize("codec", ["tec-tt", FLEXIBLE])
def test_the_latents_of_temporal_codecs_are_pooled_as_those_of_others(
    make, temporal_weights, codec
):
    batch = make_batch()
    plain = LatentsEncoder(
        codec=codec, weights=temporal_weights[codec], pool="mean,std"
    )
    vectors = make(codec, features="latents").encode(batch)
    np.testing.assert_array_equal(vectors, plain.encode(batch))


def test_a_flexible_codec_at_a_low_quality_keeps_less(make, temporal_weights):
    batch = make_batch()
    latents, bits = {}, {}
    for quality in (2, 16):
        named = {
            "codec": FLEXIBLE,
            "weights": temporal_weights[FLEXIBLE],
            "rate": quality,
        }
        latents[quality] = LatentsEncoder(pool="std", **named).encode(batch)
        encoder = make(FLEXIBLE, rate=quality, features="rate", pool="mean")
        assert encoder.recorded["rate"] == str(quality)
        bits[quality] = encoder.encode(batch).sum()
    assert latents[2].mean() < latents[16].mean()
    assert 0 < bits[2] < bits[16] / 4


def test_other_heads_change_what_attention_sees_and_no_latents(make):
    batch = make_batch()
    for feature, same in (("latents", True), ("z_cur", False)):
        given = make(features=feature).encode(batch)
        other = make(features=feature, heads=2).encode(batch)
        assert np.array_equal(given, other) is same, feature
    assert make(heads=2).recorded["heads"] == "2"
    assert make().recorded["heads"] == "4"


def test_heads_that_cannot_share_the_width_are_refused(make):
    with pytest.raises(UsageError, match=r"heads=5.*32 wide"):
        make(heads=5).prepare()


def test_a_codec_of_single_seasons_is_refused_with_the_temporal_ones():
    with pytest.raises(UsageError, match=r"tec-fp-s codes each season.*tec-tt"):
        TemporalEncoder(codec="tec-fp-s").prepare()


@pytest.mark.parametrize(
    "options",
    [{"features": "z_joint,sigma"}, {"pool": "median"}, {"season": "sum"}],
)
def test_an_unknown_choice_gets_the_known_ones(options):
    with pytest.raises(UnknownNameError):
        TemporalEncoder(**options)


@pytest.mark.parametrize("options", [{"features": "rate,rate"}, {"pool": "max,max"}])
def test_nothing_is_taken_twice(options):
    with pytest.raises(UsageError, match="may stand once"):
        TemporalEncoder(**options)


def test_it_travels_to_a_worker(make):
    batch = make_batch()
    encoder = pickle.loads(pickle.dumps(make(features="z_cur,rate")))
    expected = make(features="z_cur,rate").encode(batch)
    np.testing.assert_array_equal(encoder.encode(batch), expected)


def test_cubes_are_encoded_alone_in_any_batch(make):
    batch = make_batch(size=100)
    whole = make().encode(batch)
    for row in range(2):
        arrays = {"s2l2a": batch.arrays["s2l2a"][row : row + 1]}
        alone = CubeBatch(
            ids=batch.ids[row : row + 1], arrays=arrays, offsets=batch.offsets
        )
        np.testing.assert_array_equal(make().encode(alone)[0], whole[row])


def test_bits_do_not_depend_on_workers_and_the_file_says_what_it_was(
    make, temporal_weights, cubes, tmp_path
):
    tables = []
    for workers in (1, 3):
        encoder = make()
        out = tmp_path / f"{workers}.parquet"
        encode_folder(cubes, encoder, out, workers=workers, shard_rows=2)
        tables.append(read_embeddings(out))
    np.testing.assert_array_equal(tables[0].values, tables[1].values)
    metadata = tables[0].metadata
    options = json.loads(metadata["options"])
    digest = sha256(Path(temporal_weights["tec-tt"]).read_bytes()).hexdigest()
    assert options["weights"] == f"sha256:{digest}"
    assert (options["rate"], options["heads"]) == ("5", "4")
    assert (metadata["encoder"], metadata["modalities"]) == ("temporal", "s2l2a")


@pytest.mark.parametrize("codec", ["tec-tt", "tec-tt-l1c", "flextec"])
def test_the_length_for_published_weights_is_known_before_they_are_fetched(codec):
    assert TemporalEncoder(codec=codec).dims == 2 * (768 + 768 + 192 + 192)
    assert TemporalEncoder(codec=codec, features="rate", season="concat").dims == 1536


def test_an_unknown_codec_gets_a_suggestion():
    with pytest.raises(UnknownNameError, match="'tec-tt'"):
        TemporalEncoder(codec="tec-t").prepare()
