"""Presto: a transformer pretrained on series of single pixels."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from neucobench.data.tensor_file import fill_model, read_tensors
from neucobench.device import torch_device
from neucobench.encoders.options import check_choices
from neucobench.encoders.pretrained.kept_models import KeptModels
from neucobench.encoders.pretrained.presto_input import (
    MEASURED,
    PixelSeries,
    absent_bands,
    scale,
)
from neucobench.encoders.pretrained.presto_model import MOST_STEPS, WIDTH, Presto
from neucobench.encoders.pretrained.random_weights import draw_weights
from neucobench.encoders.pretrained.sentinel_series import SeriesEncoder
from neucobench.encoders.pretrained.weights import (
    find_weights,
)
from neucobench.errors import CubeError, UsageError

POOLS = ("mean_std", "mean")
# So many series at a time stay in the processor's cache.
_SERIES = {"cpu": 64, "cuda": 4096}


@dataclass(frozen=True, kw_only=True)
class PrestoEncoder(SeriesEncoder):
    """Average blocks of pixels, encode the series of each, and pool.

    ::

        S1, S2 ─▶ means of 8 x 8 px ─▶ 33 x 33 series + NDVI ─▶ Presto ─▶ mean, std

    Presto always sees a place. Here it is latitude 0, longitude 0 for every cube, so
    that the vector tells nothing of where the cube lies.

    Attributes:
        block: side of the blocks in pixels; what does not fill one at the borders is
            left out.
        pool: ``"mean_std"`` over the series (256 dimensions), or ``"mean"`` (128).
    """

    block: int = 8
    pool: str = "mean_std"

    def __post_init__(self) -> None:
        """Refuse options that are not known or contradict each other."""
        super().__post_init__()
        check_choices(self.name, pool=(self.pool, POOLS))
        if self.block < 1:
            raise UsageError(
                f"The encoder {self.name} got block={self.block}; a block has 1 pixel "
                "or more on a side. Give for example --option block=8."
            )

    @property
    def name(self) -> str:
        """Return ``"presto"``, or ``"presto-random"`` without training."""
        return "presto" if self.pretrained else "presto-random"

    @property
    def dims(self) -> int:
        """Return 256, or 128 for the mean alone."""
        return 2 * WIDTH if self.pool == "mean_std" else WIDTH

    def prepare(self) -> None:
        """Load the weights.

        Raises:
            InputError: when the file is not that of this model.
            DownloadError: when the published file cannot be had.
        """
        self.model()

    def model(self) -> Presto:
        """Return the model with its weights, which are loaded once."""
        seed = None if self.pretrained else self.seed
        return _load(self.weights, seed, torch_device(self.device))

    def encode_series(self, series: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return (dims,) of one cube.

        Args:
            series: (time, 12, y, x) decibel, and reflectance x 10,000.

        Raises:
            CubeError: when there are too many seasons, or fewer pixels than a block.
        """
        if len(series) > MOST_STEPS:
            raise CubeError(
                f"{self.level} has {len(series)} seasons; {self.name} takes up to "
                f"{MOST_STEPS}. Leave this cube out, or choose another encoder."
            )
        blocks = average_blocks(series, self.block)
        vectors = embed_pixels(self.model(), blocks, self.month_numbers(), s1=self.s1)
        parts = [vectors.mean(0)]
        if self.pool == "mean_std":
            parts.append(vectors.std(0, correction=0))
        return torch.cat(parts).cpu().numpy()


def average_blocks(series: NDArray[np.float32], block: int) -> NDArray[np.float32]:
    """Return (blocks, time, band), row by row, the means of blocks of pixels.

    Args:
        series: (time, band, y, x)
        block: side of a block in pixels; the blocks lie in the center.

    Raises:
        CubeError: when the image is smaller than a block.
    """
    steps, bands, height, width = series.shape
    rows, columns = height // block, width // block
    if not rows or not columns:
        raise CubeError(
            f"The image has {height} x {width} pixels and is smaller than a block of "
            f"{block} x {block}. Leave this cube out, or give --option block=1."
        )
    top, left = (height - rows * block) // 2, (width - columns * block) // 2
    inner = series[:, :, top : top + rows * block, left : left + columns * block]
    parts = inner.reshape(steps, bands, rows, block, columns, block)
    means: NDArray[np.float32] = parts.mean((3, 5))
    return means.transpose(2, 3, 0, 1).reshape(rows * columns, steps, bands)


def embed_pixels(
    model: Presto, pixels: NDArray[np.float32], months: tuple[int, ...], *, s1: bool
) -> Tensor:
    """Return (pixels, 128) of series of Sentinel-1 and Sentinel-2, at the place (0, 0).

    Args:
        model: on any device.
        pixels: (pixels, time, 12) VV to B12, in decibel and reflectance x 10,000.
        months: month of each step, 0 to 11.
        s1: whether VV and VH count.
    """
    device = model.norm.weight.device
    samples, steps, bands = pixels.shape
    filled = np.zeros((samples, steps, MEASURED), dtype=np.float32)
    filled[..., :bands] = pixels
    values = torch.from_numpy(scale(filled)).to(device)
    missing = ("ERA5", "SRTM") if s1 else ("S1", "ERA5", "SRTM")
    absent = absent_bands((samples, steps), *missing).to(device)
    month = torch.tensor(months, device=device).expand(samples, -1)
    place = torch.zeros(samples, 2, device=device)
    at_once = _SERIES[device.type]
    vectors = [
        model(
            PixelSeries(
                values=values[start : start + at_once],
                months=month[start : start + at_once],
                latlon=place[start : start + at_once],
                absent=absent[start : start + at_once],
            )
        )
        for start in range(0, samples, at_once)
    ]
    return torch.cat(vectors)


@KeptModels
def _load(weights: str | None, seed: int | None, device: torch.device) -> Presto:
    """Return the model with trained weights, or with those drawn from a seed."""
    with torch.device("meta"):
        model = Presto()
    if seed is None:
        path = find_weights("presto", weights)
        tensors = {
            key.removeprefix("encoder."): value
            for key, value in read_tensors(path).items()
        }
        fill_model(model, tensors, source=path, ignored=("decoder.",))
    else:
        tensors = draw_weights(model, seed, tables=model.tables())
        fill_model(model, tensors, source=f"seed {seed}")
    return model.to(device)
