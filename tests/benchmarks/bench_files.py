"""Embedding and label files: ours against pandas, in the same run.

Makes one table and its CSV file as submissions have it (float32 values printed as
float64). Each reader and writer runs in a process of its own, in turn; the best round
counts. The peak of memory is that of the whole process; ours has numba, polars and
pyarrow imported, as ``neucobench evaluate`` has.

Run: python tests/benchmarks/bench_files.py [--rows 13260] [--dims 1024] [--rounds 3]
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import polars as pl

CLOCK = """
import sys, time
folder = sys.argv[1]
{setup}
start = time.perf_counter()
{work}
seconds = time.perf_counter() - start
status = open("/proc/self/status").read()
print(seconds, int(status.partition("VmHWM:")[2].split()[0]) / 1024)
"""

OURS = (
    "import numba, polars, pyarrow.parquet; import neucobench as nb; nb.read_embeddings"
)
TABLE = """
import numpy as np
import neucobench as nb
values = np.load(folder + "/values.npy")
ids = [f"{row:07d}" for row in range(len(values))]
table = nb.EmbeddingTable(ids=tuple(ids), values=values)
nb.write_embeddings
import polars, pyarrow.parquet
"""
FRAME = """
import numpy as np
import pandas as pd
values = np.load(folder + "/values.npy")
frame = pd.DataFrame(values.astype({kind}))
frame.insert(0, "id", [f"{{row:07d}}" for row in range(len(values))])
"""
LABELS = "from neucobench.tasks.labels import read_label_folder as read"
PANDAS_READ = """
frame = pd.read_csv(folder + "/table.csv", dtype={"id": str})
values = frame.drop(columns="id").to_numpy(dtype="float32")
"""
PANDAS_LABELS = """
for path in sorted(Path(folder, "labels").iterdir()):
    pd.read_csv(path, dtype={"id": str})
"""

JOBS = {
    "read CSV": {
        "pandas": ("import pandas as pd", PANDAS_READ),
        "ours": (OURS, 'nb.read_embeddings(folder + "/table.csv")'),
        "ours, Parquet": (OURS, 'nb.read_embeddings(folder + "/table.parquet")'),
        "ours, npz": (OURS, 'nb.read_embeddings(folder + "/table.npz")'),
    },
    "write CSV": {
        "pandas, float64 cells": (
            FRAME.format(kind="float"),
            'frame.to_csv(folder + "/pandas.csv", index=False)',
        ),
        "pandas, float32 cells": (
            FRAME.format(kind="'float32'"),
            'frame.to_csv(folder + "/pandas.csv", index=False)',
        ),
        "ours": (TABLE, 'nb.write_embeddings(table, folder + "/ours.csv")'),
        "ours, Parquet": (TABLE, 'nb.write_embeddings(table, folder + "/o.parquet")'),
        "ours, npz": (TABLE, 'nb.write_embeddings(table, folder + "/o.npz")'),
    },
    "read 12 label files": {
        "pandas": ("from pathlib import Path; import pandas as pd", PANDAS_LABELS),
        "ours": (LABELS, 'read(folder + "/labels")'),
    },
}


def make_files(folder: Path, rows: int, dims: int) -> None:
    """Write the table in all formats, and twelve label files of as many rows."""
    from neucobench.embeddings.files import write_embeddings
    from neucobench.embeddings.table import EmbeddingTable

    rng = np.random.default_rng(0)
    values = rng.normal(size=(rows, dims)).astype(np.float32)
    ids = [f"{row:07d}" for row in range(rows)]
    np.save(folder / "values.npy", values)
    names = [str(place) for place in range(dims)]
    frame = pl.DataFrame(values.astype(np.float64), schema=names, orient="row")
    frame.insert_column(0, pl.Series("id", ids)).write_csv(folder / "table.csv")
    for ending in ("parquet", "npz"):
        table = EmbeddingTable(ids=tuple(ids), values=values)
        write_embeddings(table, folder / f"table.{ending}")
    (folder / "labels").mkdir()
    for task in range(12):
        labels = pl.DataFrame({"id": ids, "label": rng.normal(size=rows)})
        labels.write_csv(folder / "labels" / f"task{task}__regr.csv")


def measure(setup: str, work: str, folder: Path) -> tuple[float, float]:
    """Return seconds and the peak of memory in MB of one run."""
    code = CLOCK.format(setup=setup, work=work)
    command = [sys.executable, "-c", code, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds, peak = done.stdout.split()
    return float(seconds), float(peak)


def main() -> None:
    """Measure every job and print the ratios to pandas."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=13_260)
    parser.add_argument("--dims", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_files(folder, options.rows, options.dims)
        size = (folder / "table.csv").stat().st_size / 1e6
        print(f"{options.rows} x {options.dims}, CSV of {size:.0f} MB")
        for title, jobs in JOBS.items():
            print(f"\n{title:<26}{'s':>8}{'times':>8}{'peak MB':>10}")
            best: dict[str, tuple[float, float]] = {}
            for _ in range(options.rounds):
                for job, (setup, work) in jobs.items():
                    run = measure(setup, work, folder)
                    best[job] = min(run, best.get(job, run))
            slowest = next(iter(best.values()))[0]
            for job, (seconds, peak) in best.items():
                print(f"{job:<26}{seconds:8.3f}{slowest / seconds:8.1f}{peak:10.0f}")


if __name__ == "__main__":
    main()
