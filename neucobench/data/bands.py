"""Bands and statistics of the three modalities of SSL4EO-S12.

Statistics are per band, in the order of ``bands``: decibel for Sentinel-1, digital
numbers (reflectance x 10,000) for Sentinel-2. SSL4EO-S12 v1.1 stores Sentinel-2 with
+1000 added, the downstream cubes without: ``Statistics.offset`` says which convention
the numbers of a set are in.
"""

from dataclasses import dataclass

from neucobench.errors import UnknownNameError

S2_OFFSET = 1000
SEASONS = 4  # of a cube of the downstream set


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
# TerraTorch's names of the bands.
TERRATORCH_NAMES = {
    "B01": "COASTAL_AEROSOL", "B02": "BLUE", "B03": "GREEN", "B04": "RED",
    "B05": "RED_EDGE_1", "B06": "RED_EDGE_2", "B07": "RED_EDGE_3", "B08": "NIR_BROAD",
    "B8A": "NIR_NARROW", "B09": "WATER_VAPOR", "B10": "CIRRUS", "B11": "SWIR_1",
    "B12": "SWIR_2", "VV": "VV", "VH": "VH",
}  # fmt: skip


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
# Of the downstream cubes of the 2025 EarthVision challenge, as they are stored.
DOWNSTREAM_2025 = {
    "s1": Statistics(mean=(-11.834, -19.243), std=(4.305, 5.479), offset=0),
    "s2l1c": Statistics(
        mean=(1635.299, 1402.885, 1289.505, 1281.272, 1534.981, 2272.474, 2630.972,
              2587.956, 2889.274, 976.031, 20.369, 2109.307, 1350.051),
        std=(1123.963, 1187.2, 1128.715, 1322.882, 1285.925, 1250.079, 1325.492,
             1294.318, 1343.536, 636.232, 27.82, 1023.855, 834.773),
        offset=0,
    ),
    "s2l2a": Statistics(
        mean=(802.067, 917.472, 1130.01, 1210.515, 1587.985, 2355.781, 2650.339,
              2787.571, 2860.466, 2921.651, 2221.172, 1549.952),
        std=(1563.348, 1604.422, 1553.908, 1622.652, 1593.07, 1523.264, 1556.785,
             1618.961, 1532.417, 1653.532, 1183.218, 1025.306),
        offset=0,
    ),
}
# fmt: on
