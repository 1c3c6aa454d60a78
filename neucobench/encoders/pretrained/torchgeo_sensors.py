"""Sentinel-1 and -2 in place of the sensors that other models of torchgeo know.

A model that was trained on Landsat sees the Sentinel-2 bands whose centers lie nearest;
one that was trained on photographs, from the air or of streets, sees red, green and
blue. Both see them in the units of their own training set.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from neucobench.encoders.pretrained.torchgeo_channels import (
    RGB,
    TRUE_COLOR,
    ModelInput,
)

# The nearest bands by central wavelength. The panchromatic band is centered at 590 nm
# (OLI) or 710 nm (ETM+); thermal bands, None, have no counterpart.
OLI = ("B01", "B02", "B03", "B04", "B8A", "B11", "B12", "B03", "B10", None, None)
LANDSAT = {
    "LANDSAT_TM_TOA": ("B02", "B03", "B04", "B08", "B11", None, "B12"),
    "LANDSAT_ETM_TOA": (
        *("B02", "B03", "B04", "B08", "B11"),
        *(None, None, "B12", "B05"),
    ),
    "LANDSAT_ETM_SR": ("B02", "B03", "B04", "B08", "B11", "B12"),
    "LANDSAT_OLI_TIRS_TOA": OLI,
    "LANDSAT_OLI_SR": OLI[:7],
}
# SSL4EO-L keeps reflectances up to 0.4 (top of atmosphere) or 0.3 (surface), and 248 to
# 318 kelvin, in 8 bits: https://github.com/microsoft/torchgeo, experiments/ssl4eo.
TOA, SURFACE = 4000, 3000
MILD = 145  # 288 kelvin, everywhere
# SatlasPretrain cuts the digital numbers of Landsat's level 1, whose reflectance is
# 2e-5 x number - 0.1; the thermal bands lie beyond its range.
LEVEL_1 = (4000, 20_320)
# Sentinel-1's amplitude at 0 dB, about, before it is calibrated; it is cut at 255.
AMPLITUDE = 500
PHOTOGRAPHS = ("fMoW", "fMoW Dataset", "EarthLoc", "OAM-TCD")
STREETS = "Cityscapes - semantic segmentation"
# Fields of the World looks at two dates: both are the same season here.
FIELDS = "FTW"
TWICE = (*RGB, "B08") * 2
NDVI = "ResNet50_Weights.SENTINEL2_ALL_NDVI_SECO_ECO"


def substitute_input(entry: Any) -> ModelInput | None:
    """Return what stands in for the sensor of these weights; None when nothing does.

    Args:
        entry: an entry of one of torchgeo's weight enumerations.
    """
    source, name = entry.meta.get("dataset"), entry.name
    satlas = source == "SatlasPretrain"
    if source in PHOTOGRAPHS or name.startswith("NAIP_RGB"):
        # Scale-MAE takes one size, and its transform does not resize.
        side = entry.meta.get("img_size", 0)
        return ModelInput(bands=(("s2l2a", RGB),), peak=TRUE_COLOR, resize=side)
    if source == STREETS:
        return ModelInput(bands=(("s2l2a", RGB),), units=_fractions)
    if source == FIELDS:
        return ModelInput(bands=(("s2l2a", TWICE),))
    if source == "SSL4EO-L":
        bands = LANDSAT[name.rsplit("_", 1)[0]]
        if "_SR_" in name:
            return _landsat("s2l2a", bands, partial(_eight_bits, peak=SURFACE), MILD)
        return _landsat("s2l1c", bands, partial(_eight_bits, peak=TOA), MILD)
    if satlas and name.startswith("LANDSAT"):
        return _landsat("s2l1c", OLI, _level_1, LEVEL_1[1])
    if satlas and name.startswith("SENTINEL1"):
        return ModelInput(bands=(("s1", ("VH", "VV")),), units=_amplitudes)
    if str(entry) == NDVI:
        bands = ("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A")
        return ModelInput(bands=(("s2l2a", bands),), units=_with_ndvi, added=1)
    return None


def _landsat(
    level: str,
    bands: tuple[str | None, ...],
    scale: Callable[[Tensor], Tensor],
    warmth: float,
) -> ModelInput:
    """Return the input of a model for Landsat, its thermal channels constant.

    Args:
        level: the modality that is read.
        bands: the band for each channel, None for a thermal one.
        scale: maps reflectance x 10,000 to the model's units.
        warmth: what the thermal channels hold, in these units.
    """
    known = tuple(band for band in bands if band is not None)
    places = [index for index, band in enumerate(bands) if band is not None]

    def units(values: Tensor) -> Tensor:
        seasons, _, height, width = values.shape
        channels = torch.full((seasons, len(bands), height, width), float(warmth))
        channels[:, places] = scale(values)
        return channels

    added = len(bands) - len(known)
    return ModelInput(bands=((level, known),), units=units, added=added)


def _eight_bits(values: Tensor, peak: float) -> Tensor:
    """Return 0 to 255, which is reached at ``peak``."""
    return values.clip(0, peak) * 255 / peak


def _fractions(values: Tensor) -> Tensor:
    """Return true color from 0 to 1."""
    return _eight_bits(values, TRUE_COLOR) / 255


def _level_1(values: Tensor) -> Tensor:
    """Return the digital numbers of Landsat's level 1, cut as SatlasPretrain does."""
    return (values / 10_000 + 0.1).div(2e-5).clip(*LEVEL_1)


def _amplitudes(decibels: Tensor) -> Tensor:
    """Return amplitudes as they are before calibration, from 0 to 255."""
    return (AMPLITUDE * 10 ** (decibels / 20)).clip(0, 255)


def _with_ndvi(values: Tensor) -> Tensor:
    """Return (season, band + 1, y, x), the last the vegetation index x 10,000."""
    red, near = values[:, 2:3], values[:, 6:7]
    total = near + red
    index = torch.where(total > 0, (near - red) / total.clip(min=1), 0)
    return torch.cat([values, index.clip(-1, 1) * 10_000], dim=1)
