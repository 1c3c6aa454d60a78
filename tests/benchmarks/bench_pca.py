"""PCA of features that need not fit into memory: streaming against exact.

Run: python tests/benchmarks/bench_pca.py [--rows 13260] [--columns 4096] [--dims 1024]

The features have a decaying spectrum, as those of random convolutions have (the
thousandth singular value is below a thousandth of the first), and lie off zero. Each
solver is fitted on the same memory map, in a process of its own; memory is what the
process takes beyond its imports, without the pages of the file that the system keeps
for it and can take back at any time. scikit-learn's PCA with the randomized solver
and the full one are the competitors.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from neucobench.encoders.reducers.base import Block, row_chunks
from neucobench.encoders.reducers.pca import Pca

COMPETITORS = ("full", "randomized")


def write_features(path: Path, rows: int, columns: int) -> None:
    """Write (rows, columns) float32 whose singular values fall like 1 / k."""
    draws = np.random.default_rng(0)
    turned = np.linalg.qr(draws.standard_normal((columns, columns), np.float32))[0]
    spread = (1 / np.arange(1, columns + 1)).astype(np.float32)
    offsets = draws.normal(0, 0.05, columns).astype(np.float32)
    array = np.lib.format.open_memmap(path, "w+", np.float32, (rows, columns))
    for start in range(0, rows, 1024):
        part = array[start : start + 1024]
        latent = draws.standard_normal(part.shape, np.float32) * spread
        part[:] = latent @ turned + offsets


def anonymous_memory(process: int | str) -> int:
    """Return the bytes that a process holds and that are no file's pages; 0: ended."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0
    found = status.partition("RssAnon:")[2].split()
    return int(found[0]) * 1024 if found else 0


def fit_alone(path: Path, solver: str, dims: int) -> None:
    """Fit in this process, save the result beside the features, print the figures."""
    import scipy.linalg  # noqa: F401 - what is imported is not part of the fit
    import sklearn.decomposition

    features = np.load(path, mmap_mode="r")
    small = np.random.default_rng(0).normal(size=(20, 8)).astype(np.float32)
    Pca(dims=2, solver="streaming").fit(small, [Block(name="all", start=0, stop=8)])
    if solver in COMPETITORS:
        reference = sklearn.decomposition.PCA(
            n_components=dims, svd_solver=solver, random_state=0
        )
        rows = np.asarray(features, np.float64 if solver == "full" else np.float32)
        before, started = anonymous_memory("self"), time.perf_counter()
        reference.fit(rows)
        seconds = time.perf_counter() - started
        matrix, mean = reference.components_.T, reference.mean_
    else:
        blocks = [Block(name="all", start=0, stop=features.shape[1])]
        before, started = anonymous_memory("self"), time.perf_counter()
        fitted = Pca(dims=dims, solver=solver).fit(features, blocks)
        seconds = time.perf_counter() - started
        tensors = fitted.state().tensors
        matrix, mean = tensors["matrix"], tensors["center"]
    np.savez(path.with_name(f"{solver}.npz"), matrix=matrix, mean=mean)
    print(json.dumps([seconds, before]))


def measure(path: Path, solver: str, dims: int) -> tuple[float, float]:
    """Return seconds and MB of a fit in a process of its own."""
    command = [sys.executable, __file__, "--fit", solver, str(path), str(dims)]
    peak = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        # Watched from here: LAPACK holds the interpreter lock of the process itself.
        while process.poll() is None:
            peak = max(peak, anonymous_memory(process.pid))
            time.sleep(0.002)
        assert process.stdout is not None
        seconds, before = json.loads(process.stdout.read())
    return seconds, (peak - before) / 1e6


def project(path: Path, solver: str) -> np.ndarray:
    """Return (rows, dims) float64 projections with what a fit has saved."""
    with np.load(path.with_name(f"{solver}.npz")) as saved:
        matrix, mean = saved["matrix"].astype(np.float64), saved["mean"]
    features: Any = np.load(path, mmap_mode="r")
    return np.concatenate([(chunk - mean) @ matrix for chunk in row_chunks(features)])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--rows", type=int, default=13_260)
    parser.add_argument("--columns", type=int, default=4096)
    parser.add_argument("--dims", type=int, default=1024)
    parser.add_argument("--competitors", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "features.npy"
        write_features(path, options.rows, options.columns)
        size = path.stat().st_size / 1e6
        print(f"{options.rows} x {options.columns} -> {options.dims}, {size:.0f} MB")
        extra = COMPETITORS if options.competitors else ()
        for solver in ("exact", "streaming", *extra):
            seconds, memory = measure(path, solver, options.dims)
            print(f"{solver:<28}{seconds:8.1f} s{memory:10.0f} MB")
        exact = project(path, "exact")
        deviation = exact.std(axis=0)
        print(f"smallest deviation / largest {deviation.min() / deviation.max():12.1e}")
        for solver in ("streaming", *extra):
            error = np.abs(project(path, solver) - exact).max(axis=0) / deviation
            print(
                f"{solver:<12} largest error of a coordinate, in deviations of its "
                f"component: {error.max():.1e} (goal of streaming: 1e-4)"
            )
        few = Path(folder) / "few" / "features.npy"
        few.parent.mkdir()
        write_features(few, options.rows // 3, options.columns)
        memory = measure(few, "streaming", options.dims)[1]
        print(f"streaming a third of the rows{memory:17.0f} MB")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--fit"]:
        fit_alone(Path(sys.argv[3]), sys.argv[2], int(sys.argv[4]))
    else:
        main()
