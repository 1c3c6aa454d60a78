"""Live fuel moisture of 2,313 real pixel series, from Presto and from the series.

Run: python tests/real/fuel_moisture.py [--shared ../shared] [--seeds 16]

1,578 rows train and 735 rows of other sites test. Features are standardized on the
training rows; the figures are R2 and RMSE of a ridge regression with alpha 1, and in
brackets R2 with the alpha that leave-one-out chooses. The rows called random have
Presto's weights before training: they are what the pretrained ones must beat.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import Ridge, RidgeCV

from neucobench.encoders.pretrained.presto import PrestoEncoder
from neucobench.encoders.pretrained.presto_input import PixelSeries, absent_bands, scale

# The stored series have 18 columns, with B9 where Presto has no band, and NDVI last.
WATER_VAPOR, STORED_NDVI = 10, 17
SATELLITES = np.r_[0:12, 16]
CHUNK = 256
ALPHAS = np.logspace(-3, 3, 13)

Array = NDArray[np.floating]


@dataclass(frozen=True, kw_only=True)
class FuelMoisture:
    """Hold the rows of the data set.

    Attributes:
        series: (rows, 3, 17) scaled for Presto.
        months: (rows, 3) 0 to 11.
        latlon: (rows, 2) degrees.
        land_cover: (rows, 3) Dynamic World class, 0 to 8.
        moisture: (rows,) percent.
        test: (rows,) True for the rows that are not trained on.
    """

    series: NDArray[np.float32]
    months: NDArray[np.int64]
    latlon: NDArray[np.float64]
    land_cover: NDArray[np.int64]
    moisture: NDArray[np.float64]
    test: NDArray[np.bool_]


def read_rows(shared: Path) -> FuelMoisture:
    """Return the data set as Presto takes it."""
    folder = shared / "data" / "presto" / "fuel_moisture"
    stored = np.load(folder / "s1_s2_era5_srtm.npy")
    measured = np.delete(stored, [WATER_VAPOR, STORED_NDVI], axis=-1)
    return FuelMoisture(
        series=scale(measured),
        months=np.load(folder / "month.npy"),
        latlon=np.load(folder / "latlon.npy"),
        land_cover=np.load(folder / "dynamic_world.npy").astype(np.int64),
        moisture=np.load(folder / "target.npy"),
        test=np.load(folder / "is_test.npy").astype(bool),
    )


def embed(
    rows: FuelMoisture,
    encoder: PrestoEncoder,
    *,
    everything: bool = False,
    place: bool = True,
) -> Array:
    """Return (rows, 128).

    Args:
        rows: the data set.
        encoder: with its weights.
        everything: whether weather, terrain and land cover count besides satellites.
        place: whether latitude and longitude count; if not, they are 0.
    """
    latlon = torch.from_numpy(rows.latlon if place else np.zeros_like(rows.latlon))
    series, months, cover = (
        torch.from_numpy(values)
        for values in (rows.series, rows.months, rows.land_cover)
    )
    absent = absent_bands((len(series), 3), *(() if everything else ("ERA5", "SRTM")))
    vectors = []
    with torch.inference_mode():
        for start in range(0, len(series), CHUNK):
            part = slice(start, start + CHUNK)
            given = PixelSeries(
                values=series[part],
                months=months[part],
                latlon=latlon[part],
                absent=absent[part],
                land_cover=cover[part] if everything else None,
            )
            vectors.append(encoder.model()(given).numpy())
    return np.concatenate(vectors)


def raw_rows(rows: FuelMoisture) -> dict[str, Array]:
    """Return features without any model, by the name of the row in the table."""
    raw = rows.series.reshape(len(rows.series), -1)
    months = np.eye(12)[rows.months].reshape(len(raw), -1)
    cover = np.eye(9)[rows.land_cover].reshape(len(raw), -1)
    placed = np.hstack([raw, rows.latlon])
    return {
        "raw series, 51 numbers": raw,
        "raw + lat, lon": placed,
        "raw + lat, lon + month and land cover": np.hstack([placed, months, cover]),
        "raw S1 + S2 + NDVI, 39 numbers": rows.series[..., SATELLITES].reshape(
            len(raw), -1
        ),
    }


def judge(features: Array, rows: FuelMoisture) -> tuple[float, float, float]:
    """Return R2 and RMSE with alpha 1, and R2 with the alpha that is chosen."""
    train, test = ~rows.test, rows.test
    values = features.astype(np.float64)
    mean, std = values[train].mean(0), values[train].std(0)
    scaled = (values - mean) / np.where(std > 0, std, 1)
    truth = rows.moisture[test]
    variance = float(((truth - truth.mean()) ** 2).mean())
    errors = []
    for model in (Ridge(alpha=1.0), RidgeCV(alphas=ALPHAS)):
        predicted = model.fit(scaled[train], rows.moisture[train]).predict(scaled[test])
        errors.append(float(((truth - predicted) ** 2).mean()))
    fixed, chosen = (1 - error / variance for error in errors)
    return fixed, errors[0] ** 0.5, chosen


INPUTS = {
    "all inputs": {"everything": True},
    "S1 + S2 + NDVI + place": {},
    "S1 + S2 + NDVI, place (0, 0)": {"place": False},
}


def feature_rows(
    rows: FuelMoisture, weights: Path, seeds: int
) -> Iterator[tuple[str, list[Array]]]:
    """Yield each row of the table: its name, and its features, of each seed."""
    for name, features in raw_rows(rows).items():
        yield name, [features]
    trained = PrestoEncoder(weights=str(weights))
    drawn = [PrestoEncoder(pretrained=False, seed=seed) for seed in range(seeds)]
    for name, given in INPUTS.items():
        yield f"Presto pretrained, {name}", [embed(rows, trained, **given)]
        yield (
            f"Presto random, {name}",
            [embed(rows, encoder, **given) for encoder in drawn],
        )


def main() -> None:
    """Print the table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = Path(__file__).parents[3] / "shared"
    parser.add_argument("--shared", type=Path, default=default)
    parser.add_argument("--seeds", type=int, default=16)
    arguments = parser.parse_args()
    rows = read_rows(arguments.shared)
    weights = arguments.shared / "weights" / "presto" / "default_model.pt"
    print("| features | R2 | RMSE |\n|---|---|---|")
    for name, features in feature_rows(rows, weights, arguments.seeds):
        scores = np.array([judge(item, rows) for item in features])
        r2, error, chosen = scores.mean(0)
        spread = scores[:, 0].std()
        more = f" +- {spread:.3f}" if spread else ""
        print(f"| {name} | {r2:.3f}{more} ({chosen:.3f}) | {error:.1f} |")


if __name__ == "__main__":
    main()
