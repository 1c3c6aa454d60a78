"""Models of torchgeo as encoders: what each reads of a cube, and how it is built."""

from urllib.error import URLError

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from neucobench.data.bands import MODALITIES, SSL4EO_S12_V11
from neucobench.encoders.base import CubeBatch
from neucobench.encoders.pretrained.torchgeo_build import (
    WeightFile,
    find_entry,
    torchgeo_models,
)
from neucobench.encoders.pretrained.torchgeo_inputs import ModelInput, model_input
from neucobench.encoders.pretrained.torchgeo_models import TorchGeoEncoder
from neucobench.encoders.pretrained.vit import VisionTransformer, draw_weights
from neucobench.encoders.pretrained.vit_dino import VitDinoEncoder
from neucobench.errors import (
    CubeError,
    DownloadError,
    InputError,
    UnknownNameError,
    UsageError,
)

DINO = "ViTSmall16_Weights.SENTINEL2_ALL_DINO"
MOCO = "ResNet18_Weights.SENTINEL2_ALL_MOCO"


def _random(model: str, **options) -> TorchGeoEncoder:
    return TorchGeoEncoder(model=model, pretrained=False, device="cpu", **options)


@pytest.fixture
def one(batch):
    """Return one cube of one season, since models take seconds."""
    arrays = {name: array[:1, :1] for name, array in batch.arrays.items()}
    return CubeBatch(ids=batch.ids[:1], arrays=arrays, offsets=batch.offsets)


@pytest.fixture(scope="module")
def entries() -> list:
    models = torchgeo_models()
    names = set(models.list_models()) - {"dofa_huge_patch14_224"}
    names -= {"dofa_small_patch16_224"}  # models without trained weights
    return [entry for name in names for entry in models.get_model_weights(name)]


def _usable(entry) -> bool:
    try:
        model_input(entry)
    except UsageError:
        return False
    return True


def test_what_a_model_reads_exists_and_has_the_channels_that_it_takes(entries):
    usable = [entry for entry in entries if _usable(entry)]
    assert len(usable) >= 117
    for entry in usable:
        read = model_input(entry)
        count = len(read.channels) + read.added
        assert entry.meta.get("in_chans") in (count, None)
        for name, bands in read.bands:
            assert set(bands) <= set(MODALITIES[name].bands)


@pytest.mark.parametrize(
    ("model", "modality", "bands"),
    [
        (DINO, "s2l1c", MODALITIES["s2l1c"].bands),
        ("ResNet50_Weights.SENTINEL1_ALL_MOCO", "s1", ("VV", "VH")),
        ("ResNet18_Weights.SENTINEL2_RGB_SECO", "s2l2a", ("B04", "B03", "B02")),
        (
            "ResNet50_Weights.SENTINEL2_ALL_SECO_ECO",
            "s2l2a",
            MODALITIES["s2l2a"].bands,
        ),
        (
            "Swin_V2_T_Weights.SENTINEL2_SI_MS_SATLAS",
            "s2l1c",
            ("B04", "B03", "B02", "B05", "B06", "B07", "B08", "B11", "B12"),
        ),
        (
            "ViTSmall16_Weights.LANDSAT_OLI_SR_MOCO",
            "s2l2a",
            ("B01", "B02", "B03", "B04", "B8A", "B11", "B12"),
        ),
        ("Swin_V2_B_Weights.NAIP_RGB_SI_SATLAS", "s2l2a", ("B04", "B03", "B02")),
        ("Swin_V2_B_Weights.SENTINEL1_SI_SATLAS", "s1", ("VH", "VV")),
    ],
)
def test_the_weights_say_which_bands_are_read(model, modality, bands):
    assert model_input(find_entry(model)).bands == ((modality, bands),)


def test_models_of_the_weather_are_refused(entries):
    refused = {type(entry).__name__ for entry in entries if not _usable(entry)}
    assert refused == {"Aurora_Weights"}
    with pytest.raises(UsageError, match=r"other data \(Aurora\)"):
        _ = _random("Aurora_Weights.HRES_T0_AURORA").modalities


def test_unknown_weights_are_refused_with_the_nearest():
    with pytest.raises(UnknownNameError, match=DINO):
        _ = _random("ViTSmall16_Weights.SENTINEL2_ALL_DINOO").dims


def test_true_color_is_8_bit_and_other_bands_are_clipped():
    read = model_input(find_entry("ResNet50_Weights.SENTINEL2_MI_MS_SATLAS"))
    values = torch.tensor([-5.0, 3558, 9000]).repeat(1, 9, 1)[:, :, None]
    scaled = read.scale(values, "s2l1c", read.channels)
    assert scaled[0, 0].flatten().tolist() == [0, 255, 255]
    assert scaled[0, 6].flatten().tolist() == [0, 3558, 8160]


def test_models_for_any_sensor_get_standardized_values():
    read = ModelInput(bands=(("s2l1c", ("B10", "B02")),), size=120)
    mean = [SSL4EO_S12_V11["s2l1c"].mean[index] - 1000 for index in (10, 1)]
    values = torch.tensor(mean)[None, :, None, None]
    assert read.scale(values, "s2l1c", ("B10", "B02")).abs().max() < 1e-4


def test_the_vector_is_that_of_vit_dino_where_both_see_the_same(tmp_path):
    # Of constant images both ways of resizing make the same one.
    weights = draw_weights(VisionTransformer(bands=13), seed=3)
    save_file(weights, tmp_path / "vit.safetensors")
    level = np.arange(13, dtype="i2")[None, None, :, None, None] * 700 + 100
    cube = np.broadcast_to(level, (1, 2, 13, 20, 20))
    batch = CubeBatch(ids=("a",), arrays={"s2l1c": cube}, offsets={})
    options = {"weights": str(tmp_path / "vit.safetensors"), "device": "cpu"}
    theirs = TorchGeoEncoder(model=DINO, **options).encode(batch)
    ours = VitDinoEncoder(shift=0, **options).encode(batch)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("model", "dims"),
    [
        (MOCO, 512),
        ("ResNet50_Weights.SENTINEL1_ALL_DECUR", 2048),
        ("ResNet50_Weights.SENTINEL2_SI_RGB_SATLAS", 2048),
        (DINO, 384),
        ("ViTSmall14_DINOv2_Weights.SENTINEL1_GRD_SOFTCON", 384),
        ("Swin_V2_T_Weights.SENTINEL2_SI_MS_SATLAS", 768),
        ("ResNet18_Weights.LANDSAT_ETM_TOA_MOCO", 512),
        ("ViTSmall16_Weights.LANDSAT_TM_TOA_MOCO", 384),
        ("ViTSmall16_Weights.SENTINEL1_GRD_CLOSP", 384),
        ("Swin_T_Weights.CITYSCAPES_SEMSEG", 768),
        ("EarthLoc_Weights.SENTINEL2_RESNET50", 4096),
        ("Unet_Weights.SENTINEL2_2CLASS_FTW", 384),
        ("ResNet50_Weights.SENTINEL2_ALL_NDVI_SECO_ECO", 2048),
    ],
)
def test_the_vector_is_as_long_as_it_was_said_to_be(one, model, dims):
    encoder = _random(model)
    vector = encoder.encode(one)
    assert (encoder.dims, vector.shape) == (dims, (1, dims))
    assert np.isfinite(vector).all()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "modalities", "dims"),
    [
        ("CROMABase_Weights.CROMA_VIT", ("s1", "s2l2a"), 768),
        ("CopernicusFM_Base_Weights.CopernicusFM_ViT", ("s1", "s2l1c"), 768),
        ("DOFABase16_Weights.DOFA_MAE", ("s2l1c",), 768),
        ("Panopticon_Weights.VIT_BASE14", ("s2l1c",), 768),
        ("ScaleMAELarge16_Weights.FMOW_RGB", ("s2l2a",), 1024),
        ("Unet_Weights.OAM_RGB_RESNET34_TCD", ("s2l2a",), 512),
        ("Swin_V2_B_Weights.LANDSAT_SI_SATLAS", ("s2l1c",), 1024),
    ],
)
def test_large_models_are_called_in_their_own_way(one, model, modalities, dims):
    encoder = _random(model)
    vector = encoder.encode(one)
    assert (encoder.modalities, encoder.dims) == (modalities, dims)
    assert vector.shape == (1, dims)
    assert vector.std() > 0.01


def test_the_random_control_depends_on_the_seed_and_nothing_else(one):
    state = torch.get_rng_state()
    first, second, other = (_random(MOCO, seed=seed).encode(one) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, second)
    assert np.abs(first - other).max() > 1e-3
    assert torch.equal(torch.get_rng_state(), state)


def test_the_names_tell_the_control_from_the_model():
    assert TorchGeoEncoder(model=DINO).name == f"torchgeo:{DINO}"
    assert _random(DINO).name == f"torchgeo:{DINO}-random"


def test_the_two_ways_of_pooling_differ(one):
    vectors = [_random(DINO, pool=pool).encode(one) for pool in ("avg", "token")]
    assert np.abs(vectors[0] - vectors[1]).max() > 1e-3


def test_seasons_can_be_concatenated(batch):
    encoder = _random(MOCO, season="concat")
    arrays = {"s2l1c": batch.arrays["s2l1c"][:1]}
    vector = encoder.encode(CubeBatch(ids=("a",), arrays=arrays, offsets={}))
    assert vector.shape == (1, encoder.dims) == (1, 2048)


def test_the_stored_values_are_not_changed(one):
    before = one.arrays["s2l1c"].copy()
    _random(MOCO).encode(one)
    np.testing.assert_array_equal(one.arrays["s2l1c"], before)


def test_a_cube_without_the_cirrus_band_is_refused(one):
    arrays = {"s2l1c": one.arrays["s2l1c"][:, :, :12]}
    with pytest.raises(CubeError, match="should have 13 bands"):
        _random(MOCO).encode(CubeBatch(ids=one.ids, arrays=arrays, offsets={}))


def test_weights_of_another_model_are_refused(tmp_path):
    torch.save({"conv1.weight": torch.zeros(64, 3, 7, 7)}, tmp_path / "a.pth")
    with pytest.raises(InputError, match=rf"does not hold the weights {MOCO}"):
        TorchGeoEncoder(model=MOCO, weights=str(tmp_path / "a.pth")).prepare()


def test_a_file_of_croma_holds_one_dictionary_for_each_part(tmp_path):
    parts = {"s1_encoder": {"a": torch.ones(2)}, "joint_encoder": {"b": torch.ones(3)}}
    torch.save(parts, tmp_path / "croma.pt")
    entry = find_entry("CROMABase_Weights.CROMA_VIT")
    file = WeightFile(entry=entry, path=tmp_path / "croma.pt")
    read = file.get_state_dict(progress=False)
    assert read["joint_encoder"]["b"].tolist() == [1, 1, 1]


def test_without_a_network_the_sentence_says_what_to_do(monkeypatch, tmp_path):
    def refuse(*arguments, **options):
        raise URLError("no route")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr("torch.hub.download_url_to_file", refuse)
    with pytest.raises(DownloadError, match=r"no route.*--weights FILE"):
        TorchGeoEncoder(model=MOCO).prepare()
