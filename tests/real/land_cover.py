"""Land cover of 147 real tiles from Galileo and from band statistics.

Run: python tests/real/land_cover.py [--shared ../shared] [--seeds 16]

Three TerraMesh places are cut into 7 x 7 tiles of 32 pixels each; labels are the shares
of the nine land-cover classes. Features are standardized and a ridge regression with
alpha 1 predicts all shares at once; the figures are R2 of the pooled out-of-fold
predictions. ``folds`` are five random ones, so that neighbors of a test tile train;
``quadrants`` hold the same quarter of every place out. The rows called random have
Galileo's weights before training: they are what the pretrained ones must beat.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
import torch
from numpy.typing import NDArray
from sklearn.linear_model import Ridge, RidgeCV
from sklearn.metrics import r2_score
from sklearn.model_selection import KFold

from neucobench.encoders.pretrained.galileo import GalileoEncoder, embed_tiles
from neucobench.encoders.pretrained.galileo_input import normalize
from neucobench.encoders.pretrained.galileo_tokens import GROUPS

PLACES = ("282D_485L_3_3", "433D_629L_3_1", "609U_541L_3_0")
TILE, GRID, CLASSES = 32, 7, 9
# Bands B2 to B8A, B11 and B12 of each product.
TEN_BANDS = {
    "S2L1C": (1, 2, 3, 4, 5, 6, 7, 8, 11, 12),
    "S2L2A": (1, 2, 3, 4, 5, 6, 7, 8, 10, 11),
}
SHIFTED = {"S2L1C": PLACES, "S2L2A": ("433D_629L_3_1",), "S1RTC": ()}
JUNE = 5
# The other classes are in too few tiles; 7 is all of one place.
JUDGED = (1, 2, 4, 5)

Array = NDArray[np.float32]
Split = Callable[[], Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]]


@dataclass(frozen=True, kw_only=True)
class Tiles:
    """Hold 147 tiles: place by place, row by row.

    Attributes:
        images: product to (tiles, band, 32, 32), without the +1000 shift.
        shares: (tiles, 9) of the classes 1 to 9.
        quadrants: (tiles,) 0 to 3, which quarter of its place a tile lies in.
    """

    images: dict[str, Array]
    shares: NDArray[np.float64]
    quadrants: NDArray[np.intp]


def read_tiles(shared: Path) -> Tiles:
    """Return the tiles of the three places."""
    images = {}
    for product in ("S1RTC", "S2L1C", "S2L2A"):
        places = [
            _read(shared, product, place).astype(np.float32)
            - (1000 if place in SHIFTED[product] else 0)
            for place in PLACES
        ]
        images[product] = np.concatenate([_cut(place) for place in places])
    classes = np.concatenate([_cut(_read(shared, "LULC", place)) for place in PLACES])
    shares = [(classes == number).mean((1, 2, 3)) for number in range(1, CLASSES + 1)]
    rows, columns = (axis.ravel() for axis in np.indices((GRID, GRID)))
    quadrants = np.tile((rows >= 4) * 2 + (columns >= 4), len(PLACES))
    return Tiles(images=images, shares=np.stack(shares, axis=1), quadrants=quadrants)


def _read(shared: Path, product: str, place: str) -> NDArray[np.generic]:
    with rasterio.open(
        shared / "data" / "terramesh" / product / f"{place}.tif"
    ) as file:
        return file.read()


def _cut(image: NDArray[np.generic]) -> NDArray[np.generic]:
    """Return (49, band, 32, 32), row by row."""
    parts = image.reshape(len(image), GRID, TILE, GRID, TILE)
    return parts.transpose(1, 3, 0, 2, 4).reshape(-1, len(image), TILE, TILE)


def statistics(tiles: Tiles, *bands: Array, deviations: bool = True) -> Array:
    """Return (tiles, features): means of the bands, then standard deviations."""
    image = np.concatenate(bands, axis=1).astype(np.float64)
    parts = [image.mean((2, 3))] + ([image.std((2, 3))] if deviations else [])
    return np.concatenate(parts, axis=1)


def embed(
    tiles: Tiles,
    encoder: GalileoEncoder,
    *,
    product: str,
    without: Sequence[str] = (),
) -> Array:
    """Return (tiles, 128), each tile one sequence of one date in June."""
    optical = tiles.images[product][:, TEN_BANDS[product]]
    series = np.concatenate([tiles.images["S1RTC"], optical], axis=1)
    months = torch.full((len(series), 1), JUNE)
    groups = tuple(name for name in GROUPS if name not in without)
    with torch.inference_mode():
        given = torch.from_numpy(normalize(series))[:, None]
        vectors = embed_tiles(encoder.model(), given, months, encoder.patch, groups)
    return vectors[:, 0].numpy()


def splits(tiles: Tiles) -> dict[str, Split]:
    """Return the two ways to hold tiles out."""

    def folds() -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        yield from KFold(5, shuffle=True, random_state=0).split(tiles.shares)

    def quadrants() -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        for quadrant in range(4):
            held_out = tiles.quadrants == quadrant
            yield np.flatnonzero(~held_out), np.flatnonzero(held_out)

    return {"folds": folds, "quadrants": quadrants}


def judge(
    features: Array,
    shares: NDArray[np.float64],
    split: Split,
    alphas: Sequence[float] = (1.0,),
) -> dict[int, float]:
    """Return R2 of each class that is judged, of class 7, and as 0 their mean.

    Args:
        features: (tiles, features)
        shares: (tiles, 9)
        split: how tiles are held out.
        alphas: of the ridge regression; among several, leave-one-out on the training
            tiles chooses.
    """
    predicted = np.zeros_like(shares)
    for train, test in split():
        mean, std = features[train].mean(0), features[train].std(0)
        scaled = (features - mean) / np.where(std > 0, std, 1)
        ridge = Ridge(alpha=alphas[0]) if len(alphas) == 1 else RidgeCV(alphas=alphas)
        model = ridge.fit(scaled[train], shares[train])
        predicted[test] = model.predict(scaled[test])
    scores = {
        number: float(r2_score(shares[:, number - 1], predicted[:, number - 1]))
        for number in (*JUDGED, 7)
    }
    return scores | {0: float(np.mean([scores[number] for number in JUDGED]))}


def feature_rows(
    tiles: Tiles, weights: Path, seeds: int
) -> Iterator[tuple[str, list[Array]]]:
    """Yield each row of the table: its name, and its features, of each seed."""
    radar = tiles.images["S1RTC"]
    l1c, l2a = (tiles.images[product] for product in ("S2L1C", "S2L2A"))
    yield "band mean, L2A + S1", [statistics(tiles, radar, l2a, deviations=False)]
    yield "band mean + std, L2A + S1", [statistics(tiles, radar, l2a)]
    ten = l1c[:, TEN_BANDS["S2L1C"]]
    yield "band mean + std, ten L1C bands + S1", [statistics(tiles, radar, ten)]
    for product in ("S2L2A", "S2L1C"):
        for patch in (8, 4):
            what = f"{product[2:]}, patch {patch}"
            drawn = [
                GalileoEncoder(pretrained=False, seed=seed, patch=patch)
                for seed in range(seeds)
            ]
            yield (
                f"Galileo random, {what}",
                [embed(tiles, encoder, product=product) for encoder in drawn],
            )
            trained = GalileoEncoder(weights=str(weights), patch=patch)
            yield (
                f"Galileo pretrained, {what}",
                [embed(tiles, trained, product=product)],
            )
            if (product, patch) == ("S2L2A", 8):
                for group in ("NDVI", "S1"):
                    yield (
                        f"same, {group} absent",
                        [embed(tiles, trained, product=product, without=(group,))],
                    )


def main() -> None:
    """Print both tables in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = Path(__file__).parents[3] / "shared"
    parser.add_argument("--shared", type=Path, default=default)
    parser.add_argument("--seeds", type=int, default=16)
    arguments = parser.parse_args()
    tiles = read_tiles(arguments.shared)
    weights = arguments.shared / "weights" / "galileo-nano" / "encoder.pt"
    rows = list(feature_rows(tiles, weights, arguments.seeds))
    for title, split in splits(tiles).items():
        print(
            f"\n| {title} | 1 | 2 | 4 | 5 | 7 | mean |\n|---|---|---|---|---|---|---|"
        )
        for name, features in rows:
            scores = [judge(item, tiles.shares, split) for item in features]
            means = [np.mean([score[key] for score in scores]) for key in scores[0]]
            spread = np.std([score[0] for score in scores])
            text = " | ".join(f"{mean:.3f}" for mean in means)
            print(f"| {name} | {text}{f' +- {spread:.3f}' if spread else ''} |")


if __name__ == "__main__":
    main()
