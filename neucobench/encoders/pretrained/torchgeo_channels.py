"""What a model of torchgeo reads of a season: channels, their units and their size.

Models for any sensor have no bands of their own; they get standardized Sentinel-1 and
-2 values, as in Copernicus-Bench (https://github.com/zhu-xlab/Copernicus-FM).
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from neucobench.data.bands import MODALITIES, SSL4EO_S12_V11

RGB = ("B04", "B03", "B02")
# Sentinel-2's true-color images saturate at a reflectance of 0.3558; SatlasPretrain
# clips other bands at 8160: https://github.com/allenai/satlas, Normalization.md.
TRUE_COLOR = 3558
CLIP = 8160


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
        resize: side to which images are brought where the transform of the weights
            does not, though the model takes one size only; 0: they stay as they are.
        units: maps (season, band, y, x) to the model's channels and units, where it was
            trained on another sensor; None elsewhere.
        added: the channels that ``units`` adds to the bands.
    """

    bands: tuple[tuple[str, tuple[str, ...]], ...]
    peak: int | None = None
    size: int = 0
    width: int = 0
    resize: int = 0
    units: Callable[[Tensor], Tensor] | None = None
    added: int = 0

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
        if self.units:
            return self.units(values)
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


def _standardize(values: Tensor, name: str, bands: tuple[str, ...]) -> Tensor:
    statistics = SSL4EO_S12_V11[name]
    order = [MODALITIES[name].bands.index(band) for band in bands]
    mean = torch.tensor(statistics.mean)[order, None, None] - statistics.offset
    std = torch.tensor(statistics.std)[order, None, None]
    return (values - mean) / std
