"""Sentinel-1 and -2 in the units of other sensors."""

import pytest
import torch

from neucobench.encoders.pretrained.torchgeo_build import find_entry
from neucobench.encoders.pretrained.torchgeo_channels import ModelInput
from neucobench.encoders.pretrained.torchgeo_inputs import model_input
from neucobench.encoders.pretrained.torchgeo_sensors import LANDSAT, OLI


def _scaled(model: str, value: float) -> torch.Tensor:
    """Return (channel,): what a model sees where all bands hold ``value``."""
    read: ModelInput = model_input(find_entry(model))
    ((name, bands),) = read.bands
    images = torch.full((1, len(bands), 2, 2), value)
    return read.scale(images, name, bands)[0, :, 0, 0]


@pytest.mark.parametrize(
    ("model", "value", "expected"),
    [
        # Reflectances of 0.4 and 0.3 are white; thermal channels are 288 kelvin.
        ("ResNet18_Weights.LANDSAT_TM_TOA_MOCO", 2000, [127.5] * 5 + [145, 127.5]),
        ("ResNet18_Weights.LANDSAT_ETM_SR_MOCO", 2000, [170] * 6),
        ("ResNet18_Weights.LANDSAT_OLI_SR_MOCO", 9000, [255] * 7),
        # (reflectance + 0.1) / 2e-5
        ("Swin_V2_B_Weights.LANDSAT_SI_SATLAS", 2000, [15_000] * 9 + [20_320] * 2),
        ("Swin_V2_B_Weights.LANDSAT_SI_SATLAS", -3000, [4000] * 9 + [20_320] * 2),
        ("Swin_V2_B_Weights.NAIP_RGB_SI_SATLAS", 3558, [255] * 3),
        ("Swin_T_Weights.CITYSCAPES_SEMSEG", 1779, [0.5] * 3),
        ("Swin_V2_B_Weights.SENTINEL1_SI_SATLAS", -20, [50] * 2),
        ("Unet_Weights.SENTINEL2_2CLASS_FTW", 900, [900] * 8),
    ],
)
def test_values_are_in_the_units_of_the_training(model, value, expected):
    seen = _scaled(model, float(value))
    torch.testing.assert_close(seen, torch.tensor(expected, dtype=torch.float32))


def test_the_vegetation_index_is_the_last_channel():
    read = model_input(find_entry("ResNet50_Weights.SENTINEL2_ALL_NDVI_SECO_ECO"))
    ((name, bands),) = read.bands
    values = torch.zeros(1, 8, 1, 3)
    values[0, bands.index("B04"), 0] = torch.tensor([1000.0, 0, 0])
    values[0, bands.index("B08"), 0] = torch.tensor([3000.0, 0, 500])
    scaled = read.scale(values, name, bands)
    assert torch.equal(scaled[:, :8], values)
    # Where both are 0 there is no index.
    assert scaled[0, 8, 0].tolist() == [5000, 0, 10_000]


def test_each_landsat_channel_sees_the_band_of_its_color():
    channels = torch.arange(9.0)[None, :, None, None] * 100
    read = model_input(find_entry("Swin_V2_B_Weights.LANDSAT_SI_SATLAS"))
    ((name, bands),) = read.bands
    seen = read.scale(channels, name, bands)[0, :9, 0, 0]
    torch.testing.assert_close(seen, channels.flatten() * 5 + 5000)
    assert bands == OLI[:9]


def test_every_product_of_landsat_reads_red_green_and_blue():
    assert all({"B02", "B03", "B04"} <= set(bands) for bands in LANDSAT.values())
