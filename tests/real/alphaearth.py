"""Turn the AlphaEarth tables into four embedding files and fourteen label files.

Run as ``python tests/real/alphaearth.py SOURCE OUT``, where SOURCE holds the two
tables (``amazon_forest.csv``, ``iowa_ag.csv``): AlphaEarth embeddings (A00 to A63) with
Sentinel-1 backscatter and Dynamic World class probabilities, exported from Earth
Engine by letocassius/alphaearth-to-sar-cross-model-prediction; AlphaEarth and Dynamic
World are CC-BY-4.0.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

REGIONS = ("amazon_forest", "iowa_ag")
REGRESSIONS = {
    **{
        f"dw_{name}": name
        for name in (
            *("bare", "built", "crops", "flooded_vegetation", "grass"),
            *("shrub_and_scrub", "snow_and_ice", "trees", "water"),
        )
    },
    "s1_vv": "S1_VV",
    "s1_vh": "S1_VH",
    "s1_ratio": "S1_VV_div_VH",
}
# Classes of Dynamic World: 0 water, 1 trees, 3 flooded vegetation, 5 shrub and scrub.
CLASSIFICATIONS = {"wet": (0, 3), "woody": (1, 5)}


def read_tables(source: Path) -> pd.DataFrame:
    """Return both regions as one table, with ids that do not repeat across them."""
    parts = [pd.read_csv(source / f"{region}.csv") for region in REGIONS]
    table = pd.concat(parts, ignore_index=True)
    table["id"] = table["region"] + "-" + table["system:index"].astype(str).str.zfill(4)
    return table


def write_embedding_files(table: pd.DataFrame, out: Path) -> list[Path]:
    """Write one embedding file for each of four methods and return their paths."""
    vectors = table[[f"A{i:02d}" for i in range(64)]].to_numpy(np.float32)
    place = table[["latitude", "longitude"]].to_numpy(np.float32)
    noise = np.random.default_rng(0).normal(size=(len(table), 64))
    methods = {
        "alphaearth-64": vectors,
        "alphaearth-16": vectors[:, :16],
        "latitude-longitude": place,
        "random-64": noise.astype(np.float32),
    }
    out.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, values in methods.items():
        frame = pd.DataFrame(values, columns=[str(i) for i in range(values.shape[1])])
        frame.insert(0, "id", table["id"])
        paths.append(out / f"{name}.csv")
        frame.to_csv(paths[-1], index=False)
    return paths


def write_label_files(table: pd.DataFrame, out: Path) -> None:
    """Write twelve regressions and two classifications to ``out``."""
    out.mkdir(parents=True, exist_ok=True)
    for task, column in REGRESSIONS.items():
        frame = table[["id", column]].rename(columns={column: "label"})
        frame.to_csv(out / f"{task}__regression.csv", index=False)
    for task, classes in CLASSIFICATIONS.items():
        label = table["dw_label"].isin(classes).astype(int)
        frame = pd.DataFrame({"id": table["id"], "label": label})
        frame.to_csv(out / f"{task}__classification.csv", index=False)


def main(source: str, out: str) -> None:
    """Write everything below ``out`` and print the files."""
    table = read_tables(Path(source))
    write_label_files(table, Path(out) / "labels")
    for path in write_embedding_files(table, Path(out)):
        print(path)


if __name__ == "__main__":
    main(*sys.argv[1:])
