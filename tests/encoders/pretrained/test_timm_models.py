"""Models of timm as encoders: what they are shown, their weights, random controls."""

import pickle

import numpy as np
import pytest
import torch
from torch.nn.functional import interpolate

from neucobench.encoders.base import CubeBatch
from neucobench.encoders.pretrained.timm_build import timm_package
from neucobench.encoders.pretrained.timm_models import TimmEncoder
from neucobench.errors import (
    CubeError,
    DownloadError,
    InputError,
    UnknownNameError,
    UsageError,
)

SMALL = "test_resnet"  # timm's own tiny models, made for tests


@pytest.fixture
def two(batch):
    """Return two cubes."""
    arrays = {name: array[:2] for name, array in batch.arrays.items()}
    return CubeBatch(ids=batch.ids[:2], arrays=arrays, offsets=batch.offsets)


def _random(model: str = SMALL, **options) -> TimmEncoder:
    return TimmEncoder(model=model, pretrained=False, device="cpu", **options)


def _saved(path, **options):
    """Write a model's weights to a file, and return the model without classifier."""
    torch.manual_seed(5)
    model = timm_package().create_model(SMALL, **options)
    torch.save(model.state_dict(), path)
    model.reset_classifier(0)
    return model.eval()


def test_the_vector_is_the_mean_of_timms_features_over_the_seasons(two, tmp_path):
    model = _saved(tmp_path / "a.pth")
    encoder = TimmEncoder(model=SMALL, weights=str(tmp_path / "a.pth"), size=64)
    pixels = two.arrays["s2l2a"][:, :, [3, 2, 1]].astype("f4")  # red, green, blue
    images = torch.from_numpy(pixels / 3000).clip(0, 1).flatten(0, 1)
    images = interpolate(images, 64, mode="bilinear", antialias=True)
    mean, std = (
        torch.tensor(model.pretrained_cfg[key])[:, None, None]
        for key in ("mean", "std")
    )
    with torch.inference_mode():
        features = model((images - mean) / std).reshape(2, 4, -1).mean(dim=1)
    np.testing.assert_allclose(encoder.encode(two), features, rtol=0, atol=1e-5)


def test_with_other_bands_the_values_stay_between_0_and_1(two, tmp_path):
    model = _saved(tmp_path / "a.pth", in_chans=4)
    encoder = TimmEncoder(
        model=SMALL,
        weights=str(tmp_path / "a.pth"),
        bands="B02, B03,B04,B08",
        level="s2l1c",
        peak=5000,
        size=64,
        season="image_mean",
    )
    pixels = two.arrays["s2l1c"][:, :, [1, 2, 3, 7]].astype("f4")
    images = torch.from_numpy(pixels / 5000).clip(0, 1).mean(dim=1)
    with torch.inference_mode():
        features = model(interpolate(images, 64, mode="bilinear", antialias=True))
    np.testing.assert_allclose(encoder.encode(two), features, rtol=0, atol=1e-5)


def test_weights_for_three_bands_are_adapted_to_more(two, tmp_path):
    _saved(tmp_path / "a.pth")
    encoder = TimmEncoder(
        model=SMALL, weights=str(tmp_path / "a.pth"), bands="B02,B03,B04,B08"
    )
    assert encoder.encode(two).shape == (2, encoder.dims)


@pytest.mark.parametrize(
    ("model", "options", "dims"),
    [
        ("resnet18", {}, 512),
        ("resnet50.a1_in1k", {"bands": "B08"}, 2048),
        ("mobilenetv3_small_050", {}, 1024),  # the features before its last layer
        ("vgg11", {}, 4096),
        ("vit_tiny_patch16_224", {"size": 64}, 192),
        ("convnext_atto", {"season": "concat"}, 1280),
    ],
)
def test_dims_are_the_pooled_features_of_the_model(model, options, dims):
    assert _random(model, **options).dims == dims


@pytest.mark.parametrize("model", [SMALL, "test_vit", "test_convnext"])
def test_the_vector_is_as_long_as_it_was_said_to_be(two, model):
    encoder = _random(model)
    assert encoder.encode(two).shape == (2, encoder.dims)


def test_the_random_control_depends_on_the_seed_and_nothing_else(two):
    state = torch.get_rng_state()
    first = _random().encode(two)
    torch.rand(3)
    torch.set_rng_state(state)
    again = pickle.loads(pickle.dumps(_random())).encode(two)
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - _random(seed=1).encode(two)).max() > 1e-3
    assert torch.equal(torch.get_rng_state(), state)


def test_the_batch_does_not_change_a_bit(two):
    parts = [
        CubeBatch(
            ids=two.ids[row : row + 1],
            arrays={name: array[row : row + 1] for name, array in two.arrays.items()},
            offsets=two.offsets,
        )
        for row in range(2)
    ]
    alone = np.concatenate([_random().encode(part) for part in parts])
    np.testing.assert_array_equal(alone, _random().encode(two))


def test_the_names_tell_the_control_from_the_model():
    assert TimmEncoder(model="resnet50").name == "timm:resnet50"
    assert _random("resnet50").name == "timm:resnet50-random"


def test_the_version_names_the_release_that_defines_the_model():
    assert _random().version == f"1+timm.{timm_package().__version__}"


def test_an_unknown_model_is_refused_with_the_nearest():
    with pytest.raises(UnknownNameError, match="Did you mean 'resnet50'"):
        _ = _random("resnet5O").dims


def test_a_name_like_no_other_is_refused_with_examples():
    with pytest.raises(UnknownNameError, match="resnet50") as caught:
        _ = _random("!!!").dims
    assert len(str(caught.value)) < 200


def test_an_unknown_training_of_a_model_is_refused():
    with pytest.raises(UnknownNameError, match="resnet50"):
        _ = _random("resnet50.none_such").dims


def test_an_unknown_band_is_refused_with_those_of_the_level():
    with pytest.raises(UnknownNameError, match="band of s2l2a named 'B10'"):
        _random(bands="B04,B10")


def test_radar_is_refused():
    with pytest.raises(UnknownNameError, match="level of timm named 's1'"):
        _random(level="s1")


def test_a_peak_of_0_is_refused():
    with pytest.raises(UsageError, match="peak above 0"):
        _random(peak=0)


def test_a_size_that_the_model_cannot_take_is_refused():
    with pytest.raises(UsageError, match="3 bands with size=8"):
        _ = _random("vit_tiny_patch16_224", size=8).dims


def test_a_cube_of_another_shape_is_refused(two):
    arrays = {"s2l2a": two.arrays["s2l2a"][:, :, :4]}
    with pytest.raises(CubeError, match="should have 12 bands"):
        _random().encode(CubeBatch(ids=two.ids, arrays=arrays, offsets={}))


def test_a_classifier_of_another_task_is_left_out(two, tmp_path):
    model = _saved(tmp_path / "a.pth")
    tensors = torch.load(tmp_path / "a.pth", weights_only=True)
    tensors |= {"fc.weight": torch.ones(7, 999), "fc.bias": torch.ones(7)}
    torch.save(tensors, tmp_path / "b.pth")
    torch.save(model.state_dict(), tmp_path / "c.pth")
    first, *others = (
        TimmEncoder(model=SMALL, weights=str(tmp_path / name)).encode(two)
        for name in ("a.pth", "b.pth", "c.pth")
    )
    for other in others:
        np.testing.assert_array_equal(first, other)


def test_weights_that_lack_a_tensor_are_refused(tmp_path):
    _saved(tmp_path / "a.pth")
    tensors = torch.load(tmp_path / "a.pth", weights_only=True)
    del tensors["layer1.0.conv1.weight"]
    torch.save(tensors, tmp_path / "b.pth")
    with pytest.raises(InputError, match=r"layer1\.0\.conv1\.weight"):
        TimmEncoder(model=SMALL, weights=str(tmp_path / "b.pth")).prepare()


def test_without_the_hub_the_sentence_says_what_to_do(monkeypatch):
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(DownloadError, match=r"--weights FILE.*pretrained=false"):
        TimmEncoder(model="test_byobnet").prepare()
