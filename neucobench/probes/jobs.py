"""The work units of the linear probe, and what trains them."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from neucobench.probes.base import ProbeTask
from neucobench.probes.draws import FoldDraws
from neucobench.tasks.splits import Split


@dataclass(frozen=True, kw_only=True)
class Training:
    """State how every fold is trained: AdamW on batches.

    Attributes:
        epochs: passes over the training rows.
        batch_size: rows of a batch; the last one of an epoch may be shorter.
        learning_rate: step size of AdamW.
        weight_decay: decoupled weight decay.
        betas: decay of the running means of the gradient and of its square.
        eps: added to the root of the second.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    betas: tuple[float, float]
    eps: float

    @property
    def keep(self) -> float:
        """Return what one step's weight decay leaves of a parameter."""
        return 1 - self.learning_rate * self.weight_decay

    def corrections(self, step: int) -> tuple[float, float]:
        """Return the bias-corrected step size and the root of the second correction.

        Args:
            step: number of the step, from 1.
        """
        first, second = (1 - beta**step for beta in self.betas)
        return self.learning_rate / first, second**0.5


@dataclass(frozen=True, kw_only=True, eq=False)
class FoldJob:
    """Pose one fold of one task to a kernel.

    Attributes:
        index: place of the task in the list of tasks.
        fold: number of the fold, from 0.
        task: the task.
        draws: the fold's initial weights and its place in the random stream.
    """

    index: int
    fold: int
    task: ProbeTask
    draws: FoldDraws

    @property
    def split(self) -> Split:
        """Return the fold's samples."""
        return self.task.splits[self.fold]

    @property
    def classify(self) -> bool:
        """Return whether the loss is the binary cross entropy on logits."""
        return self.task.type == "classification"

    @property
    def train_rows(self) -> NDArray[np.intp]:
        """Return the (train,) feature rows to train on, before any shuffling."""
        return self.task.rows[self.split.train]

    @property
    def train_labels(self) -> NDArray[np.float32]:
        """Return the (train,) labels of these rows."""
        return self.task.labels[self.split.train]

    @property
    def validation_rows(self) -> NDArray[np.intp]:
        """Return the (validation,) feature rows held out."""
        return self.task.rows[self.split.validation]

    @property
    def validation_labels(self) -> NDArray[np.float32]:
        """Return the (validation,) labels of these rows."""
        return self.task.labels[self.split.validation]


@dataclass(frozen=True, kw_only=True, eq=False)
class HeldOut:
    """Hold what one fold says about the rows it did not train on.

    Attributes:
        outputs: (epochs, validation) raw outputs after every epoch.
        drawn: (epochs, validation) the order in which each epoch visits these rows.
    """

    outputs: NDArray[np.float32]
    drawn: NDArray[np.integer[Any]]


class Kernel(Protocol):
    """Train folds, alone or side by side."""

    @property
    def name(self) -> str:
        """Return the backend's name."""
        ...

    @property
    def parallel(self) -> bool:
        """Return whether groups may be trained by several threads at once."""
        ...

    def groups(self, jobs: Iterable[FoldJob]) -> Iterator[Sequence[FoldJob]]:
        """Yield the jobs, which come task by task, in groups to be trained together."""
        ...

    def single_threaded(self) -> AbstractContextManager[object]:
        """Keep the libraries below from starting threads of their own."""
        ...

    def prepare(self, features: NDArray[np.float32]) -> Any:
        """Return the (samples, dims) features as the kernel wants them."""
        ...

    def train(
        self, table: Any, jobs: Sequence[FoldJob], training: Training
    ) -> list[HeldOut]:
        """Return each job's outputs on its held-out rows."""
        ...


def groups_of(jobs: Iterable[FoldJob], most: int) -> Iterator[Sequence[FoldJob]]:
    """Yield up to ``most`` folds of one task and one size at a time."""

    def key(job: FoldJob) -> tuple[int, int, int]:
        return job.index, job.split.train.size, job.split.validation.size

    for _, same in groupby(jobs, key=key):
        alike = list(same)
        for start in range(0, len(alike), most):
            yield alike[start : start + most]
