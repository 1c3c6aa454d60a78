"""What the models of torchgeo read of a cube: which bands, in which units, what size.

torchgeo's weights say which bands they were trained on and how values are scaled
afterwards, not which units these values are in: that is told here, for the training
sets whose units their authors have published. Models for any sensor have no bands of
their own; they get standardized Sentinel-1 and -2 values, as in Copernicus-Bench
(https://github.com/zhu-xlab/Copernicus-FM).
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from neucobench.data.bands import MODALITIES, SSL4EO_S12_V11
from neucobench.errors import UsageError

RGB = ("B04", "B03", "B02")
# Sentinel-2's true-color images saturate at a reflectance of 0.3558; SatlasPretrain
# clips other bands at 8160: https://github.com/allenai/satlas, Normalization.md.
TRUE_COLOR = 3558
CLIP = 8160
# Where the values are 8-bit ones, the digital number that became 255; None elsewhere.
PEAKS = {
    "SSL4EO-S12": None,
    "CrisisLandMark": None,
    "SSL4Eco Dataset": None,
    "SatlasPretrain": TRUE_COLOR,
    # https://github.com/ServiceNow/seasonal-contrast, datasets/seco_downloader.py
    "SeCo Dataset": 10_000,
}
# Surface reflectance; the other sets hold L1C.
SURFACE = ("SSL4Eco Dataset", "SeCo Dataset")


@dataclass(frozen=True, kw_only=True)
class ModelInput:
    """Say what a model reads of each season.

    Attributes:
        bands: modality and bands of it, in the order of the model's channels.
        peak: the digital number that becomes 255 in red, green and blue; None: values
            stay digital numbers.
        size: side of the image in pixels, for models that get standardized values; 0
            where the weights bring a transform of their own.
        width: length of a vector, for models that get standardized values.
    """

    bands: tuple[tuple[str, tuple[str, ...]], ...]
    peak: int | None = None
    size: int = 0
    width: int = 0

    @property
    def modalities(self) -> tuple[str, ...]:
        """Return the modalities that are read."""
        return tuple(name for name, _ in self.bands)

    @property
    def channels(self) -> tuple[str, ...]:
        """Return the names of all bands, in the order of the model's channels."""
        return tuple(band for _, bands in self.bands for band in bands)

    def scale(self, values: Tensor, name: str, bands: tuple[str, ...]) -> Tensor:
        """Return (season, band, y, x) in the units that the model was trained with.

        Args:
            values: (season, band, y, x) digital numbers or decibel.
            name: the modality.
            bands: its bands.
        """
        if self.size:
            return _standardize(values, name, bands)
        if self.peak is None:
            return values
        tops = [self.peak if band in RGB else CLIP for band in bands]
        top = torch.tensor(tops, dtype=values.dtype)[:, None, None]
        color = torch.tensor([band in RGB for band in bands])[:, None, None]
        clipped = values.clip(min=0).minimum(top)
        return torch.where(color, clipped * 255 / top, clipped)


# Wang et al. 2025 (Copernicus-FM): central wavelengths and widths in nanometers.
WAVELENGTHS = {
    "VV": 5e7, "VH": 5e7,
    "B01": 440, "B02": 490, "B03": 560, "B04": 665, "B05": 705, "B06": 740,
    "B07": 783, "B08": 842, "B8A": 860, "B09": 940, "B10": 1370, "B11": 1610,
    "B12": 2190,
}  # fmt: skip
WIDTHS = {
    "VV": 1e9, "VH": 1e9,
    "B01": 20, "B02": 65, "B03": 35, "B04": 30, "B05": 15, "B06": 15,
    "B07": 20, "B08": 115, "B8A": 20, "B09": 20, "B10": 30, "B11": 90,
    "B12": 180,
}  # fmt: skip

_L1C = ("s2l1c", MODALITIES["s2l1c"].bands)
_L2A = ("s2l2a", MODALITIES["s2l2a"].bands)
_S1 = ("s1", MODALITIES["s1"].bands)
ANY_SENSOR = {
    "CROMABase_Weights": ModelInput(bands=(_S1, _L2A), size=120, width=768),
    "CROMALarge_Weights": ModelInput(bands=(_S1, _L2A), size=120, width=1024),
    "CopernicusFM_Base_Weights": ModelInput(bands=(_S1, _L1C), size=224, width=768),
    "DOFABase16_Weights": ModelInput(bands=(_L1C,), size=224, width=768),
    "DOFALarge16_Weights": ModelInput(bands=(_L1C,), size=224, width=1024),
    "Panopticon_Weights": ModelInput(bands=(_L1C,), size=224, width=768),
}


def model_input(entry: Any) -> ModelInput:
    """Return what the model of these weights reads.

    Args:
        entry: an entry of one of torchgeo's weight enumerations.

    Raises:
        UsageError: when the cubes do not hold it, or its units are not known.
    """
    family = type(entry).__name__
    if family in ANY_SENSOR:
        return ANY_SENSOR[family]
    source = entry.meta.get("dataset")
    # Landsat's bands have names of Sentinel-2's.
    if source not in PEAKS or not entry.name.startswith("SENTINEL"):
        raise _unusable(entry, f"it was trained on other images ({source})")
    bands = tuple(_band(name) for name in entry.meta["bands"])
    if sorted(bands) == ["VH", "VV"]:
        if source != "SSL4EO-S12":
            raise _unusable(
                entry, f"its radar values ({source}) are not known to be decibels"
            )
        return ModelInput(bands=(("s1", bands),))
    level = "s2l2a" if source in SURFACE else "s2l1c"
    missing = [band for band in bands if band not in MODALITIES[level].bands]
    if missing:
        raise _unusable(entry, f"it reads {', '.join(missing[:4])}")
    return ModelInput(bands=((level, bands),), peak=PEAKS[source])


def _standardize(values: Tensor, name: str, bands: tuple[str, ...]) -> Tensor:
    statistics = SSL4EO_S12_V11[name]
    order = [MODALITIES[name].bands.index(band) for band in bands]
    mean = torch.tensor(statistics.mean)[order, None, None] - statistics.offset
    std = torch.tensor(statistics.std)[order, None, None]
    return (values - mean) / std


def _band(name: str) -> str:
    """Return the band's name as here: ``B8a`` is ``B8A``, ``B1`` is ``B01``."""
    name = name.upper()
    return f"B0{name[1:]}" if len(name) == 2 and name[0] == "B" else name


def _unusable(entry: Any, reason: str) -> UsageError:
    return UsageError(
        f"{entry} cannot be used on cubes of Sentinel-1 and Sentinel-2: {reason}. "
        "Choose weights trained on SSL4EO-S12, SatlasPretrain or SSL4Eco, or CROMA, "
        "DOFA, Copernicus-FM or Panopticon."
    )
