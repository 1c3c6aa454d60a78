"""How a cube is cut into tiles for Galileo, and how their embeddings become one."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from neucobench.errors import CubeError

POOLS = ("mean", "mean_std", "seasons", "grid2", "grid3")


@dataclass(frozen=True, kw_only=True)
class TileGrid:
    """Say where the tiles of an image lie.

    Attributes:
        side: side of a tile in pixels.
        rows: tiles from top to bottom.
        columns: tiles from left to right.
        top: first row of pixels that is used.
        left: first column of pixels that is used.
    """

    side: int
    rows: int
    columns: int
    top: int
    left: int

    def cut(self, series: Tensor) -> Tensor:
        """Return (tiles, time, band, side, side), row by row, of (time, band, y, x)."""
        time, band = series.shape[:2]
        inner = series[
            ...,
            self.top : self.top + self.rows * self.side,
            self.left : self.left + self.columns * self.side,
        ]
        tiles = inner.reshape(
            time, band, self.rows, self.side, self.columns, self.side
        ).permute(2, 4, 0, 1, 3, 5)
        return tiles.flatten(0, 1)


def lay_tiles(height: int, width: int, *, tile: int, patch: int) -> TileGrid:
    """Return whole tiles in the center of an image.

    An image that is smaller than a tile gets smaller ones, of whole patches.

    Raises:
        CubeError: when it is smaller than a patch.
    """
    smallest = min(height, width)
    if smallest < patch:
        raise CubeError(
            f"The image has {height} x {width} pixels; a patch of Galileo has "
            f"{patch} x {patch}. Leave this cube out, or give --option "
            f"patch={max(smallest, 1)}."
        )
    side = min(tile, smallest // patch * patch)
    rows, columns = height // side, width // side
    return TileGrid(
        side=side,
        rows=rows,
        columns=columns,
        top=(height - rows * side) // 2,
        left=(width - columns * side) // 2,
    )


def pool_dims(pool: str, width: int, seasons: int) -> int:
    """Return how long the vector of a cube is."""
    parts = {"mean": 1, "mean_std": 2, "seasons": seasons, "grid2": 4, "grid3": 9}
    return parts[pool] * width


def pool_tiles(tiles: Tensor, grid: TileGrid, pool: str) -> Tensor:
    """Return the vector of a cube.

    Args:
        tiles: (tiles, seasons, width) the embedding of each season in each tile.
        grid: where the tiles lie.
        pool: ``"mean"`` over all; ``"mean_std"``, with the standard deviation over the
            tiles; ``"seasons"``, the mean of each season; ``"grid2"`` and ``"grid3"``,
            the mean in each part of a grid of 2 x 2 or 3 x 3; a tile on the border of
            two parts counts in both.
    """
    if pool == "seasons":
        return tiles.mean(0).flatten()
    whole = tiles.mean(1)
    if pool == "mean":
        return whole.mean(0)
    if pool == "mean_std":
        return torch.cat([whole.mean(0), whole.std(0, correction=0)])
    parts = {"grid2": 2, "grid3": 3}[pool]
    image = whole.T.reshape(-1, grid.rows, grid.columns)
    return adaptive_avg_pool2d(image, parts).flatten(1).T.flatten()
