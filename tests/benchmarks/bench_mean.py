"""The mean baseline per cube, against the way the published notebook computes it.

Run: python tests/benchmarks/bench_mean.py [--cubes 240]

Cubes of three modalities, 4 x 264 x 264, in the published layout, cached. The
competitor opens each file with xarray as the published loader does, standardizes every
pixel and calls SciPy's ``zoom``. One thread unless said.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from bench_cubes import write_cubes
from numpy.typing import NDArray
from scipy.ndimage import zoom

from neucobench.data.bands import SSL4EO_S12_V11
from neucobench.data.buffers import Buffers
from neucobench.data.dataset import CubeFolder
from neucobench.encoders.base import CubeBatch
from neucobench.encoders.baselines.mean import MeanEncoder
from neucobench.encoders.running.run import encode_folder

SIZE = 264


def plain_mean(files: dict[str, Path]) -> NDArray[np.float32]:
    """Compute the mean baseline with xarray and SciPy, pixel by pixel."""
    import xarray as xr
    import zarr

    arrays = {}
    seasons = xr.DataArray([0, 1, 2, 3], dims="time")
    for name, path in files.items():
        with zarr.storage.ZipStore(path, mode="r") as store:
            # The published loader picks the seasons through an indexer.
            data = xr.open_zarr(store).isel(time=seasons)
            values = data["bands"].to_numpy()[0].astype(np.float32)
        values = values + 1000 if name != "s1" else values
        statistics = SSL4EO_S12_V11[name]
        mean = np.array(statistics.mean, np.float32)[:, None, None]
        std = np.array(statistics.std, np.float32)[:, None, None]
        scaled = (values - mean) / std
        arrays[name] = zoom(scaled, (1, 1, 8 / SIZE, 8 / SIZE), order=1)
    l1c, l2a = arrays["s2l1c"], arrays["s2l2a"]
    channels = [
        np.concatenate([l1c[:, :9], l2a[:, :9]], axis=1).mean(axis=1),
        l1c[:, 9],
        np.concatenate([l1c[:, 10:13], l2a[:, 10:12]], axis=1).mean(axis=1),
        arrays["s1"].mean(axis=1),
    ]
    return np.stack(channels, axis=1).reshape(-1)


def clock(function: Callable[[], object], repeats: int = 3) -> float:
    """Return the shortest of some runs, in seconds."""
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        function()
        times.append(time.perf_counter() - started)
    return min(times)


def read_and_encode(folder: CubeFolder) -> tuple[float, float]:
    """Return the seconds spent reading, and those spent encoding."""
    encoder, buffers = MeanEncoder(), Buffers()
    reading = encoding = 0.0
    for cube_id in folder.ids:
        started = time.perf_counter()
        cube = folder.read(cube_id, modalities=encoder.modalities, buffers=buffers)
        read = time.perf_counter()
        arrays = {name: array[None] for name, array in cube.arrays.items()}
        encoder.encode(CubeBatch(ids=(cube_id,), arrays=arrays, offsets=cube.offsets))
        encoding += time.perf_counter() - read
        reading += read - started
    return reading, encoding


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cubes", type=int, default=240)
    count = parser.parse_args().cubes
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        write_cubes(root / "cubes", count)
        folder = CubeFolder(root / "cubes")
        ids = list(folder.ids)
        few = ids[: max(count // 40, 1)]
        reference = np.stack([plain_mean(folder.files(key)) for key in few])
        plain = clock(lambda: [plain_mean(folder.files(key)) for key in few]) / len(few)
        runs = {}
        for workers in (1, 2):
            out = root / f"{workers}.npz"
            runs[workers] = clock(
                lambda out=out, workers=workers: encode_folder(
                    root / "cubes", MeanEncoder(), out, workers=workers, overwrite=True
                )
            )
        with np.load(root / "1.npz") as file:
            difference = np.abs(file["embeddings"][: len(few)] - reference).max()
        reading, encoding = min(read_and_encode(folder) for _ in range(3))
    total = reading + encoding
    print(f"cubes                            {count}")
    print(f"xarray + SciPy zoom              {1e3 * plain:8.2f} ms per cube")
    print(f"reader + mean encoder            {1e3 * total / count:8.2f} ms per cube")
    print(f"  of it reading and decoding     {100 * reading / total:8.1f} %")
    for workers, seconds in runs.items():
        print(
            f"encode_folder, {workers} worker(s)       {1e3 * seconds / count:8.2f} ms "
            f"per cube, {plain * count / seconds:.1f} times faster than xarray"
        )
    print(f"two workers against one          {runs[1] / runs[2]:8.2f} times")
    print(f"largest difference               {difference:8.1e}")


if __name__ == "__main__":
    main()
