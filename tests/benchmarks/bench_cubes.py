"""Read cubes: ours against xarray.open_zarr and against the bare Blosc decode.

Makes cubes of three modalities x 4 seasons x 264 px in the published layout (written by
xarray: Zarr version 2, coordinates, Blosc lz4, one chunk per season), from real tiles
where they are beside the checkout and from smooth noise elsewhere. Every competitor
reads the same cached files in the same run, in turn; the best round of each counts.

Run: python tests/benchmarks/bench_cubes.py [--cubes 12] [--rounds 7]
"""

import argparse
import os
import tempfile
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
import zarr
from numcodecs import blosc
from zarr.storage import ZipStore

from neucobench.data.bands import MODALITIES
from neucobench.data.buffers import Buffers
from neucobench.data.cube import read_cube
from neucobench.data.zipped import ZipArchive

TILES = Path(__file__).parents[3] / "shared" / "data" / "ssl4eo-s12-s2l2a"
SIZE = 264
DECODE = "Blosc decode only, reused arrays"
REFERENCE = "xarray.open_zarr, as upstream"
XARRAY = "xarray.open_zarr"
OURS = "read_cube, buffers"
ONE = ", 1 season of 4"
Cubes = list[dict[str, Path]]
Packed = list[dict[str, list[bytes]]]


def optical_stacks(count: int) -> list[np.ndarray]:
    """Return (4, 12, 264, 264) int16 arrays, real where there are tiles."""
    places = sorted({path.stem.rpartition("_")[0] for path in TILES.glob("*.tif")})
    if places:
        import rasterio

        stacks = []
        for place in places:
            seasons = []
            for season in range(4):
                with rasterio.open(TILES / f"{place}_{season}.tif") as tile:
                    seasons.append(tile.read())
            stacks.append(np.stack(seasons).astype(np.int16))
        print(f"{len(places)} real places, turned (Copernicus Sentinel; SSL4EO-S12)")
    else:
        rng = np.random.default_rng(0)
        coarse = rng.normal(1500, 600, (4, 12, SIZE // 8, SIZE // 8))
        smooth = coarse.repeat(8, 2).repeat(8, 3) + rng.normal(
            0, 40, (4, 12, SIZE, SIZE)
        )
        stacks = [smooth.clip(0).astype(np.int16)]
        print("smooth noise (no tiles beside the checkout)")
    turned = [np.rot90(stack, turn, (2, 3)) for stack in stacks for turn in range(4)]
    return [turned[i % len(turned)] for i in range(count)]


def write_cubes(folder: Path, count: int) -> Cubes:
    """Write the cubes and return their files."""
    rng = np.random.default_rng(1)
    cubes = []
    for number, l2a in enumerate(optical_stacks(count)):
        cirrus = l2a[:, :1] // 60
        l1c = np.concatenate([l2a[:, :10], cirrus, l2a[:, 10:]], axis=1) * 0.9 + 200
        speckle = rng.normal(0, 1.5, (4, 2, SIZE, SIZE))
        arrays = {
            "s1": (l2a[:, 7:9] / 1500 - 15 + speckle).astype(np.float32),
            "s2l1c": (l1c + rng.normal(0, 8, l1c.shape)).clip(0).astype(np.int16),
            "s2l2a": l2a,
        }
        cubes.append(
            {
                name: write(folder / name / f"{number:04d}.zarr.zip", name, array)
                for name, array in arrays.items()
            }
        )
    return cubes


def write(path: Path, name: str, array: np.ndarray) -> Path:
    """Write one modality as xarray does, with the coordinates of the published set."""
    path.parent.mkdir(parents=True, exist_ok=True)
    dims = ("sample", "time", "band", "y", "x")
    data = xr.Dataset(
        {"bands": (dims, array[np.newaxis])},
        coords={
            "sample": [path.name],
            "time": np.arange(4),
            "band": list(MODALITIES[name].bands),
            "y": np.arange(SIZE),
            "x": np.arange(SIZE),
        },
    )
    chunks = (1, 1, *array.shape[1:])
    with ZipStore(path, mode="w") as store:
        data.to_zarr(store, zarr_format=2, encoding={"bands": {"chunks": chunks}})
    return path


def chunks_of(path: Path) -> list[bytes]:
    """Return the packed chunks of one file, in the order of the seasons."""
    with ZipArchive(path) as archive:
        return [
            archive.read(f"bands/0.{season}.0.0.0", limit=2**30) for season in range(4)
        ]


def read_bytes(cubes: Cubes) -> None:
    """Read the files and do nothing with them."""
    for cube in cubes:
        for path in cube.values():
            path.read_bytes()


def with_xarray(cubes: Cubes, **choice: int) -> None:
    """Read the cubes; zarr 3 needs the store to be named."""
    for cube in cubes:
        for path in cube.values():
            with ZipStore(path, mode="r") as store:
                xr.open_zarr(store).isel(choice).bands.to_numpy()


def as_reference(cubes: Cubes) -> None:
    """Read the cubes as NeuCo-Bench's loader does: the seasons through an indexer."""
    seasons = xr.DataArray([0, 1, 2, 3], dims="time")
    for cube in cubes:
        for path in cube.values():
            with ZipStore(path, mode="r") as store:
                xr.open_zarr(store).isel(time=seasons).bands.to_numpy()


def with_zarr(cubes: Cubes) -> None:
    """Read the arrays without xarray."""
    for cube in cubes:
        for path in cube.values():
            with ZipStore(path, mode="r") as store:
                zarr.open_array(store, path="bands", mode="r")[...]


def ours(cubes: Cubes, **options: Any) -> None:
    """Read the cubes with NeuCo-Bench."""
    for cube in cubes:
        read_cube(cube, **options)


def decode(packed: Packed, places: dict[str, np.ndarray]) -> None:
    """Decode chunks that are in memory already: what no reader can do without."""
    for cube in packed:
        for name, chunks in cube.items():
            for season, chunk in enumerate(chunks):
                blosc.decompress(chunk, places[name][season])


def competitors(cubes: Cubes) -> dict[str, Callable[[], None]]:
    """Return what is timed: each reads all cubes once."""
    packed = [{name: chunks_of(path) for name, path in cube.items()} for cube in cubes]
    places = read_cube(cubes[0]).arrays
    buffers = Buffers()
    return {
        "bytes of the files": partial(read_bytes, cubes),
        DECODE: partial(decode, packed, places),
        REFERENCE: partial(as_reference, cubes),
        XARRAY: partial(with_xarray, cubes),
        "zarr.open_array": partial(with_zarr, cubes),
        OURS: partial(ours, cubes, buffers=buffers),
        "read_cube, new arrays": partial(ours, cubes),
        "read_cube, buffers, verify": partial(
            ours, cubes, buffers=buffers, verify=True
        ),
        "read_cube, buffers, +1000": partial(ours, cubes, buffers=buffers, offset=1000),
        XARRAY + ONE: partial(with_xarray, cubes, time=2),
        OURS + ONE: partial(ours, cubes, buffers=buffers, seasons=[2]),
    }


def measure(
    jobs: dict[str, Callable[[], None]],
    cubes: int,
    rounds: int,
    clock: Callable[[], float],
) -> None:
    """Print the best time per cube of each competitor, and the ratios."""
    best = dict.fromkeys(jobs, float("inf"))
    for _ in range(rounds):
        for name, job in jobs.items():
            start = clock()
            job()
            best[name] = min(best[name], (clock() - start) / cubes)
    for name, seconds in best.items():
        print(f"  {name:36s}{seconds * 1e3:8.2f} ms per cube")
    for name in (REFERENCE, XARRAY):
        faster = best[name] / best[OURS]
        print(f"  {name} / ours: {faster:.1f} times (goal: at least 8)")
    slower = best[OURS] / best[DECODE]
    print(f"  ours / Blosc decode: {slower:.2f} (goal: at most 1.25)")
    alone = best[XARRAY + ONE] / best[OURS + ONE]
    print(f"  one season, xarray / ours: {alone:.1f} times")


def main() -> None:
    """Make the cubes, then time one core and all cores."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--cubes", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    dask = "with" if find_spec("dask") else "without"
    print(f"xarray {xr.__version__} {dask} dask, zarr {zarr.__version__}")
    with tempfile.TemporaryDirectory() as folder:
        cubes = write_cubes(Path(folder), options.cubes)
        jobs = competitors(cubes)
        cores = os.sched_getaffinity(0)
        print("one core, one thread, CPU time")
        os.sched_setaffinity(0, {max(cores)})
        # Away from the main thread, Blosc starts no threads of its own.
        with ThreadPoolExecutor(1) as pool:
            arguments = (jobs, options.cubes, options.rounds, time.process_time)
            pool.submit(measure, *arguments).result()
        os.sched_setaffinity(0, cores)
        print(f"{len(cores)} cores, every library as it comes, wall time")
        measure(jobs, options.cubes, options.rounds, time.perf_counter)


if __name__ == "__main__":
    main()
