"""The linear probe fold by fold, in loops compiled by numba: the fastest on a CPU."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext

import numpy as np
from numpy.typing import NDArray

from neucobench.probes import compiled
from neucobench.probes.alignment import aligned_zeros, is_aligned
from neucobench.probes.jobs import FoldJob, HeldOut, Training


class NumbaKernel:
    """Train every fold on its own."""

    name = "numba"
    parallel = True

    def groups(self, jobs: Iterable[FoldJob]) -> Iterator[Sequence[FoldJob]]:
        """Yield each job as a group of its own."""
        return ([job] for job in jobs)

    def single_threaded(self) -> AbstractContextManager[object]:
        """Do nothing: the compiled loops start no threads."""
        return nullcontext()

    def prepare(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the features with rows that start and end at cache lines.

        The features themselves are returned when they are like that already; a copy
        pads the columns with zeros.
        """
        samples, dims = features.shape
        width = -(-dims // compiled.LINE) * compiled.LINE
        aligned = width == dims and is_aligned(features)
        # Loops are compiled anew for arrays that cannot be written; a copy is cheaper.
        plain = features.flags.carray and features.dtype == np.float32
        if aligned and plain:
            return features
        table = aligned_zeros(samples, width)
        table[:, :dims] = features
        return table

    def train(
        self,
        table: NDArray[np.float32],
        jobs: Sequence[FoldJob],
        training: Training,
    ) -> list[HeldOut]:
        """Return each job's outputs on its held-out rows."""
        return [self._train_one(table, job, training) for job in jobs]

    def _train_one(
        self, table: NDArray[np.float32], job: FoldJob, training: Training
    ) -> HeldOut:
        width = table.shape[1]
        held_out = job.validation_rows.astype(np.uintp)
        work = aligned_zeros(4, width + compiled.LINE)
        start = job.draws.start
        work[0, : start.size - 1], work[0, width] = start[:-1], start[-1]
        drawn = np.empty((training.epochs, held_out.size), np.uint32)
        weights = aligned_zeros(training.epochs, width + compiled.LINE)
        beta1, beta2 = training.betas
        factors = [training.keep, 1 - beta1, beta2, 1 - beta2, training.eps, 0, 0]
        compiled.train_fold(
            table,
            job.train_rows.astype(np.uintp),
            job.train_labels,
            drawn,
            job.draws.state.copy(),
            work,
            training.batch_size,
            job.classify,
            training.learning_rate,
            training.betas,
            np.array(factors, np.float32),
            weights,
        )
        outputs = np.empty((training.epochs, held_out.size), np.float32)
        compiled.apply(table, held_out, weights, outputs)
        return HeldOut(outputs=outputs, drawn=drawn)
