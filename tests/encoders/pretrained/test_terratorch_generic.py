"""Any backbone of TerraTorch's registry: these tests need its environment."""

from importlib.util import find_spec

import numpy as np
import pytest
import torch

from neucobench.encoders.base import CubeBatch
from neucobench.encoders.pretrained.terratorch_generic import pooled
from neucobench.encoders.pretrained.terratorch_models import TerraTorchEncoder
from neucobench.encoders.pretrained.torchgeo_models import TorchGeoEncoder
from neucobench.errors import InputError, UnknownNameError, UsageError

pytestmark = [
    pytest.mark.terratorch,
    pytest.mark.skipif(
        find_spec("terratorch") is None,
        reason="terratorch has an environment of its own: make test-terratorch",
    ),
]


def _random(model: str, **options) -> TerraTorchEncoder:
    return TerraTorchEncoder(model=model, pretrained=False, device="cpu", **options)


@pytest.fixture
def one(batch):
    """Return one cube of one season."""
    arrays = {name: array[:1, :1] for name, array in batch.arrays.items()}
    return CubeBatch(ids=batch.ids[:1], arrays=arrays, offsets=batch.offsets)


@pytest.mark.parametrize(
    ("model", "options", "modality", "dims"),
    [
        ("ssl4eos12_resnet18_sentinel2_all_moco", {}, "s2l1c", 512),
        ("ssl4eos12_resnet50_sentinel1_all_decur", {}, "s1", 2048),
        ("ssl4eos12_vit_small_patch16_224_sentinel2_all_dino", {}, "s2l1c", 384),
        ("ssl4eol_resnet18_landsat_etm_toa_moco", {}, "s2l1c", 512),
        ("ssl4eol_resnet18_landsat_oli_sr_moco", {}, "s2l2a", 512),
        ("satlas_swin_t_sentinel2_si_ms", {}, "s2l1c", 768),
        ("satlas_swin_t_sentinel2_si_ms", {"inputs": "s1"}, "s1", 768),
        ("seco_resnet18_sentinel2_rgb_seco", {"bands": "B08,B11"}, "s2l2a", 512),
        ("dofa_small_patch16_224", {}, "s2l2a", 384),
        ("timm_resnet18", {}, "s2l2a", 512),
        ("timm_vit_tiny_patch16_224", {"size": 96}, "s2l2a", 192),
        ("timm_swin_tiny_patch4_window7_224", {}, "s2l2a", 768),
        ("resnet18", {"inputs": "s1", "season": "concat"}, "s1", 2048),
        ("IdentityBackbone", {"inputs": "s1"}, "s1", 2),
    ],
)
def test_the_vector_of_any_backbone_is_as_long_as_it_was_said_to_be(
    batch, one, model, options, modality, dims
):
    encoder = _random(model, **options)
    arrays = {name: array[:1] for name, array in batch.arrays.items()}
    whole = CubeBatch(ids=batch.ids[:1], arrays=arrays, offsets=batch.offsets)
    vector = encoder.encode(whole if "season" in options else one)
    assert (encoder.modalities, encoder.dims) == ((modality,), dims)
    assert vector.shape == (1, dims)
    assert np.isfinite(vector).all()


# Clay's layers warn that they take no shortcut.
@pytest.mark.filterwarnings("ignore:enable_nested_tensor:UserWarning")
@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "options", "dims"),
    [
        ("dofa_base_patch16_224", {}, 768),
        ("satlas_swin_b_sentinel1_si", {}, 1024),
        ("satlas_resnet152_sentinel2_mi_ms", {}, 2048),
        ("fmow_resnet50_fmow_rgb_gassl", {}, 2048),
        ("clay_v1_base", {}, 768),
        ("timm_prithvi_swin_B", {}, 1024),
        ("terramind_v01_base", {"size": 16}, 768),
        ("prithvi_eo_tiny", {"size": 16}, 256),
        ("terramind_v1_tokenizer_s2l2a", {}, 768),
        ("terramind_v1_tokenizer_s1grd", {"inputs": "s1"}, 768),
    ],
)
def test_so_is_that_of_large_ones(one, model, options, dims):
    encoder = _random(model, **options)
    vector = encoder.encode(one)
    assert vector.shape == (1, encoder.dims) == (1, dims)
    assert np.isfinite(vector).all()


def test_identity_returns_the_mean_of_each_standardized_band(one):
    arrays = {"s1": np.full((1, 1, 2, 20, 20), -12.577, "f4")}
    batch = CubeBatch(ids=one.ids, arrays=arrays, offsets={})
    vector = _random("IdentityBackbone", inputs="s1").encode(batch)
    expected = [[0, (-12.577 + 20.265) / 5.872]]
    np.testing.assert_allclose(vector, expected, rtol=0, atol=1e-4)


def test_the_vector_is_that_of_torchgeo_where_both_have_the_same_weights(one, tmp_path):
    import torchgeo.models

    tensors = torchgeo.models.resnet18(in_chans=13).state_dict()
    kept = {key: value for key, value in tensors.items() if not key.startswith("fc.")}
    torch.save(kept, tmp_path / "a.pth")
    file = str(tmp_path / "a.pth")
    ours = TerraTorchEncoder(
        model="ssl4eos12_resnet18_sentinel2_all_moco", weights=file
    )
    theirs = TorchGeoEncoder(
        model="ResNet18_Weights.SENTINEL2_ALL_MOCO", weights=file, device="cpu"
    )
    np.testing.assert_allclose(ours.encode(one), theirs.encode(one), rtol=0, atol=1e-5)


def test_a_random_control_depends_on_the_seed_and_nothing_else(one):
    state = torch.get_rng_state()
    first, second, other = (
        _random("timm_resnet18", seed=seed).encode(one) for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, second)
    assert np.abs(first - other).max() > 1e-3
    assert torch.equal(torch.get_rng_state(), state)


def test_the_vector_does_not_depend_on_the_batch(batch):
    encoder = _random("ssl4eos12_resnet18_sentinel2_rgb_moco")
    arrays = {"s2l1c": batch.arrays["s2l1c"][:2]}
    both = CubeBatch(ids=batch.ids[:2], arrays=arrays, offsets={})
    arrays = {"s2l1c": batch.arrays["s2l1c"][1:2]}
    second = CubeBatch(ids=batch.ids[1:2], arrays=arrays, offsets={})
    np.testing.assert_array_equal(encoder.encode(both)[1:], encoder.encode(second))


def test_an_unknown_backbone_is_refused_with_the_nearest():
    with pytest.raises(UnknownNameError, match="'terramind_v1_tiny'"):
        _ = _random("terramind_tiny").dims
    with pytest.raises(UnknownNameError, match="Known: prithvi") as caught:
        _ = _random("0123456789").modalities
    assert len(str(caught.value)) < 500


def test_an_unknown_band_is_refused():
    with pytest.raises(UnknownNameError, match="band of s2l2a"):
        _ = _random("timm_resnet18", bands="B02,B10").dims


@pytest.mark.parametrize(
    ("model", "wanted"),
    [
        ("dinov3_vits16", "ckpt_path"),
        ("terramind_v1_tokenizer_lulc", "Expect input data with 10 classes"),
        ("terramind_v1_tokenizer_s1grd", "12"),
    ],
)
def test_a_backbone_that_wants_something_else_says_what(model, wanted):
    with pytest.raises(UsageError, match=wanted):
        _ = _random(model).dims


@pytest.mark.parametrize("model", ["dofa_small_patch16_224", "timm_prithvi_swin_L"])
def test_a_backbone_without_weights_is_not_called_trained(model):
    with pytest.raises(InputError, match=f"no trained weights of {model}"):
        TerraTorchEncoder(model=model).prepare()


def test_a_file_of_another_backbone_is_refused(tmp_path):
    torch.save({"a": torch.zeros(2)}, tmp_path / "a.pt")
    with pytest.raises(InputError, match="lacks"):
        TerraTorchEncoder(
            model="ssl4eos12_resnet18_sentinel2_all_moco",
            weights=str(tmp_path / "a.pt"),
        ).prepare()


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (torch.arange(4.0).reshape(1, 4), [0, 1, 2, 3]),
        # A class token and a register before four patches.
        ([torch.zeros(9), torch.tensor([[[9.0], [9], [1], [2], [3], [4]]])], [2.5]),
        ((torch.ones(1, 3, 2, 2),), [1, 1, 1]),
        # Channels last, as Swin Transformers have them.
        (torch.ones(1, 2, 2, 5), [1] * 5),
    ],
)
def test_features_are_averaged_over_patches_or_space(output, expected):
    assert pooled(output).tolist() == [expected]
