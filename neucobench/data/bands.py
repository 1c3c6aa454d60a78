"""Bands and statistics of the three modalities of SSL4EO-S12.

Statistics are per band, in the order of ``bands``: decibel for Sentinel-1, digital
numbers (reflectance x 10,000) for Sentinel-2. SSL4EO-S12 v1.1 stores Sentinel-2 with
+1000 added, the downstream cubes without: ``Statistics.offset`` says which convention
the numbers of a set are in.
"""

from dataclasses import dataclass

from neucobench.errors import UnknownNameError

S2_OFFSET = 1000


@dataclass(frozen=True, kw_only=True)
class Modality:
    """Name one modality and its bands.

    Attributes:
        name: the folder name in the downstream set, e.g. ``"s2l2a"``.
        title: the product's name for people.
        bands: band names in stored order.
        unit: the unit of the stored values.
        aliases: other folder names seen for the same product.
    """

    name: str
    title: str
    bands: tuple[str, ...]
    unit: str
    aliases: tuple[str, ...] = ()

    @property
    def optical(self) -> bool:
        """Tell whether the modality is Sentinel-2, where the +1000 shift applies."""
        return self.name.startswith("s2")


@dataclass(frozen=True, kw_only=True)
class Statistics:
    """Hold the mean and standard deviation of each band of one modality.

    Attributes:
        mean: (band,) in the modality's unit.
        std: (band,) in the modality's unit.
        offset: what had been added to the values when these were computed.
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]
    offset: int


S1 = Modality(
    name="s1",
    title="Sentinel-1 GRD",
    bands=("VV", "VH"),
    unit="dB",
    aliases=("s1grd", "S1GRD", "S1"),
)
S2L1C = Modality(
    name="s2l1c",
    title="Sentinel-2 L1C",
    bands=(
        *("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A"),
        *("B09", "B10", "B11", "B12"),
    ),
    unit="digital number",
    aliases=("S2L1C",),
)
S2L2A = Modality(
    name="s2l2a",
    title="Sentinel-2 L2A",
    bands=(
        *("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A"),
        *("B09", "B11", "B12"),
    ),
    unit="digital number",
    aliases=("S2L2A",),
)
MODALITIES = {modality.name: modality for modality in (S1, S2L1C, S2L2A)}


def modality(name: str) -> Modality:
    """Return the modality called ``name``, by its own name or an alias.

    Raises:
        UnknownNameError: when no modality has that name.
    """
    for item in MODALITIES.values():
        if name == item.name or name in item.aliases:
            return item
    raise UnknownNameError("modality", name, MODALITIES)


# fmt: off
SSL4EO_S12_V11 = {
    "s1": Statistics(mean=(-12.577, -20.265), std=(5.179, 5.872), offset=0),
    "s2l1c": Statistics(
        mean=(2607.345, 2393.068, 2320.225, 2373.963, 2562.536, 3110.071, 3392.832,
              3321.154, 3583.77, 1838.712, 1021.753, 3205.112, 2545.798),
        std=(786.523, 849.702, 875.318, 1143.578, 1126.248, 1161.98, 1273.505,
             1246.79, 1342.755, 576.795, 45.626, 1340.347, 1145.036),
        offset=S2_OFFSET,
    ),
    "s2l2a": Statistics(
        mean=(1793.243, 1924.863, 2184.553, 2340.936, 2671.402, 3240.082, 3468.412,
              3563.244, 3627.704, 3711.071, 3416.714, 2849.625),
        std=(1160.144, 1201.092, 1219.943, 1397.225, 1400.035, 1373.136, 1429.17,
             1485.025, 1447.836, 1652.703, 1471.002, 1365.307),
        offset=S2_OFFSET,
    ),
}
# fmt: on
