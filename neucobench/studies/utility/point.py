"""One table of embeddings, what it cost and what it scored."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from neucobench.codecs.metrics.pixels import psnr_of
from neucobench.evaluation.result import Evaluation
from neucobench.studies.utility.decoded_cubes import MEASURES
from neucobench.studies.utility.request import CodecSetting

Input = Literal["original", "decoded", "latents"]
Sweep = Literal["rate", "storage"]


@dataclass(frozen=True, kw_only=True)
class Coding:
    """Say what the L2A pixels of the cubes cost, and what was lost.

    Attributes:
        bits: of the streams and of the mask, the mean over the cubes.
        bpppc: bits per pixel, band and season, over all cubes.
        psnr: in dB, of all values with data of all cubes together; infinite without
            loss.
    """

    bits: float
    bpppc: float
    psnr: float


@dataclass(frozen=True, kw_only=True)
class UtilityPoint:
    """Hold one table that was scored.

    Attributes:
        sweep: over rates, or over lengths and storages of one table.
        input: what the vectors were made from.
        setting: codec and rate; None for the original cubes.
        coding: what the cubes cost; the originals cost what they are stored in.
        dims: length of a vector.
        storage: how a number is stored.
        bytes: what a vector takes.
        evaluation: what it scored.
    """

    sweep: Sweep
    input: Input
    setting: CodecSetting | None
    coding: Coding
    dims: int
    storage: str
    bytes: int
    evaluation: Evaluation

    def differences(self, reference: Evaluation) -> Mapping[str, tuple[float, float]]:
        """Return by task how the score differs from that of a reference.

        The folds of the two are the same, so that the difference is taken fold by fold:
        its mean and its standard deviation.
        """
        found = {}
        for task, score in self.evaluation.tasks.items():
            other = reference.tasks.get(task)
            if other is not None:
                change = np.array(score.scores) - np.array(other.scores)
                found[task] = float(change.mean()), float(change.std())
        return found

    def as_dict(self, reference: Evaluation) -> dict[str, Any]:
        """Return the point as it stands in ``utility.json``."""
        setting, differences = self.setting, self.differences(reference)
        tasks = {
            task: {
                "metric": score.metric,
                "rows": score.rows,
                "mean": score.mean,
                "std": score.std,
                "q": score.q,
                "difference": differences[task][0] if task in differences else None,
                "difference_std": differences[task][1] if task in differences else None,
            }
            for task, score in self.evaluation.tasks.items()
        }
        psnr = self.coding.psnr
        return {
            "sweep": self.sweep,
            "input": self.input,
            "codec": setting.codec if setting else None,
            "rate": setting.rate if setting else None,
            "bits_per_cube": self.coding.bits,
            "bpppc": self.coding.bpppc,
            "psnr_db": psnr if np.isfinite(psnr) else None,
            "dims": self.dims,
            "storage": self.storage,
            "bytes_per_embedding": self.bytes,
            "mean_q": self.evaluation.mean_q,
            "mean_score": self.evaluation.mean_score,
            "tasks": tasks,
        }


def coding_of(measures: NDArray[np.float32], *, peak: float) -> Coding:
    """Return what cubes cost together.

    Args:
        measures: (cubes, measures), the columns of ``MEASURES``.
        peak: of PSNR.
    """
    column = dict(zip(MEASURES, measures.T.astype(np.float64), strict=True))
    errors = column["squared_error"] * column["valid"]
    error = float(errors.sum() / column["valid"].sum())
    return Coding(
        bits=float(8 * column["bytes"].mean()),
        bpppc=float(8 * column["bytes"].sum() / column["values"].sum()),
        psnr=psnr_of(error, peak=peak),
    )


def storing_of(measures: NDArray[np.float32]) -> Coding:
    """Return what the same cubes cost as they were read, without any coding."""
    column = dict(zip(MEASURES, measures.T.astype(np.float64), strict=True))
    return Coding(
        bits=float(8 * column["stored_bytes"].mean()),
        bpppc=float(8 * column["stored_bytes"].sum() / column["values"].sum()),
        psnr=float("inf"),
    )
