"""TerraMind and Prithvi as encoders: what is known without TerraTorch."""

from importlib.metadata import PackageNotFoundError

import pytest
import torch

from neucobench.data.bands import MODALITIES
from neucobench.encoders.pretrained import terratorch_models
from neucobench.encoders.pretrained.terratorch_backbones import BACKBONES, center_crop
from neucobench.encoders.pretrained.terratorch_models import TerraTorchEncoder
from neucobench.errors import (
    CubeError,
    MissingExtraError,
    UnknownNameError,
    UsageError,
)

ALL = "s2l2a,s2l1c,s1"


def _random(model: str = "terramind_v1_tiny", **options) -> TerraTorchEncoder:
    return TerraTorchEncoder(model=model, pretrained=False, device="cpu", **options)


@pytest.mark.parametrize("model", sorted(BACKBONES))
def test_each_backbone_has_statistics_of_every_band_it_reads(model):
    backbone = BACKBONES[model]
    for name, statistics in backbone.statistics.items():
        bands = backbone.bands_of(name)
        assert set(bands) <= set(MODALITIES[name].bands)
        assert len(statistics.mean) == len(statistics.std) == len(bands)


@pytest.mark.parametrize(
    ("options", "dims"),
    [
        ({}, 192),
        ({"inputs": ALL}, 192),
        ({"inputs": ALL, "merge": "concat"}, 576),
        ({"season": "concat"}, 768),
        ({"model": "prithvi_eo_v2_600"}, 1280),
    ],
)
def test_dims_are_known_without_the_package(options, dims):
    assert _random(**options).dims == dims


@pytest.mark.parametrize(
    ("size", "patch", "rows"),
    [(0, 16, slice(4, 260)), (224, 16, slice(20, 244)), (0, 14, slice(6, 258))],
)
def test_the_middle_of_a_cube_is_taken(size, patch, rows):
    image = torch.arange(264.0).expand(264, 264).T
    cropped = center_crop(image, size, patch)
    assert torch.equal(cropped, image[rows, rows])


def test_a_cube_smaller_than_the_crop_is_refused():
    with pytest.raises(CubeError, match="16 x 16 pixels and the crop needs"):
        center_crop(torch.zeros(16, 16), 224, 16)


def test_a_cube_smaller_than_a_patch_is_refused():
    with pytest.raises(CubeError, match="at least 16 x 16"):
        center_crop(torch.zeros(40, 15), 0, 16)


def test_a_size_that_is_no_multiple_of_the_patch_is_refused():
    with pytest.raises(UsageError, match="multiple of 14"):
        _random("prithvi_eo_v2_600", size=224 + 16)


def test_other_backbones_read_one_modality_and_merge_nothing():
    with pytest.raises(UnknownNameError, match="inputs of terratorch"):
        _random("dofa_base_patch16_224", inputs="s2l2a,s1")
    with pytest.raises(UsageError, match="leave merge to TerraMind"):
        _random("dofa_base_patch16_224", merge="max")


def test_bands_cannot_be_chosen_for_a_backbone_that_has_its_own():
    with pytest.raises(UsageError, match="those of its training"):
        _random(bands="B02,B03")


def test_prithvi_reads_no_radar():
    with pytest.raises(UnknownNameError, match="input of prithvi_eo_v2_300"):
        _random("prithvi_eo_v2_300", inputs="s2l2a,s1")


def test_the_same_input_twice_is_refused():
    with pytest.raises(UsageError, match="stands twice"):
        _random(inputs="s2l2a,S2L2A")


def test_the_names_tell_the_control_from_the_model():
    trained = TerraTorchEncoder(model="terramind_v1_base")
    assert trained.name == "terratorch:terramind_v1_base"
    assert _random().name == "terratorch:terramind_v1_tiny-random"


def test_without_the_package_the_sentence_says_what_to_install(monkeypatch):
    def missing(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(terratorch_models, "installed_version", missing)
    with pytest.raises(MissingExtraError, match=r"neucobench\[terratorch\]"):
        _ = _random().version
