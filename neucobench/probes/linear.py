"""The linear probe of NeuCo-Bench: AdamW for some epochs, the best epoch counts.

Draws and arithmetic follow the published reference fold for fold. All folds of all
tasks are independent once their random numbers are known, so they are the work units
of one pool of threads; the result does not depend on how many threads there are.
"""

from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from dataclasses import dataclass, field, replace
from time import thread_time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucobench.machine import available_cores
from neucobench.probes.backends import Backend, Device, choose_kernel
from neucobench.probes.base import Advance, FoldScores, ProbeTask, check_shapes
from neucobench.probes.draws import draw_folds
from neucobench.probes.jobs import FoldJob, Kernel, Training
from neucobench.probes.metrics import best_epoch, score_epochs
from neucobench.tasks.splits import Split


@dataclass(frozen=True, kw_only=True)
class LinearProbe:
    """Score features by a linear layer trained on each fold.

    The defaults are those of ``neuco-1.1``.

    Attributes:
        epochs: passes over the training rows; each is scored, the best one counts.
        batch_size: rows of a batch; the last one of an epoch may be shorter.
        learning_rate: step size of AdamW.
        weight_decay: decoupled weight decay of AdamW, on the bias too.
        betas: decay of AdamW's running means of the gradient and of its square.
        eps: added to the denominator of AdamW.
        seed: seed of the one random stream of all tasks and folds.
        refit_draws: make the random draws of one more training after each task, as
            the reference does when it stores probes; later tasks depend on them.
        device: ``"cpu"``, ``"cuda"``, or ``"auto"``: CUDA where there is a device.
        threads: number of threads on the CPU; None for one per available core.
        backend: ``"numba"``, ``"numpy"`` or ``"torch"``; None for the fastest that is
            installed.
    """

    epochs: int = 10
    batch_size: int = 64
    learning_rate: float = 1e-3
    weight_decay: float = 0.01
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    seed: int = 42
    refit_draws: bool = False
    device: Device = "cpu"
    threads: int | None = None
    backend: Backend | None = None

    def score(
        self,
        features: NDArray[np.float32],
        tasks: Sequence[ProbeTask],
        advance: Advance | None = None,
    ) -> dict[str, FoldScores]:
        """Return the scores of every task by its name.

        The random stream runs on from task to task, so the order of ``tasks`` changes
        the numbers; the published protocol sorts them by name.

        Args:
            features: (samples, dims) standardized features.
            tasks: the tasks, in the order of the random stream.
            advance: called with the folds done and the folds in all.

        Raises:
            ValueError: when a regression task holds out fewer than two samples, a task
                does not fit the features, or a setting is below 1.
            UsageError: when the device or the backend is not available.
        """
        self._check(features, tasks)
        kernel = choose_kernel(self.backend, self.device)
        tallies = [_Tally(task=task) for task in tasks]
        total, done = sum(len(task.splits) for task in tasks), 0
        trained = self._trained(kernel, features, tasks)
        with kernel.single_threaded(), closing(trained) as groups:
            for group in groups:
                for fold in group:
                    tallies[fold.job.index].folds[fold.job.fold] = fold
                done += len(group)
                if advance is not None:
                    advance(done, total)
        return {tally.task.name: tally.result() for tally in tallies}

    def warm_up(self) -> str:
        """Load what scoring needs and return the backend's name.

        Optional; it takes a moment that can be spent while a file is being read.

        Raises:
            UsageError: when the device or the backend is not available.
        """
        split = Split(train=np.arange(2), validation=np.arange(2, 4))
        labels = np.array([0, 1, 0, 1], np.float32)
        task = ProbeTask(
            name="warm-up",
            type="regression",
            rows=np.arange(4),
            labels=labels,
            splits=[split],
        )
        replace(self, epochs=1).score(labels[:, None], [task])
        return choose_kernel(self.backend, self.device).name

    def _check(self, features: NDArray[np.float32], tasks: Sequence[ProbeTask]) -> None:
        for name in ("epochs", "batch_size", "threads"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} is {value}; give 1 or more.")
        for task in tasks:
            check_shapes(task, len(features))

    def _trained(
        self, kernel: Kernel, features: NDArray[np.float32], tasks: Sequence[ProbeTask]
    ) -> Generator[list["_TrainedFold"], None, None]:
        """Train on a pool of threads; yield groups of folds as they are done."""
        training = Training(
            epochs=self.epochs,
            batch_size=self.batch_size,
            learning_rate=float(self.learning_rate),
            weight_decay=float(self.weight_decay),
            betas=(float(self.betas[0]), float(self.betas[1])),
            eps=float(self.eps),
        )
        table = kernel.prepare(features)
        jobs = self._jobs(tasks, features.shape[1])
        threads = (self.threads or available_cores()) if kernel.parallel else 1
        with ThreadPoolExecutor(threads) as pool:
            try:
                running = [
                    pool.submit(_train, kernel, table, group, training)
                    for group in kernel.groups(jobs)
                ]
                for future in as_completed(running):
                    yield future.result()
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise

    def _jobs(self, tasks: Sequence[ProbeTask], dims: int) -> Iterator[FoldJob]:
        sizes = [
            [(split.train.size, split.validation.size) for split in task.splits]
            for task in tasks
        ]
        drawn = draw_folds(
            self.seed, sizes, dims=dims, epochs=self.epochs, refit=self.refit_draws
        )
        for index, (task, folds) in enumerate(zip(tasks, drawn, strict=True)):
            for fold, draws in enumerate(folds):
                yield FoldJob(index=index, fold=fold, task=task, draws=draws)


@dataclass(frozen=True, kw_only=True, eq=False)
class _TrainedFold:
    job: FoldJob
    history: NDArray[np.float64]
    best: int
    score: float
    outputs: NDArray[np.float32]
    seconds: float


def _train(
    kernel: Kernel, table: Any, jobs: Sequence[FoldJob], training: Training
) -> list[_TrainedFold]:
    """Train and score a group of folds, in one thread."""
    began = thread_time()
    trained = []
    for job, held_out in zip(jobs, kernel.train(table, jobs, training), strict=True):
        # The reference sums in the order in which an epoch visits the rows.
        outputs = np.take_along_axis(held_out.outputs, held_out.drawn, axis=1)
        labels = job.validation_labels[held_out.drawn]
        history = score_epochs(job.task.type, outputs, labels)
        best, score = best_epoch(history)
        trained.append((job, history, best, score, held_out.outputs[best].copy()))
    seconds = (thread_time() - began) / len(jobs)
    return [
        _TrainedFold(
            job=job,
            history=history,
            best=best,
            score=score,
            outputs=outputs,
            seconds=seconds,
        )
        for job, history, best, score, outputs in trained
    ]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Tally:
    """Collect the folds of one task, in whatever order they come."""

    task: ProbeTask
    folds: dict[int, _TrainedFold] = field(default_factory=dict)

    def result(self) -> FoldScores:
        """Return the scores; sums run in the order of the folds."""
        folds = [self.folds[number] for number in range(len(self.task.splits))]
        total = np.zeros(self.task.labels.size)
        times = np.zeros(self.task.labels.size)
        for fold in folds:
            total[fold.job.split.validation] += fold.outputs
            times[fold.job.split.validation] += 1
        with np.errstate(invalid="ignore"):
            predictions = (total / times).astype(np.float32)
        return FoldScores(
            scores=np.array([fold.score for fold in folds]),
            history=np.stack([fold.history for fold in folds]),
            best_epoch=np.array([fold.best for fold in folds]),
            predictions=predictions,
            seconds=sum(fold.seconds for fold in folds),
        )
