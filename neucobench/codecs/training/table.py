"""The table of a run: one line for each hundred steps, and for each validation."""

import csv
from collections.abc import Sequence
from pathlib import Path

from neucobench.atomic import whole_file

COLUMNS = (
    "step",
    "loss",
    "bpp",
    "mse",
    "auxiliary",
    "learning_rate",
    "skipped",
    "validation_loss",
    "validation_bpp",
    "validation_bpppc",
    "validation_mse",
    "validation_psnr",
)


def write_table(path: Path, rows: Sequence[dict[str, float]]) -> None:
    """Write the lines as CSV; validation columns are empty where there was none."""
    with whole_file(path) as hidden, hidden.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({name: f"{value:.6g}" for name, value in row.items()})
