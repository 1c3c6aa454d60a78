"""The whole command ``evaluate`` against the reference's own, in fresh processes.

    python tests/benchmarks/bench_evaluate.py --reference NeuCo-Bench

Makes a submission of 13,260 x 1,024 (CSV, float64 digits, as submissions are made) and
twelve label files in a temporary folder, and runs both commands on them, ours three
times. NeuCo-Bench is a checkout of the reference (v1.1), run from its folder
``benchmark`` by this Python, which then needs torchmetrics, scikit-learn and
scikit-optimize; without it only ours is run. Both are given their default threads;
``--reference-threads 1`` keeps torch to one, which is faster on a busy machine.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

ROWS, DIMS = 13260, 1024
# First cube and number of cubes of each task; the groups share cubes as published.
TASKS = {
    "biomass_mean": (4691, 2415),
    "biomass_std": (4691, 2415),
    "clouds": (12120, 1140),
    "crops": (7106, 3355),
    "heatisland_mean": (10461, 1659),
    "heatisland_std": (10461, 1659),
    "landcover_agriculture": (0, 4691),
    "landcover_forest": (0, 4691),
    "nodata": (0, 13260),
    "random": (12120, 1140),
    "ships": (0, 3999),
    "ships_count": (0, 3999),
}
CONFIG = """k_folds: 40
probe_type: linear
probe_params: {batch_size: 64, epochs: 10, learning_rate: 0.001, device: cpu}
enable_plots: false
update_leaderboard: false
output_fold_results: true
"""


def make_inputs(folder: Path) -> None:
    """Write ``submission.csv``, ``labels/`` and ``config.yaml``."""
    rng = np.random.default_rng(0)
    factors = rng.normal(size=(ROWS, 96))
    values = factors @ rng.normal(size=(96, DIMS)) / np.sqrt(96)
    values += 0.3 * rng.normal(size=values.shape)
    ids = np.array([f"{row:08x}" for row in range(ROWS)])
    frame = pd.DataFrame(values.astype(np.float32).astype(np.float64))
    frame.insert(0, "id", ids)
    frame.to_csv(folder / "submission.csv", index=False)
    (folder / "labels").mkdir()
    (folder / "config.yaml").write_text(CONFIG)
    for task, (first, count) in TASKS.items():
        rows = np.arange(first, first + count)
        signal = factors[rows][:, rng.permutation(96)[:8]] @ rng.normal(size=8)
        label = 0.4 * signal / signal.std() + 0.6 * rng.normal(size=count)
        kind = "regression"
        if task == "ships":
            kind, label = "classification", (label > 0).astype(int)
        table = pd.DataFrame({"id": ids[rows], "label": label})
        table.to_csv(folder / "labels" / f"{task}__{kind}.csv", index=False)


def measure(command: list[str], **options) -> tuple[float, float, float]:
    """Return wall seconds, CPU seconds and the peak memory in MB of a command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options
    )
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    if status != 0:
        raise RuntimeError(f"{command[0:3]} failed; run it by hand to see why.")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu, usage.ru_maxrss / 1024


def run_reference(checkout: Path, folder: Path, threads: int | None):
    """Run the reference's own command on the inputs."""
    environment = dict(os.environ)
    if threads is not None:
        environment["OMP_NUM_THREADS"] = str(threads)
    command = [sys.executable, "main.py"]
    for option, value in {
        "--submission_file": folder / "submission.csv",
        "--annotation_path": folder / "labels",
        "--config": folder / "config.yaml",
        "--output_dir": folder / "reference",
    }.items():
        command += [option, str(value)]
    return measure(command, cwd=checkout.resolve() / "benchmark", env=environment)


def main() -> None:
    """Print the figures and their ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reference", type=Path, help="a checkout of NeuCo-Bench")
    parser.add_argument("--reference-threads", type=int)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_inputs(folder)
        command = [sys.executable, "-m", "neucobench", "evaluate", "submission.csv"]
        command += ["--labels", "labels"]
        runs = [measure(command, cwd=folder) for _ in range(4)][1:]
        wall, cpu, memory = np.median(runs, axis=0)
        print(f"ours, median of 3: {wall:.2f} s wall, {cpu:.2f} cpu s, {memory:.0f} MB")
        if options.reference is None:
            print("no --reference: nothing to compare with")
            return
        theirs = run_reference(options.reference, folder, options.reference_threads)
        print(f"reference: {theirs[0]:.1f} s wall, {theirs[1]:.1f} cpu s, ", end="")
        print(f"{theirs[2]:.0f} MB")
        print(
            f"wall {theirs[0] / wall:.1f} times, cpu {theirs[1] / cpu:.1f} times less"
        )


if __name__ == "__main__":
    main()
