"""Which bands of a cube the models of torchgeo read, and in which units.

torchgeo's weights say which bands they were trained on and how values are scaled
afterwards, not which units these values are in: that is told here, for the training
sets whose units their authors have published.
"""

from typing import Any

from neucobench.data.bands import MODALITIES
from neucobench.encoders.pretrained.torchgeo_channels import TRUE_COLOR, ModelInput
from neucobench.encoders.pretrained.torchgeo_sensors import substitute_input
from neucobench.errors import UsageError

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
        UsageError: when it is no encoder of images.
    """
    family = type(entry).__name__
    if family in ANY_SENSOR:
        return ANY_SENSOR[family]
    substitute = substitute_input(entry)
    if substitute:
        return substitute
    source = entry.meta.get("dataset")
    if source not in PEAKS:
        raise UsageError(
            f"{entry} cannot be used on cubes of Sentinel-1 and Sentinel-2: it was "
            f"trained on other data ({source}). Choose weights for Sentinel-2, Landsat "
            "or photographs, or CROMA, DOFA, Copernicus-FM or Panopticon."
        )
    bands = tuple(_band(name) for name in entry.meta["bands"])
    # CLOSP's transform does not resize, and Vision Transformers take one size.
    side = 224 if source == "CrisisLandMark" and family.startswith("ViT") else 0
    if sorted(bands) == ["VH", "VV"]:
        return ModelInput(bands=(("s1", bands),), resize=side)
    level = "s2l2a" if source in SURFACE else "s2l1c"
    return ModelInput(bands=((level, bands),), peak=PEAKS[source], resize=side)


def _band(name: str) -> str:
    """Return the band's name as here: ``B8a`` is ``B8A``, ``B1`` is ``B01``."""
    name = name.upper()
    return f"B0{name[1:]}" if len(name) == 2 and name[0] == "B" else name
