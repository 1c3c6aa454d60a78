"""Presto against the published implementation, and what its options do."""

import numpy as np
import pytest
import torch

from neucobench.encoders.base import CubeBatch
from neucobench.encoders.pretrained.presto import (
    PrestoEncoder,
    average_blocks,
    embed_pixels,
)
from neucobench.encoders.pretrained.presto_input import PixelSeries, absent_bands, scale
from neucobench.encoders.pretrained.presto_model import Presto
from neucobench.encoders.pretrained.random_weights import draw_weights
from neucobench.errors import CubeError, InputError, UnknownNameError, UsageError

MONTHS = {"0080717": "10,2,4,7", "0121563": "4,6,10,1", "0173706": "4,7,10,1"}
NO_WEATHER = ("ERA5", "SRTM")


@pytest.fixture(scope="module")
def published(shared):
    file = shared / "fixtures" / "encoders" / "presto.npz"
    if not file.is_file():
        pytest.skip("the encoder fixtures are not in the shared folder")
    with np.load(file) as arrays:
        return dict(arrays)


@pytest.fixture(scope="module")
def weights(shared) -> str:
    file = shared / "weights" / "presto" / "default_model.pt"
    if not file.is_file():
        pytest.skip("the weights of Presto are not in the shared folder")
    return str(file)


@pytest.fixture(scope="module")
def model(weights) -> Presto:
    return PrestoEncoder(weights=weights).model()


@pytest.fixture(scope="module")
def fuel(shared) -> dict[str, torch.Tensor]:
    """Return the first 64 rows of the fuel moisture data."""
    folder = shared / "data" / "presto" / "fuel_moisture"
    if not folder.is_dir():
        pytest.skip("the fuel moisture data is not in the shared folder")
    names = ("s1_s2_era5_srtm", "month", "latlon", "dynamic_world")
    stored, months, latlon, cover = (np.load(folder / f"{n}.npy")[:64] for n in names)
    # B9, which Presto has no band for, and NDVI, which is computed.
    measured = np.delete(stored, [10, 17], axis=-1)
    return {
        "values": torch.from_numpy(scale(measured)),
        "months": torch.from_numpy(months),
        "latlon": torch.from_numpy(latlon),
        "land_cover": torch.from_numpy(cover.astype(np.int64)),
    }


def _fuel_case(fuel: dict[str, torch.Tensor], name: str) -> PixelSeries:
    given = dict(fuel)
    if name != "fuel_all":
        del given["land_cover"]
    if name.startswith("fuel_s1s2ndvi"):
        given["absent"] = absent_bands((64, 3), *NO_WEATHER)
    if name.endswith("ll0"):
        given["latlon"] = torch.zeros(64, 2)
    return PixelSeries(**given)


def test_the_tables_are_those_of_the_trained_file(model):
    state = model.state_dict()
    for key, table in model.tables().items():
        assert (state[key] - table).abs().max() < 1e-6, key


def test_the_scaled_input_is_the_published_one(published, fuel):
    found = fuel["values"][:4].numpy()
    assert np.abs(found - published["norm_x_head"]).max() < 1e-6


@pytest.mark.parametrize(
    "case", ["fuel_all", "fuel_nodw", "fuel_s1s2ndvi", "fuel_s1s2ndvi_ll0"]
)
def test_the_embedding_of_a_series_is_the_published_one(published, fuel, model, case):
    with torch.inference_mode():
        vectors = model(_fuel_case(fuel, case)).numpy()
    assert np.abs(vectors - published[case]).max() < 1e-5


def test_the_tokens_are_the_published_ones(published, fuel, model):
    with torch.inference_mode():
        tokens = model.norm(model.tokens(_fuel_case(fuel, "fuel_all")))[:2].numpy()
    assert np.abs(tokens - published["fuel_tokens_first2"]).max() < 1e-5


def test_land_cover_that_is_not_known_anywhere_is_absent(fuel, model):
    unknown = fuel | {"land_cover": torch.full((64, 3), 9)}
    without = {key: value for key, value in fuel.items() if key != "land_cover"}
    with torch.inference_mode():
        given, left_out = (model(PixelSeries(**case)) for case in (unknown, without))
    assert torch.equal(given, left_out)


def test_a_group_with_one_absent_band_is_absent_at_that_step(fuel, model):
    absent = torch.zeros(64, 3, 17, dtype=torch.bool)
    absent[:, 1, 3] = True  # B3, in the group of B2, B3 and B4
    other = fuel["values"].clone()
    other[:, 1, 2:5] += 1
    with torch.inference_mode():
        tokens, changed = (
            model.tokens(PixelSeries(**(fuel | {"values": values}), absent=absent))
            for values in (fuel["values"], other)
        )
    assert tokens.shape == (64, 28, 128)
    assert torch.equal(tokens, changed)


def test_series_with_different_numbers_of_tokens_are_refused(fuel, model):
    absent = torch.zeros(64, 3, 17, dtype=torch.bool)
    absent[5, 1, 3] = True
    with pytest.raises(InputError, match="between 28 and 29 tokens"):
        model(PixelSeries(**fuel, absent=absent))


@pytest.fixture(scope="module")
def l2a_cubes(shared, real_tiles):
    """Return (time, 12, 264, 264) as stored, by place."""
    return {place: real_tiles.ssl4eo_cube(shared, place) for place in MONTHS}


def _l2a_batch(place: str, array: np.ndarray) -> CubeBatch:
    return CubeBatch(ids=(place,), arrays={"s2l2a": array[None]}, offsets={"s2l2a": 0})


@pytest.mark.parametrize("place", MONTHS)
def test_the_embedding_of_a_cube_is_the_published_one(
    published, l2a_cubes, weights, place
):
    encoder = PrestoEncoder(
        weights=weights, level="s2l2a", s1=False, months=MONTHS[place]
    )
    vector = encoder.encode(_l2a_batch(place, l2a_cubes[place]))[0]
    parts = [published[f"ssl_{place}_grid33_{part}"] for part in ("mean", "std")]
    assert np.abs(vector - np.concatenate(parts)).max() < 1e-5


@pytest.mark.parametrize("place", MONTHS)
def test_the_series_of_a_cube_are_the_published_ones(
    published, l2a_cubes, model, place
):
    encoder = PrestoEncoder(level="s2l2a", s1=False, months=MONTHS[place])
    series = encoder.read(_l2a_batch(place, l2a_cubes[place]), 0)
    pixels = average_blocks(series, 8)
    assert pixels.shape == (1089, 4, 12)
    with torch.inference_mode():
        vectors = embed_pixels(model, pixels, encoder.month_numbers(), s1=False)
    rows = vectors[[0, 32, 544, 1088]].numpy()
    assert np.abs(rows - published[f"ssl_{place}_rows"]).max() < 1e-5


@pytest.fixture
def drawn() -> PrestoEncoder:
    return PrestoEncoder(pretrained=False)


def _vary(batch: CubeBatch, **arrays: np.ndarray) -> CubeBatch:
    return CubeBatch(
        ids=batch.ids, arrays=dict(batch.arrays) | arrays, offsets=batch.offsets
    )


def test_blocks_are_means_in_the_center():
    image = np.arange(2 * 3 * 7 * 9, dtype=np.float32).reshape(2, 3, 7, 9)
    blocks = average_blocks(image, 3)
    assert blocks.shape == (6, 2, 3)
    assert blocks[0, 1, 2] == image[1, 2, :3, :3].mean()
    assert blocks[4, 0, 1] == image[0, 1, 3:6, 3:6].mean()


def test_the_radar_counts_unless_it_is_left_out(batch, drawn):
    louder = _vary(batch, s1=batch.arrays["s1"] + 3)
    assert (drawn.encode(louder) != drawn.encode(batch)).any(1).all()
    without = PrestoEncoder(pretrained=False, s1=False)
    np.testing.assert_array_equal(without.encode(louder), without.encode(batch))


@pytest.mark.parametrize(("level", "bands"), [("s2l1c", (0, 9, 10)), ("s2l2a", (0, 9))])
def test_ten_bands_of_the_chosen_product_count(batch, level, bands):
    encoder = PrestoEncoder(pretrained=False, level=level)
    before = encoder.encode(batch)
    for band in range(batch.arrays[level].shape[2]):
        array = batch.arrays[level].copy()
        array[:, :, band] += 500
        changed = (encoder.encode(_vary(batch, **{level: array})) != before).any()
        assert changed == (band not in bands), band


def test_another_month_is_another_vector(batch, drawn):
    other = PrestoEncoder(pretrained=False, months="3,6,9,1")
    assert (other.encode(batch) != drawn.encode(batch)).any(1).all()


def test_the_mean_is_the_first_half_of_mean_and_deviation(batch, drawn):
    encoder = PrestoEncoder(pretrained=False, pool="mean")
    assert (encoder.dims, drawn.dims) == (128, 256)
    np.testing.assert_array_equal(encoder.encode(batch), drawn.encode(batch)[:, :128])


def test_smaller_blocks_keep_the_texture(batch, drawn):
    smaller = PrestoEncoder(pretrained=False, block=2)
    parts = [encoder.encode(batch)[:, 128:] for encoder in (drawn, smaller)]
    assert parts[1].mean() > 1.5 * parts[0].mean()


def test_the_order_of_the_pixels_does_not_count(batch, drawn):
    turned = {name: array[..., ::-1, :] for name, array in batch.arrays.items()}
    np.testing.assert_allclose(
        drawn.encode(_vary(batch, **turned)), drawn.encode(batch), atol=1e-5
    )


def test_random_weights_follow_the_seed_and_have_a_name(batch, drawn):
    again = PrestoEncoder(pretrained=False, seed=0)
    other = PrestoEncoder(pretrained=False, seed=1)
    np.testing.assert_array_equal(again.encode(batch), drawn.encode(batch))
    assert (other.encode(batch) != drawn.encode(batch)).any(1).all()
    assert drawn.name == "presto-random"


def test_random_weights_are_distributed_as_before_training():
    with torch.device("meta"):
        model = Presto()
    drawn = draw_weights(model, 3, tables=Presto().tables())
    assert drawn.keys() == model.state_dict().keys()
    fused = drawn[
        "blocks.0.attn.qkv.weight"
    ]  # Xavier: uniform to sqrt(6 / (128 + 384))
    assert fused.abs().max() == pytest.approx(0.1083, rel=1e-3)
    assert not drawn["latlon_embed.bias"].any()
    for embedding in ("channel_embed.weight", "dw_embed.weight"):
        assert drawn[embedding].std() == pytest.approx(1, abs=0.1)
    assert (drawn["norm.weight"] == 1).all()


def test_the_weights_of_another_model_are_a_sentence(shared):
    file = shared / "weights" / "galileo-nano" / "encoder.pt"
    if not file.is_file():
        pytest.skip("the weights of Galileo are not in the shared folder")
    with pytest.raises(InputError, match="not those of Presto"):
        PrestoEncoder(weights=str(file)).prepare()


def test_the_decoder_in_the_file_is_ignored_and_nothing_else(weights, tmp_path):
    tensors = torch.load(weights, map_location="cpu", weights_only=True)
    tensors["encoder.more"] = torch.ones(1)
    torch.save(tensors, tmp_path / "more.pt")
    with pytest.raises(InputError, match="has unexpected more"):
        PrestoEncoder(weights=str(tmp_path / "more.pt")).prepare()


@pytest.mark.parametrize(
    ("options", "error", "sentence"),
    [
        ({"pool": "max"}, UnknownNameError, "pool of presto"),
        ({"block": 0}, UsageError, "--option block=8"),
        ({"months": "13"}, UsageError, "from 0 .* to 11"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, error, sentence):
    with pytest.raises(error, match=sentence):
        PrestoEncoder(**options)


def test_a_cube_smaller_than_a_block_is_refused(batch):
    with pytest.raises(CubeError, match="smaller than a block of 32 x 32"):
        PrestoEncoder(pretrained=False, block=32).encode(batch)


def test_more_seasons_than_presto_takes_are_refused(batch):
    many = {
        name: np.tile(array, (1, 7, 1, 1, 1)) for name, array in batch.arrays.items()
    }
    encoder = PrestoEncoder(pretrained=False, months=",".join(["0"] * 28))
    with pytest.raises(CubeError, match="takes up to 24"):
        encoder.encode(_vary(batch, **many))
