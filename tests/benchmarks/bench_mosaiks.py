"""Random convolutional features of one cube, against torchgeo's ``RCF`` and a product.

Run: OMP_NUM_THREADS=1 python tests/benchmarks/bench_mosaiks.py [--repeats 3]

4,096 features (2,048 kernels of 3 x 3) of a cube of 4 x 27 x 264 x 264, the same
Gaussian kernels on both sides, one thread. ``RCF`` takes one season at a time, already
standardized. The floor is a product of matrices with as many operations, and nothing
else: the quickest of several shapes, of torch and of NumPy, the latter also with the
kernels that OpenBLAS has for AVX-512 (an environment variable, so in a process of its
own). Errors are those of the first 64 kernels against float64.
"""

import argparse
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter
from torch.nn.functional import conv2d

from neucobench.data.bands import DOWNSTREAM_2025, MODALITIES
from neucobench.encoders.base import CubeBatch
from neucobench.encoders.mosaiks.cube_images import cube_images
from neucobench.encoders.mosaiks.encoder import MosaiksEncoder
from neucobench.encoders.mosaiks.random_conv import gaussian_kernels
from neucobench.torchvision_shim import import_with_torchvision

KERNELS, SIZE, CHANNELS, SEASONS = 2048, 264, 27, 4
FLOPS = 2 * KERNELS * 9 * CHANNELS * (SIZE - 2) ** 2 * SEASONS
TRUE_KERNELS = 64


def make_cube() -> CubeBatch:
    """Return a cube whose texture is about as smooth as real imagery."""
    rng = np.random.default_rng(0)
    arrays = {}
    for name, modality in MODALITIES.items():
        shape = (1, SEASONS, len(modality.bands), SIZE, SIZE)
        values = uniform_filter(rng.normal(size=shape), size=(0, 0, 0, 9, 9)) * 9000
        values += rng.normal(0, 60, shape)
        values = values + 2500 if modality.optical else values / 500 - 15
        kind = np.int16 if modality.optical else np.float32
        arrays[name] = values.astype(kind)
    return CubeBatch(ids=("0",), arrays=arrays, offsets=dict.fromkeys(arrays, 0))


def seasons_of(batch: CubeBatch) -> list[torch.Tensor]:
    """Return (27, 264, 264) for each season, standardized."""
    cube = cube_images(
        batch, 0, modalities=tuple(MODALITIES), statistics=DOWNSTREAM_2025, shift=0
    )
    return [cube.window(season) for season in range(SEASONS)]


def cpu_seconds(call: Callable[[], object]) -> float:
    """Return the CPU time of a call."""
    started = time.process_time()
    call()
    return time.process_time() - started


def resident() -> int:
    """Return the resident size of this process in bytes."""
    pages = Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def watched_memory():
    """Yield a list that is filled with resident sizes while the block runs."""
    sizes, stop = [], threading.Event()

    def watch():
        while not stop.wait(0.002):
            sizes.append(resident())

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield sizes
    finally:
        stop.set()
        thread.join()


def rcf(seasons: list[torch.Tensor], seed: int) -> Callable[[], NDArray[np.float32]]:
    """Return a function that computes the features with torchgeo."""
    models = import_with_torchvision("torchgeo.models", extra="models")
    model = models.RCF(
        in_channels=CHANNELS, features=2 * KERNELS, kernel_size=3, bias=-1.0, seed=seed
    )

    def compute():
        with torch.inference_mode():
            return torch.stack([model(one[None])[0] for one in seasons]).mean(0).numpy()

    return compute


def true_features(seasons: list[torch.Tensor], seed: int) -> NDArray[np.float64]:
    """Return both halves of the first kernels, computed in float64."""
    draws = torch.Generator().manual_seed(seed)
    kernels = gaussian_kernels((KERNELS, CHANNELS, 3, 3), draws)[:TRUE_KERNELS].double()
    halves = []
    for season in seasons:
        answers = conv2d(season[None].double(), kernels)[0] - 1.0
        halves.append(torch.cat([y.relu().mean((1, 2)) for y in (answers, -answers)]))
    return torch.stack(halves).mean(0).numpy()


def errors(found: NDArray[np.float32], true: NDArray[np.float64]) -> str:
    """Return the largest and the median error relative to the feature itself."""
    halves = found.reshape(2, KERNELS)[:, :TRUE_KERNELS].reshape(-1)
    relative = np.abs(halves - true) / true
    return f"{relative.max():.1e}, median {np.median(relative):.1e}"


def numpy_product(rows: int, inner: int, columns: int) -> Callable[[], object]:
    """Return a function that multiplies float32 matrices into a buffer."""
    rng = np.random.default_rng(0)
    left = rng.normal(size=(rows, inner)).astype(np.float32)
    right = rng.normal(size=(inner, columns)).astype(np.float32)
    out = np.empty((rows, columns), np.float32)
    return lambda: np.matmul(left, right, out=out)


def torch_product(
    rows: int, inner: int, columns: int, dtype: torch.dtype
) -> Callable[[], object]:
    """Return a function that multiplies matrices into a buffer."""
    left, right = torch.randn(rows, inner), torch.randn(inner, columns)
    left, right = left.to(dtype), right.to(dtype)
    out = torch.empty(rows, columns, dtype=dtype)
    return lambda: torch.mm(left, right, out=out)


def as_many_operations(make: Callable[[int, int, int], Callable[[], object]]) -> float:
    """Return the CPU time of as many operations as a cube takes, in the best shape."""
    found = []
    # Some rows of the image by all kernels, by some of them, and a large square.
    for shape in ((1048, 243, 2048), (1048, 243, 512), (2048, 2048, 2048)):
        product = make(*shape)
        product()
        repeats = max(1, int(1e10 / np.prod(shape)))

        def some(product=product, repeats=repeats):
            for _ in range(repeats):
                product()

        turns = [cpu_seconds(some) for _ in range(3)]
        found.append(min(turns) / repeats * FLOPS / (2 * np.prod(shape)))
    return min(found)


def numpy_elsewhere() -> float:
    """Return the CPU time of NumPy's products with the kernels for AVX-512."""
    variables = {"OPENBLAS_CORETYPE": "SkylakeX", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, __file__, "--product"]
    answer = subprocess.run(
        command, env=os.environ | variables, capture_output=True, text=True, check=False
    )
    return float(answer.stdout) if answer.returncode == 0 else float("inf")


def compare(repeats: int) -> dict[str, float]:
    """Print errors and memory; return CPU seconds per cube."""
    batch = make_cube()
    encoders = {
        precision: MosaiksEncoder(mode="gaussian", precision=precision)
        for precision in ("fp32", "bf16")
    }
    before = resident()
    with watched_memory() as sizes:
        found = {key: encoders[key].encode(batch)[0] for key in encoders}
    print(f"memory above that of the process  {(max(sizes) - before) / 1e6:.0f} MB")
    seasons, seed = seasons_of(batch), encoders["fp32"].seed
    calls = {"RCF": rcf(seasons, seed)}
    for key, encoder in encoders.items():
        calls[key] = lambda encoder=encoder: encoder.encode(batch)
    found["RCF"] = calls["RCF"]()
    true = true_features(seasons, seed)
    for key, features in found.items():
        print(f"relative error, {key}:  {errors(features, true)}")
    difference = np.abs(found["fp32"] - found["RCF"]) / found["RCF"]
    print(f"fp32 against RCF, largest relative difference  {difference.max():.1e}")
    # In turn, so that all meet the same machine.
    turns = [{key: cpu_seconds(calls[key]) for key in calls} for _ in range(repeats)]
    return {key: min(turn[key] for turn in turns) for key in calls}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--product", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.product:
        print(as_many_operations(numpy_product))
        return
    seconds = compare(options.repeats)
    products = {
        "torch": as_many_operations(lambda *s: torch_product(*s, torch.float32)),
        "NumPy": as_many_operations(numpy_product),
        "NumPy, AVX-512": numpy_elsewhere(),
    }
    rough = as_many_operations(lambda *s: torch_product(*s, torch.bfloat16))
    for key, value in seconds.items():
        print(
            f"{key:24s} {value:6.2f} cpu s per cube, {FLOPS / value / 1e9:4.0f} "
            f"GFLOP/s, {seconds['RCF'] / value:4.1f} times less than RCF"
        )
    for key, value in (*products.items(), ("torch, bf16", rough)):
        rate = FLOPS / value / 1e9
        print(f"product, {key:15s} {value:6.2f} cpu s, {rate:14.0f} GFLOP/s")
    print(f"fp32 / quickest product  {seconds['fp32'] / min(products.values()):6.2f}")
    print(f"bf16 / product           {seconds['bf16'] / rough:6.2f}")


if __name__ == "__main__":
    main()
