"""Images out of cubes: which bands, which shift, and how seasons become one vector."""

import numpy as np
import pytest
import torch

from neucobench.data.bands import MODALITIES
from neucobench.encoders.base import CubeBatch
from neucobench.encoders.options import check_choices, check_training
from neucobench.encoders.pretrained.images import (
    embed_cubes,
    joined_dims,
    read_images,
)
from neucobench.errors import CubeError, UnknownNameError, UsageError

CPU = torch.device("cpu")


def _means(images: torch.Tensor) -> torch.Tensor:
    return images.mean(dim=(2, 3))


def _embed(batch: CubeBatch, season: str) -> np.ndarray:
    def images(row):
        return read_images(batch, row, "s2l2a", shift=0)

    return embed_cubes(batch, images, _means, season=season, device=CPU)


def _seasons(batch: CubeBatch, count: int) -> CubeBatch:
    arrays = {name: array[:, :count] for name, array in batch.arrays.items()}
    return CubeBatch(ids=batch.ids, arrays=arrays, offsets=batch.offsets)


def test_bands_come_in_the_order_they_are_asked_for(batch):
    images = read_images(batch, 2, "s2l2a", shift=0, bands=("B04", "B8A", "B02"))
    expected = batch.arrays["s2l2a"][2][:, [3, 8, 1]].astype("f4")
    np.testing.assert_array_equal(images.numpy(), expected)


def test_the_shift_is_what_the_reader_has_not_added_yet(batch):
    stored = read_images(batch, 0, "s2l1c", shift=1000)
    shifted = CubeBatch(
        ids=batch.ids,
        arrays=dict(batch.arrays) | {"s2l1c": batch.arrays["s2l1c"] + np.int16(1000)},
        offsets={"s2l1c": 1000},
    )
    assert torch.equal(read_images(shifted, 0, "s2l1c", shift=1000), stored)


def test_radar_is_never_shifted(batch):
    images = read_images(batch, 0, "s1", shift=1000)
    np.testing.assert_array_equal(images.numpy(), batch.arrays["s1"][0])


def test_a_cube_that_lacks_a_band_is_refused(batch):
    arrays = {"s2l2a": batch.arrays["s2l2a"][:, :, :11]}
    short = CubeBatch(ids=batch.ids, arrays=arrays, offsets={})
    with pytest.raises(CubeError, match="should have 12 bands"):
        read_images(short, 0, "s2l2a", shift=0)


def test_the_mean_of_linear_features_is_that_of_the_mean_image(batch):
    means = batch.arrays["s2l2a"].mean(axis=(1, 3, 4))
    np.testing.assert_allclose(_embed(batch, "embedding_mean"), means, rtol=1e-5)
    np.testing.assert_allclose(_embed(batch, "image_mean"), means, rtol=1e-5)


def test_concatenated_seasons_keep_their_order(batch):
    vectors = _embed(batch, "concat")
    means = batch.arrays["s2l2a"].mean(axis=(3, 4)).reshape(len(batch), -1)
    np.testing.assert_allclose(vectors, means, rtol=1e-5)
    assert vectors.shape[1] == joined_dims(len(MODALITIES["s2l2a"].bands), "concat")


@pytest.mark.parametrize("season", ["image_mean", "embedding_mean"])
def test_means_take_any_number_of_seasons(batch, season):
    assert _embed(_seasons(batch, 2), season).shape == (len(batch), 12)


def test_three_seasons_cannot_be_concatenated(batch):
    with pytest.raises(CubeError, match="has 3 seasons and season=concat needs 4"):
        _embed(_seasons(batch, 3), "concat")


def test_the_model_gets_one_cube_at_a_time_on_the_cpu(batch):
    sizes = []

    def embed(images):
        sizes.append(len(images))
        return _means(images)

    def images(row):
        return read_images(batch, row, "s1", shift=0)

    embed_cubes(batch, images, embed, season="embedding_mean", device=CPU)
    assert sizes == [4] * len(batch)


def test_elsewhere_the_model_gets_all_cubes_at_once(batch):
    sizes = []

    def embed(images):
        sizes.append(len(images))
        return torch.ones(len(images), 3)

    def images(row):
        return read_images(batch, row, "s1", shift=0)

    meta = torch.device("meta")
    vectors = embed_cubes(batch, images, embed, season="image_mean", device=meta)
    assert (sizes, vectors.shape) == ([len(batch)], (len(batch), 3))


def test_an_unknown_choice_is_refused_with_the_nearest():
    with pytest.raises(UnknownNameError, match="Did you mean 'embedding_mean'"):
        check_choices("x", season=("embeding_mean", ("embedding_mean", "concat")))


def test_random_weights_and_a_file_of_weights_contradict_each_other():
    with pytest.raises(UsageError, match="drop one of the two"):
        check_training("x", pretrained=False, weights="a.pt", seed=0)


def test_a_negative_seed_is_refused():
    with pytest.raises(UsageError, match="seed of 0 or more"):
        check_training("x", pretrained=False, weights=None, seed=-1)
