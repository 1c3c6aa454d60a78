"""Pooled latents: of a codec made in the test, and of TEC-FP with random weights."""

import json
import pickle
import subprocess
import sys

import numpy as np
import pytest

from neucobench.embeddings.files import read_embeddings
from neucobench.encoders.base import CubeBatch
from neucobench.encoders.latents import LatentsEncoder
from neucobench.encoders.load import load_encoder
from neucobench.encoders.pooled_latents import cell_edges, pool_latents
from neucobench.encoders.running.run import encode_folder
from neucobench.errors import CubeError, MissingExtraError, UnknownNameError, UsageError

pytestmark = pytest.mark.usefixtures("block_codecs")

WITHOUT_EXTRA = """
import sys
sys.modules["compressai"] = None
from neucobench.encoders.load import load_encoder
try:
    load_encoder("latents", options={"codec": "tec-fp"}, weights=sys.argv[1])
except ImportError as error:
    print(type(error).__name__, error)
"""


def make_batch(size: int = 32, seasons: int = 4, offset: int = 0) -> CubeBatch:
    rng = np.random.default_rng(size + seasons)
    pixels = rng.integers(1, 8000, (2, seasons, 12, size, size)).astype(np.int16)
    return CubeBatch(
        ids=("a", "b"),
        arrays={"s2l2a": pixels + np.int16(offset)},
        offsets={"s2l2a": offset},
    )


def block_means(batch: CubeBatch, rate: float = 100) -> np.ndarray:
    """Return (samples, season, band, y, x), the latents of the codec ``blocks``."""
    pixels = batch.arrays["s2l2a"].astype(float)
    parts = pixels.reshape(*pixels.shape[:3], pixels.shape[3] // 16, 16, -1, 16)
    return np.rint(parts.mean(axis=(4, 6)) / rate)


@pytest.fixture(scope="session")
def tec_fp_weights(tmp_path_factory):
    """Return a file with random weights whose latents do not all round to zero."""
    import torch
    from safetensors.torch import save_file

    try:
        from neucobench.codecs.factorized import FactorizedPrior
    except MissingExtraError as error:
        pytest.skip(str(error))

    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = FactorizedPrior(12, 8, 6)
    with torch.no_grad():
        network.g_a[6].weight *= 40
    path = tmp_path_factory.mktemp("weights") / "random_lambda-10.safetensors"
    tables = ("_offset", "_quantized_cdf", "_cdf_length")
    tensors = network.state_dict().items()
    save_file({key: value for key, value in tensors if not key.endswith(tables)}, path)
    return path


def test_mean_deviation_and_maximum_of_each_channel_are_averaged_over_seasons():
    batch = make_batch()
    latents = block_means(batch)
    expected = np.concatenate(
        [
            latents.mean(axis=(3, 4)).mean(axis=1),
            latents.std(axis=(3, 4)).mean(axis=1),
            latents.max(axis=(3, 4)).mean(axis=1),
        ],
        axis=1,
    )
    encoder = LatentsEncoder(codec="blocks")
    assert encoder.dims == 36
    np.testing.assert_allclose(encoder.encode(batch), expected, rtol=1e-6)


def test_seasons_side_by_side_come_first_in_the_vector():
    batch = make_batch()
    vectors = LatentsEncoder(codec="blocks", pool="mean", season="concat").encode(batch)
    expected = block_means(batch).mean(axis=(3, 4)).reshape(2, -1)
    np.testing.assert_allclose(vectors, expected, rtol=1e-6)


def test_a_grid_as_fine_as_the_latents_keeps_each_of_them():
    batch = make_batch()
    encoder = LatentsEncoder(codec="blocks", pool="mean", grid=2)
    expected = block_means(batch).mean(axis=1).transpose(0, 2, 3, 1).reshape(2, -1)
    assert encoder.dims == 48
    np.testing.assert_allclose(encoder.encode(batch), expected, rtol=1e-6)


def test_statistics_of_a_cell_stand_before_those_of_the_next_cell():
    latents = np.arange(8, dtype=np.float32).reshape(1, 2, 2, 2)
    edges = cell_edges(2, 2)
    pooled = pool_latents(latents, ("mean", "max"), [slice(0, 2)], edges)
    assert pooled.shape == (1, 1, 2, 2, 2)
    np.testing.assert_array_equal(pooled[0, 0, 0], [[1, 5], [2, 6]])


@pytest.mark.parametrize(("length", "cells"), [(1, 1), (4, 2), (5, 3), (17, 4)])
def test_cells_cover_an_axis_and_none_is_empty(length, cells):
    edges = cell_edges(length, cells)
    covered = {place for edge in edges for place in range(length)[edge]}
    assert covered == set(range(length))
    assert len(edges) == cells
    assert all(edge.stop > edge.start for edge in edges)


def test_the_rate_changes_the_latents():
    batch = make_batch()
    fine, coarse = (LatentsEncoder(codec="blocks", rate=rate) for rate in (10, 1000))
    ratio = fine.encode(batch)[:, 0] / coarse.encode(batch)[:, 0]
    np.testing.assert_allclose(ratio, 100, rtol=0.2)


def test_what_the_reader_added_is_taken_off_again():
    plain, shifted = make_batch(), make_batch(offset=1000)
    encoder = LatentsEncoder(codec="blocks")
    np.testing.assert_array_equal(encoder.encode(shifted), encoder.encode(plain))


def test_cubes_that_carry_the_shift_are_encoded_with_an_option():
    plain = make_batch()
    stored = CubeBatch(
        ids=plain.ids,
        arrays={"s2l2a": plain.arrays["s2l2a"] + np.int16(1000)},
        offsets=plain.offsets,
    )
    encoder = LatentsEncoder(codec="blocks", shift=-1000)
    expected = LatentsEncoder(codec="blocks").encode(plain)
    np.testing.assert_array_equal(encoder.encode(stored), expected)


def test_the_file_says_which_rate_and_which_weights_it_was(cubes, tmp_path):
    encoder = load_encoder("latents", options={"codec": "blocks"})
    encode_folder(cubes, encoder, tmp_path / "a.parquet")
    metadata = read_embeddings(tmp_path / "a.parquet").metadata
    options = json.loads(metadata["options"])
    assert options["rate"] == "100"
    assert options["weights"] == "None"
    assert options["codec_version"] == "1"
    assert (metadata["encoder"], metadata["modalities"]) == ("latents", "s2l2a")


def test_an_encoder_made_by_hand_leaves_the_same_record(cubes, tmp_path):
    files = []
    by_name = load_encoder("latents", options={"codec": "blocks"})
    for number, encoder in enumerate([by_name, LatentsEncoder(codec="blocks")]):
        files.append(tmp_path / f"{number}.parquet")
        encode_folder(cubes, encoder, files[-1])
    first, second = (json.loads(read_embeddings(f).metadata["options"]) for f in files)
    assert {key: second[key] for key in first} == first


def test_a_codec_without_latents_is_refused_with_what_to_give():
    with pytest.raises(UsageError, match=r"plain-blocks has no latents.*--encoder dct"):
        load_encoder("latents", options={"codec": "plain-blocks"})


def test_an_unknown_codec_gets_a_suggestion():
    with pytest.raises(UnknownNameError, match="'blocks'"):
        load_encoder("latents", options={"codec": "block"})


@pytest.mark.parametrize(
    "options",
    [{"pool": "mean,median"}, {"season": "sum"}],
)
def test_an_unknown_choice_gets_the_known_ones(options):
    with pytest.raises(UnknownNameError):
        LatentsEncoder(codec="blocks", **options)


@pytest.mark.parametrize("options", [{"pool": "mean,mean"}, {"grid": 0}])
def test_impossible_options_are_refused(options):
    with pytest.raises(UsageError, match="each statistic may stand once"):
        LatentsEncoder(codec="blocks", **options)


def test_a_cube_smaller_than_the_codec_takes_is_refused():
    with pytest.raises(CubeError, match=r"8 x 8 pixels.*16 x 16 or more"):
        LatentsEncoder(codec="blocks").encode(make_batch(size=8))


def test_a_grid_finer_than_the_latents_is_refused_with_the_finest():
    with pytest.raises(CubeError, match="grid=2 or less"):
        LatentsEncoder(codec="blocks", grid=3).encode(make_batch())


def test_pixels_that_are_no_numbers_are_refused():
    batch = make_batch()
    pixels = batch.arrays["s2l2a"].astype(np.float32)
    pixels[1, 0, 0, 0, :3] = np.nan
    bad = CubeBatch(ids=batch.ids, arrays={"s2l2a": pixels}, offsets=batch.offsets)
    with pytest.raises(CubeError, match="3 pixels that are NaN"):
        LatentsEncoder(codec="blocks").encode(bad)


def with_gap(batch: CubeBatch) -> CubeBatch:
    """Return the batch without data in the upper half of the first cube."""
    pixels = batch.arrays["s2l2a"].copy()
    pixels[0, :, :, :16] = 0
    return CubeBatch(ids=batch.ids, arrays={"s2l2a": pixels}, offsets=batch.offsets)


def test_pixels_without_data_are_filled_from_their_neighbors():
    whole, gap = make_batch(), with_gap(make_batch())
    encoder = LatentsEncoder(codec="blocks", pool="mean")
    change = np.abs(encoder.encode(gap) - encoder.encode(whole))
    assert 0 < change[0].max() < 10
    assert change[1].max() == 0


def test_pixels_without_data_count_as_zero_where_that_is_asked_for():
    gap = with_gap(make_batch())
    vectors = LatentsEncoder(codec="blocks", pool="mean", fill=False).encode(gap)
    expected = block_means(gap).mean(axis=(1, 3, 4))
    np.testing.assert_allclose(vectors, expected, rtol=1e-6)


def test_a_cube_without_any_data_is_refused():
    batch = make_batch()
    empty = {"s2l2a": np.zeros_like(batch.arrays["s2l2a"])}
    with pytest.raises(CubeError, match="no pixel with data"):
        LatentsEncoder(codec="blocks").encode(
            CubeBatch(ids=batch.ids, arrays=empty, offsets=batch.offsets)
        )


def test_other_seasons_are_averaged_but_not_put_side_by_side():
    batch = make_batch(seasons=3)
    assert LatentsEncoder(codec="blocks").encode(batch).shape == (2, 36)
    with pytest.raises(CubeError, match="3 seasons and season=concat needs 4"):
        LatentsEncoder(codec="blocks", season="concat").encode(batch)


def test_it_travels_to_a_worker():
    encoder = pickle.loads(pickle.dumps(LatentsEncoder(codec="blocks", grid=2)))
    batch = make_batch()
    expected = LatentsEncoder(codec="blocks", grid=2).encode(batch)
    np.testing.assert_array_equal(encoder.encode(batch), expected)


@pytest.mark.parametrize("size", [16, 33, 64])
def test_tec_fp_has_latents_for_pictures_of_any_size(tec_fp_weights, size):
    encoder = load_encoder(
        "latents", options={"codec": "tec-fp"}, weights=str(tec_fp_weights)
    )
    vectors = encoder.encode(make_batch(size=size))
    assert vectors.shape == (2, 18)
    assert np.isfinite(vectors).all()
    assert len(np.unique(vectors, axis=0)) == 2


def test_the_record_holds_the_digest_of_weights_of_the_user_s(tec_fp_weights):
    from hashlib import sha256

    encoder = load_encoder(
        "latents", options={"codec": "tec-fp"}, weights=str(tec_fp_weights)
    )
    digest = sha256(tec_fp_weights.read_bytes()).hexdigest()
    assert encoder.options["weights"] == f"sha256:{digest}"
    assert encoder.options["rate"] == "10"


def test_the_bits_do_not_depend_on_the_number_of_threads(
    tec_fp_weights, cubes, tmp_path
):
    tables = []
    for workers in (1, 3):
        encoder = load_encoder(
            "latents", options={"codec": "tec-fp"}, weights=str(tec_fp_weights)
        )
        out = tmp_path / f"{workers}.parquet"
        encode_folder(cubes, encoder, out, workers=workers, shard_rows=2)
        tables.append(read_embeddings(out).values)
    np.testing.assert_array_equal(*tables)


@pytest.mark.slow
def test_without_the_extra_it_says_what_to_install(tec_fp_weights):
    command = [sys.executable, "-c", WITHOUT_EXTRA, str(tec_fp_weights)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert run.stdout.startswith("MissingExtraError")
    assert "pip install 'neucobench[codecs]'" in run.stdout
