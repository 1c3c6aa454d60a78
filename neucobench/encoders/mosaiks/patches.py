"""Kernels from patches of the images: drawn at random, then whitened.

Which patch becomes which kernel is drawn as the challenge entry did it, so that with
the same images in the same order the kernels are the same.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from neucobench import seeding
from neucobench.encoders.base import CubeBatch, CubeSource
from neucobench.encoders.mosaiks.cube_images import CubeImages
from neucobench.encoders.mosaiks.random_conv import gaussian_kernels
from neucobench.errors import CubeError

# What is added to every eigenvalue before the inverse is taken.
RIDGE = 1e-3
SMALLEST_NORM = 1e-8


@dataclass(frozen=True, kw_only=True)
class Patches:
    """Hold patches, and where they were taken from.

    Attributes:
        values: (patch, channel, size, size) float32.
        places: (patch, 4) int32: the cube's place in the sorted ids, the season, the
            first row and the first column.
    """

    values: NDArray[np.float32]
    places: NDArray[np.int32]


def draw_patches(
    source: CubeSource,
    view: Callable[[CubeBatch], CubeImages],
    *,
    shape: tuple[int, int, int, int],
    seed: int,
) -> Patches:
    """Draw patches of random cubes, seasons and places.

    One generator gives the cubes, then the rows, then the columns, after as many normal
    numbers as the kernels would have: the published code draws those and throws them
    away. Cubes are counted in the order of their sorted ids, and the last row and
    column are never drawn, as published. The seasons have a generator of their own,
    since the published ones were drawn from a generator that other code used too.

    A cube is read once, whatever number of patches it gives. The patches of a cube that
    cannot be read, or whose size is not that of the first, are taken from the next
    sound one, at the same place; after the last cube that is the first sound one, which
    is then read again.

    Args:
        source: the cubes.
        view: makes a cube, as a batch of one, into images.
        shape: patches, channels, rows and columns.
        seed: of the draws, 1 or more.

    Raises:
        CubeError: when no cube can be used, or the images are too small.
    """
    count, channels, size, _ = shape
    draws = torch.Generator().manual_seed(seed)
    gaussian_kernels(shape, draws)
    total = len(source.ids)
    drawn = torch.randint(max(total, 1), (count,), generator=draws).tolist()
    share = seeding.generator(seed, "mosaiks", "season").random(count)
    wanted: dict[int, list[int]] = {}
    for patch, place in enumerate(drawn):
        wanted.setdefault(place, []).append(patch)
    values = np.empty((count, channels, size, size), dtype=np.float32)
    places = np.empty((count, 4), dtype=np.int32)
    corners: NDArray[np.int64] | None = None
    for place, cube, patches in _sound_cubes(source, view, wanted):
        if corners is None:
            corners = _draw_corners(cube.size, size, count, draws)
        for patch in patches:
            row, column = (int(at) for at in corners[:, patch])
            season = int(share[patch] * cube.seasons)
            values[patch] = cube.window(
                season, slice(row, row + size), slice(column, column + size)
            ).numpy()
            places[patch] = place, season, row, column
    return Patches(values=values, places=places)


def _draw_corners(
    image: tuple[int, int], size: int, count: int, draws: torch.Generator
) -> NDArray[np.int64]:
    """Return (2, count), first rows and first columns."""
    if min(image) <= size:
        raise CubeError(
            f"The images have {image[0]} x {image[1]} pixels, and kernels of {size} x "
            f"{size} pixels are drawn from images that are larger than that. Give "
            "larger cubes, or a smaller kernel with --option kernel=..."
        )
    corners = [torch.randint(n - size, (count,), generator=draws) for n in image]
    return np.stack([corner.numpy() for corner in corners])


def _sound_cubes(
    source: CubeSource,
    view: Callable[[CubeBatch], CubeImages],
    wanted: dict[int, list[int]],
) -> Iterator[tuple[int, CubeImages, list[int]]]:
    """Yield the first sound cube, and those that patches are wanted of.

    Each comes with its place and its patches; those of a broken cube wait for the next
    sound one, from the start again after the last.
    """
    ids = source.ids
    size: tuple[int, int] | None = None
    waiting: list[int] = []
    broken: dict[int, Exception] = {}
    for place in [*range(len(ids)), *range(len(ids))]:
        waiting = [*waiting, *wanted.pop(place, [])]
        if place in broken or (size is not None and not waiting):
            continue
        try:
            cube = view(source.read(ids[place]))
        except (CubeError, OSError) as error:
            broken[place] = error
            continue
        if size is not None and cube.size != size:
            broken[place] = CubeError(f"{ids[place]} has another size than the first.")
            continue
        size = cube.size
        yield place, cube, waiting
        waiting = []
    if size is None:
        first = f" The first one: {broken[0]}" if broken else ""
        raise CubeError(
            f"Kernels are drawn from the cubes, and none of the {len(ids)} can be used."
            f"{first} Repair the cubes, or use --option mode=gaussian."
        )


def whiten(patches: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return kernels of the patches' shape, float32, decorrelated twice.

    Each patch loses its own mean and is divided by its norm; with these as the rows of
    P and C = P'P / n, the kernels are P (C + 0.001 I)^-1. That is the published
    whitening, which multiplies twice by the inverse root of the same matrix.

    Args:
        patches: (patch, channel, size, size).
    """
    flat = patches.reshape(len(patches), -1).astype(np.float64)
    flat -= flat.mean(axis=1, keepdims=True)
    norms = np.linalg.norm(flat, axis=1, keepdims=True)
    flat /= np.where(norms < SMALLEST_NORM, 1.0, norms)
    covariance = flat.T @ flat / len(flat)
    covariance[np.diag_indices_from(covariance)] += RIDGE
    kernels = np.linalg.solve(covariance, flat.T).T
    return kernels.reshape(patches.shape).astype(np.float32, order="C")
