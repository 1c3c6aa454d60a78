"""Crops: a square of a picture, or of the frames of a stack, turned and varied."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucobench.codecs.pixels.values import Convention
from neucobench.codecs.standardize import standardize
from neucobench.codecs.training.augment import (
    choose_frames,
    choose_size,
    mix,
    shrink,
    vary,
    vary_bands,
    vary_frames,
)
from neucobench.codecs.training.pool import Picture, Pool
from neucobench.codecs.training.settings import Augment
from neucobench.errors import CodecError
from neucobench.seeding import generator

MOST_TRIES = 50


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Hold what one step learns from.

    Attributes:
        step: counted from 1.
        pixels: (crop, band, y, x), of stacks (crop, time, band, y, x), standardized.
        skipped: how many crops were drawn in vain: they had pixels without data.
    """

    step: int
    pixels: NDArray[np.float32]
    skipped: int


@dataclass(frozen=True, kw_only=True)
class Crops:
    """Draw the crops of a step; equal steps give equal crops, in any order.

    Attributes:
        pool: the pictures.
        size: height and width in pixels.
        batch: crops in a step.
        seed: of everything that is drawn.
        augment: how they are varied.
        frames: of a stack; None: single pictures.
        share: which of several processes this is, and how many there are; each draws
            its own crops of the batch.
    """

    pool: Pool
    size: int
    batch: int
    seed: int
    augment: Augment
    frames: int | None = None
    share: tuple[int, int] = (0, 1)

    def draw(self, step: int, pictures: list[Picture] | None = None) -> Batch:
        """Return the crops of a step.

        Args:
            step: the step.
            pictures: those of the step, where they have been asked for already.

        Raises:
            CodecError: when fifty crops in a row lacked data.
        """
        if pictures is None:
            pictures = self.pool.pictures(step)
        first, stride = self.share
        found, skipped = [], 0
        for place in range(first, self.batch, stride):
            crop, vain = self._crop(pictures, step, place)
            found.append(crop)
            skipped += vain
        return Batch(step=step, pixels=np.stack(found), skipped=skipped)

    def _crop(
        self, pictures: list[Picture], step: int, place: int
    ) -> tuple[NDArray[np.float32], int]:
        random = generator(self.seed, "crop", step, place)
        crop, vain = self._varied(pictures, random)
        if random.random() < self.augment.mix:
            other, more = self._varied(pictures, random)
            crop, vain = mix(crop, other, random), vain + more
        crop = vary_bands(crop, self.augment, random)
        return standardize(np.ascontiguousarray(crop)), vain

    def _varied(
        self, pictures: list[Picture], random: np.random.Generator
    ) -> tuple[NDArray[np.float32], int]:
        weights = np.array([picture.weight for picture in pictures])
        chances = weights / weights.sum()
        for vain in range(MOST_TRIES):
            picture = pictures[random.choice(len(pictures), p=chances)]
            height, width = picture.pixels.shape[-2:]
            size = choose_size(self.size, min(height, width), self.augment, random)
            top = random.integers(height - size + 1)
            left = random.integers(width - size + 1)
            crop = picture.pixels[..., top : top + size, left : left + size]
            if self.frames is not None:
                crop = crop[choose_frames(len(crop), self.frames, self.augment, random)]
            if not lacks_data(crop):
                raw = shrink(reflectance(crop, picture.convention), self.size)
                raw = vary(raw, self.augment, random)
                if self.frames is not None:
                    raw = vary_frames(raw, self.augment, random)
                return raw, vain
        raise CodecError(
            f"{MOST_TRIES} crops in a row had pixels without data (zero in all bands, "
            "or not a number); leave such files out with [data] exclude."
        )


def reflectance(pixels: NDArray[Any], convention: Convention) -> NDArray[np.float32]:
    """Return stored numbers as reflectance x 10,000."""
    raw = pixels.astype(np.float32) - np.float32(convention.offset)
    return raw * np.float32(convention.scale)


def lacks_data(pixels: NDArray[Any]) -> bool:
    """Return whether a pixel (..., band, y, x) is 0 in all bands, or not a number."""
    if not (pixels != 0).any(axis=-3).all():
        return True
    return pixels.dtype.kind == "f" and not bool(np.isfinite(pixels).all())


def draw_ahead(crops: Crops, steps: range, workers: int) -> Iterator[Batch]:
    """Yield the batches of the steps, drawn ahead by threads.

    Raises:
        CodecError: when fifty crops in a row lacked data.
    """
    waiting: deque[Future[Batch]] = deque()
    with ThreadPoolExecutor(workers) as threads:
        try:
            for step in steps:
                # The pool is asked in the order of the steps, by this thread alone.
                pictures = crops.pool.pictures(step)
                waiting.append(threads.submit(crops.draw, step, pictures))
                if len(waiting) > 2 * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
