"""The linear probe in numpy: several folds of one task step by step together."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager

import numpy as np
from numpy.typing import NDArray

from neucobench.probes.draws import draw_orders
from neucobench.probes.jobs import FoldJob, HeldOut, Training, groups_of
from neucobench.probes.metrics import sigmoid

F32 = NDArray[np.float32]

FOLDS_TOGETHER = 20  # more gain nothing, and would leave a second thread idle


class NumpyKernel:
    """Train groups of folds in lockstep, as batched products."""

    name = "numpy"
    parallel = True

    def groups(self, jobs: Iterable[FoldJob]) -> Iterator[Sequence[FoldJob]]:
        """Yield up to twenty folds of one task at a time."""
        return groups_of(jobs, FOLDS_TOGETHER)

    def single_threaded(self) -> AbstractContextManager[object]:
        """Keep the linear algebra library from starting threads of its own."""
        from threadpoolctl import threadpool_limits

        limits: AbstractContextManager[object] = threadpool_limits(1)
        return limits

    def prepare(self, features: F32) -> F32:
        """Return the features as a contiguous float32 array."""
        return np.ascontiguousarray(features, dtype=np.float32)

    def train(
        self, table: F32, jobs: Sequence[FoldJob], training: Training
    ) -> list[HeldOut]:
        """Return each job's outputs on its held-out rows."""
        rows = np.stack([job.train_rows for job in jobs])
        labels = np.stack([job.train_labels for job in jobs])
        orders, drawn = draw_orders(
            [job.draws.state for job in jobs],
            train=rows.shape[1],
            validation=jobs[0].split.validation.size,
            epochs=training.epochs,
        )
        start = np.stack([job.draws.start for job in jobs])
        lockstep = _Lockstep(start, training, jobs[0].classify)
        weights = []
        for epoch in range(training.epochs):
            order = orders[:, epoch]
            at = np.take_along_axis(rows, order, axis=1)
            lockstep.epoch(table, at, np.take_along_axis(labels, order, axis=1))
            weights.append(lockstep.parameters.copy())
        by_fold = np.stack(weights, axis=1)
        return [
            HeldOut(outputs=_apply(table[job.validation_rows], w), drawn=visited)
            for job, w, visited in zip(jobs, by_fold, drawn, strict=True)
        ]


def _apply(features: F32, weights: F32) -> F32:
    """Return (epochs, samples) outputs of (epochs, dims + 1) parameters."""
    return weights[:, :-1] @ features.T + weights[:, -1:]


class _Lockstep:
    """Hold the parameters of several folds and their AdamW state."""

    def __init__(self, start: F32, training: Training, classify: bool) -> None:
        self.parameters = start
        self.training = training
        self.classify = classify
        self.steps = 0
        self.gradient, self.mean, self.square, self.scratch = (
            np.zeros_like(start) for _ in range(4)
        )
        self.batch = np.empty(0, np.float32)

    def epoch(self, table: F32, at: NDArray[np.intp], labels: F32) -> None:
        """Take every step of one epoch.

        Args:
            table: (samples, dims) features.
            at: (folds, train) rows in the order of this epoch.
            labels: (folds, train) their labels.
        """
        size = self.training.batch_size
        for start in range(0, at.shape[1], size):
            batch = slice(start, start + size)
            self._step(self._fetch(table, at[:, batch]), labels[:, batch])

    def _fetch(self, table: F32, at: NDArray[np.intp]) -> F32:
        """Copy the rows into memory that is used again for every batch."""
        shape = (*at.shape, table.shape[1])
        if self.batch.shape != shape:
            self.batch = np.empty(shape, np.float32)
        # Any mode but "raise" writes to the output directly.
        return table.take(at, axis=0, out=self.batch, mode="clip")

    def _step(self, features: F32, labels: F32) -> None:
        p, g = self.parameters, self.gradient
        outputs = np.matmul(features, p[:, :-1, None])[..., 0] + p[:, -1:]
        if self.classify:
            outputs = sigmoid(outputs)
        errors = outputs - labels
        errors *= (1 if self.classify else 2) / labels.shape[1]
        g[:, :-1] = np.matmul(errors[:, None, :], features)[:, 0]
        g[:, -1] = errors.sum(axis=1)
        self.steps += 1
        self._adamw()

    def _adamw(self) -> None:
        """Take one step of AdamW in place, in the reference's order of operations."""
        training = self.training
        beta1, beta2 = training.betas
        size, root = training.corrections(self.steps)
        p, g, m, v = self.parameters, self.gradient, self.mean, self.square
        s = self.scratch
        p *= training.keep
        np.subtract(g, m, out=s)
        s *= 1 - beta1
        m += s
        v *= beta2
        np.multiply(g, g, out=s)
        s *= 1 - beta2
        v += s
        np.sqrt(v, out=s)
        s /= root
        s += training.eps
        np.divide(m, s, out=s)
        s *= size
        p -= s
