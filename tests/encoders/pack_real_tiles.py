"""Pack the real tiles beside the checkout into cubes that ``neucobench encode`` reads.

Run: python tests/encoders/pack_real_tiles.py cubes/ [--shared ../shared]

``cubes/three-modalities`` holds the three TerraMesh places: L1C, L2A and Sentinel-1 of
one date, rotated by 0, 90, 180 and 270 degrees in place of four seasons, with the +1000
shift removed where a tile carries it. ``cubes/four-seasons`` holds the three places of
SSL4EO-S12: L2A of four real seasons, as stored.
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neucobench.data.writer import write_cube_file

TERRAMESH = ("282D_485L_3_3", "433D_629L_3_1", "609U_541L_3_0")
SSL4EO = ("0080717", "0121563", "0173706")
FOLDERS = {"s1": "S1RTC", "s2l1c": "S2L1C", "s2l2a": "S2L2A"}
# The processing of the scene decides whether a tile carries the shift.
SHIFTED = {"s2l1c": TERRAMESH, "s2l2a": ("433D_629L_3_1",), "s1": ()}


def read_tile(path: Path) -> NDArray[np.generic]:
    """Return (band, y, x) as stored."""
    import rasterio

    with rasterio.open(path) as file:
        return file.read()


def terramesh_cube(shared: Path, place: str) -> dict[str, NDArray[np.generic]]:
    """Return (4, band, 224, 224) by modality, four rotations, without the shift."""
    cube = {}
    for modality, folder in FOLDERS.items():
        tile = read_tile(shared / "data" / "terramesh" / folder / f"{place}.tif")
        if place in SHIFTED[modality]:
            tile = tile - np.int16(1000)
        if modality == "s1":
            tile = tile.astype(np.float32)
        cube[modality] = np.stack([np.rot90(tile, turn, (1, 2)) for turn in range(4)])
    return cube


def ssl4eo_cube(shared: Path, place: str) -> NDArray[np.generic]:
    """Return (4, 12, 264, 264), the L2A values of four seasons as stored."""
    folder = shared / "data" / "ssl4eo-s12-s2l2a"
    files = [folder / f"ssl4eos12_val_{place}_{season}.tif" for season in range(4)]
    return np.stack([read_tile(file) for file in files])


def pack_terramesh(shared: Path, cubes: Path) -> Path:
    """Write the TerraMesh places in the layout of the downstream set."""
    for place in TERRAMESH:
        for modality, array in terramesh_cube(shared, place).items():
            name = f"{place}.zarr.zip"
            write_cube_file(cubes / "data" / modality / "part-000000" / name, array)
    return cubes


def pack_ssl4eo(shared: Path, cubes: Path) -> Path:
    """Write the SSL4EO-S12 places, L2A only, in the layout of the downstream set."""
    for place in SSL4EO:
        path = cubes / "data" / "s2l2a" / "part-000000" / f"{place}.zarr.zip"
        write_cube_file(path, ssl4eo_cube(shared, place))
    return cubes


def main() -> None:
    """Pack both sets below the folder that is given."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    default = Path(__file__).parents[3] / "shared"
    parser.add_argument("--shared", type=Path, default=default)
    arguments = parser.parse_args()
    pack_terramesh(arguments.shared, arguments.folder / "three-modalities")
    pack_ssl4eo(arguments.shared, arguments.folder / "four-seasons")


if __name__ == "__main__":
    main()
