"""Every encoder at hand on real tiles: seconds per cube, dimensions, land cover.

Run: python tests/real/encoder_table.py [--shared ../shared] [--cubes 16]

Land cover: three TerraMesh places are cut into 147 cubes of 32 x 32 pixels, packed as
the downstream set is, the one date standing for all four seasons. Each encoder runs
over them as ``neucobench encode`` does, and a ridge regression, its alpha chosen on the
training tiles, predicts the shares of the land-cover classes (``land_cover.py``): mean
R2 of four classes, once over random folds, in which neighbors of a test tile train, and
once with the same quarter of every place held out. Controls with random weights are
means and standard deviations over five seeds.

Seconds: one worker over whole cubes of 4 x 264 x 264 pixels, the same places mirrored
at the edges.
"""

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from land_cover import PLACES, SHIFTED, Tiles, judge, read_tiles, splits
from numpy.typing import NDArray

from neucobench.data.writer import write_cube_file
from neucobench.embeddings.files import read_embeddings
from neucobench.encoders.load import load_encoder
from neucobench.encoders.reducers.parse import parse_reducer
from neucobench.encoders.running.run import encode_folder

PRODUCTS = {"s1": "S1RTC", "s2l1c": "S2L1C", "s2l2a": "S2L2A"}
MARGIN = 20  # 224 to 264 pixels


@dataclass(frozen=True, kw_only=True)
class Row:
    """Name an encoder as it is typed.

    Attributes:
        encoder: for ``--encoder``.
        options: for ``--option``.
        weights: below the shared folder, or None.
        reduce: for ``--reduce``, or None.
    """

    encoder: str
    options: dict[str, str] = field(default_factory=dict)
    weights: str | None = None
    reduce: str | None = None

    @property
    def title(self) -> str:
        """Return the row's first cell."""
        parts = [self.encoder, *(f"{k}={v}" for k, v in self.options.items())]
        return " ".join([*parts, *([self.reduce] if self.reduce else [])])


RANDOM = {"pretrained": "false"}
GALILEO = {"weights": "galileo-nano/encoder.pt"}
FINE = {"patch": "4", "tile": "24"}
# One date in June stands for all seasons.
JUNE = {"months": "5,5,5,5"}
ALONE = JUNE | {"joint": "false"}
SEEDS = 5
ALPHAS = tuple(10.0 ** np.arange(-2, 7))
ROWS = (
    Row(encoder="random"),
    Row(encoder="mean"),
    Row(encoder="bandstats"),
    Row(encoder="dct"),
    Row(encoder="mosaiks", options={"mode": "gaussian"}),
    Row(encoder="mosaiks"),
    Row(encoder="mosaiks", reduce="pca:dims=32"),
    Row(encoder="vit-dino", options=RANDOM),
    Row(encoder="galileo-nano", options=ALONE, **GALILEO),
    Row(encoder="galileo-nano", options=ALONE | RANDOM),
    Row(encoder="galileo-nano", options=ALONE | FINE, **GALILEO),
    Row(encoder="galileo-nano", options=ALONE | FINE | RANDOM),
    Row(encoder="presto", options=JUNE, weights="presto/default_model.pt"),
    Row(encoder="presto", options=JUNE | RANDOM),
)


def pack(root: Path, number: int, images: dict[str, NDArray[np.float32]]) -> None:
    """Write one cube: (band, y, x) by modality, the same in each season."""
    for name, image in images.items():
        seasons = np.stack([image] * 4)
        kind = np.float32 if name == "s1" else np.int16
        path = root / "data" / name / "part-000000" / f"{number:04d}.zarr.zip"
        write_cube_file(path, seasons.astype(kind))


def pack_tiles(root: Path, tiles: Tiles) -> Path:
    """Write the 147 cubes of 32 x 32 pixels."""
    for number in range(len(tiles.shares)):
        images = {name: tiles.images[key][number] for name, key in PRODUCTS.items()}
        pack(root, number, images)
    return root


def pack_places(root: Path, shared: Path, count: int) -> Path:
    """Write ``count`` cubes of 264 x 264 pixels, the places in turn."""
    import rasterio

    for number in range(count):
        place, images = PLACES[number % len(PLACES)], {}
        for name, product in PRODUCTS.items():
            path = shared / "data" / "terramesh" / product / f"{place}.tif"
            with rasterio.open(path) as file:
                image = file.read().astype(np.float32)
            image -= 1000 if place in SHIFTED[product] else 0
            edges = ((0, 0), (MARGIN, MARGIN), (MARGIN, MARGIN))
            images[name] = np.roll(np.pad(image, edges, mode="reflect"), number, 2)
        pack(root, number, images)
    return root


def measure(
    row: Row, small: Path, large: Path, tiles: Tiles, shared: Path
) -> Iterator[str]:
    """Yield the cells of one row."""
    weights = None if row.weights is None else str(shared / "weights" / row.weights)
    seeded = row.options.get("pretrained") == "false"
    drawn = [
        row.options | ({"seed": str(seed)} if seeded else {})
        for seed in range(SEEDS if seeded else 1)
    ]
    reduce = [] if row.reduce is None else [parse_reducer(row.reduce)]
    encoders = [load_encoder(row.encoder, options=o, weights=weights) for o in drawn]
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "out.npz"
        timed = encode_folder(large, encoders[0], out, workers=1)
        vectors = []
        for encoder in encoders:
            report = encode_folder(small, encoder, out, reduce=reduce, overwrite=True)
            vectors.append(read_embeddings(out).values)
    yield row.title
    yield f"{timed.encoding_seconds / timed.encoded:.3f}"
    yield f"{report.dims:,}"
    for split in splits(tiles).values():
        scores = [judge(item, tiles.shares, split, ALPHAS)[0] for item in vectors]
        spread = f" ± {np.std(scores):.3f}" if seeded else ""
        yield f"{np.mean(scores):.3f}{spread}"


def main() -> None:
    """Print the table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = Path(__file__).parents[3] / "shared"
    parser.add_argument("--shared", type=Path, default=default)
    parser.add_argument("--cubes", type=int, default=16)
    arguments = parser.parse_args()
    tiles = read_tiles(arguments.shared)
    print("| encoder | s per cube | dims | R2, random folds | R2, held-out quarters |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        small = pack_tiles(Path(scratch) / "small", tiles)
        large = pack_places(Path(scratch) / "large", arguments.shared, arguments.cubes)
        for row in ROWS:
            cells = measure(row, small, large, tiles, arguments.shared)
            print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
