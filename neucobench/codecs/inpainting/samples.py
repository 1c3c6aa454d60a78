"""What an evaluation found: one figure per sample, method and measure."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np

from neucobench.atomic import write_text


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Hold how each method did on one cloudy season.

    Attributes:
        name: the stack, or the sample of a benchmark.
        season: which season was cloudy, counted from 1.
        bin: the group that the sample counts in, e.g. ``"30 %"``.
        cover: the share of cloudy pixels.
        measures: method to measure to figure; NaN where there is none.
    """

    name: str
    season: int
    bin: str
    cover: float
    measures: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, kw_only=True)
class Summary:
    """Hold the mean figures of one method over the samples of one group.

    Attributes:
        bin: the group; ``"all"`` for all samples.
        method: ``"model"`` or a baseline.
        samples: how many there were.
        measures: measure to mean figure; NaN where no sample has one.
    """

    bin: str
    method: str
    samples: int
    measures: Mapping[str, float]

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON types, null where there is no finite figure."""
        return {
            "bin": self.bin,
            "method": self.method,
            "samples": self.samples,
            **{name: finite(value) for name, value in self.measures.items()},
        }


def summarize(samples: Sequence[Sample]) -> list[Summary]:
    """Return the mean of each measure over samples, for each group and for all.

    A sample without a figure for a measure does not count for it.
    """
    groups = ["all", *dict.fromkeys(sample.bin for sample in samples)]
    found = []
    for group in groups:
        chosen = [item for item in samples if group in ("all", item.bin)]
        for method in dict.fromkeys(name for item in chosen for name in item.measures):
            rows = [item.measures[method] for item in chosen if method in item.measures]
            found.append(
                Summary(
                    bin=group,
                    method=method,
                    samples=len(rows),
                    measures={
                        name: _mean(row[name] for row in rows) for name in rows[0]
                    },
                )
            )
    return found


def write_samples(path: Path, samples: Iterable[Sample]) -> None:
    """Write one line per sample and method to a CSV file."""
    text = StringIO()
    rows = [
        {
            "sample": sample.name,
            "season": sample.season,
            "bin": sample.bin,
            "cover": f"{sample.cover:.6g}",
            "method": method,
            **{name: f"{value:.6g}" for name, value in measures.items()},
        }
        for sample in samples
        for method, measures in sample.measures.items()
    ]
    writer = csv.DictWriter(text, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(path, text.getvalue())


def finite(value: float) -> float | None:
    """Return a figure, or None where it is NaN or infinite, as JSON has neither."""
    return float(value) if np.isfinite(value) else None


def _mean(values: Iterable[float]) -> float:
    known = np.array([value for value in values if not np.isnan(value)])
    return float(known.mean()) if known.size else float("nan")
