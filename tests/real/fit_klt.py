"""Fit the fixed Karhunen-Loève transform that ships, on the tiles beside the checkout.

Run: python tests/real/fit_klt.py [--shared ../shared] > codecs/weights/klt-s2l2a.toml

Each place counts alike: the covariance of its detail is divided by its trace before the
sum. Two places are left out, for the codecs are compared on them.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray

from neucobench.codecs.classical.principal import detail_covariance, principal_axes
from neucobench.data.bands import MODALITIES

KEPT_FOR_COMPARISON = ("0121563", "282D_485L_3_3")
SOURCE = (
    "Fitted by tests/real/fit_klt.py on tiles of SSL4EO-S12 (CC-BY-4.0) and TerraMesh; "
    "contains modified Copernicus Sentinel data"
)
FOLDERS = ("data/ssl4eo-s12-s2l2a", "data/terramesh/S2L2A")


def fit(shared: Path) -> tuple[NDArray[np.float64], list[str]]:
    """Return the axes, (component, band), and the names of the tiles."""
    names, total = [], np.zeros((12, 12))
    for path in _tiles(shared):
        covariance = detail_covariance(_read(path)[None])
        total += covariance / np.trace(covariance)
        names.append(path.stem)
    return principal_axes(total), names


def _read(path: Path) -> NDArray[np.float64]:
    with rasterio.open(path) as file:
        return file.read().astype(np.float64)


def _tiles(shared: Path) -> Iterator[Path]:
    for folder in FOLDERS:
        for path in sorted((shared / folder).glob("*.tif")):
            if not any(place in path.stem for place in KEPT_FOR_COMPARISON):
                yield path


def main() -> None:
    parser = argparse.ArgumentParser(description="Print the transform as TOML.")
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    axes, names = fit(parser.parse_args().shared)
    bands = ", ".join(f'"{band}"' for band in MODALITIES["s2l2a"].bands)
    tiles = "".join(f'    "{name}",\n' for name in names)
    rows = "".join(f"    [{', '.join(map(repr, row))}],\n" for row in axes.tolist())
    print('title = "Karhunen-Loève transform of the 12 bands of Sentinel-2 L2A"')
    print(f'source = "{SOURCE}"\nlicense = "CC-BY-4.0"')
    print(f"bands = [{bands}]\ntiles = [\n{tiles}]\nmatrix = [\n{rows}]")


if __name__ == "__main__":
    main()
