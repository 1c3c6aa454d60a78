"""The linear probe in torch: on CUDA, all folds of all tasks step by step together.

Folds are sorted by their number of steps, longest first, so the folds that still train
at any step are a leading block of one array::

    step      0 1 2 3 4 5 6 7
    fold 0    x x x x x x x x    a task with many rows
    fold 1    x x x x x x x x
    fold 2    x x x x x          a task with fewer
    fold 3    x x x
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from itertools import islice
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from neucobench.probes.available import compiled_loops
from neucobench.probes.draws import draw_orders
from neucobench.probes.jobs import FoldJob, HeldOut, Training, groups_of

FOLDS_ON_CUDA = 512  # half a gigabyte for each copy of a batch of 1,024 columns
FOLDS_ON_CPU = 20
ALIGNED_COLUMNS = 16


class TorchKernel:
    """Train many folds in lockstep on a torch device."""

    name = "torch"

    def __init__(self, *, device: Literal["cpu", "cuda"]) -> None:
        self.device = device

    @property
    def parallel(self) -> bool:
        """Return whether groups may be trained by several threads at once."""
        return self.device == "cpu"

    def groups(self, jobs: Iterable[FoldJob]) -> Iterator[Sequence[FoldJob]]:
        """Yield folds of one task on a CPU, of all tasks on CUDA."""
        if self.device == "cpu":
            yield from groups_of(jobs, FOLDS_ON_CPU)
            return
        rest = iter(jobs)
        while group := list(islice(rest, FOLDS_ON_CUDA)):
            yield group

    def single_threaded(self) -> AbstractContextManager[object]:
        """Keep torch from starting threads of its own, until the block ends."""
        return _one_thread()

    def prepare(self, features: NDArray[np.float32]) -> Tensor:
        """Return the features on the device, then a one for the bias, then zeros."""
        samples, dims = features.shape
        width = -(-(dims + 1) // ALIGNED_COLUMNS) * ALIGNED_COLUMNS
        table = torch.zeros((samples, width), device=self.device)
        table[:, :dims] = torch.from_numpy(np.require(features, np.float32, ["C", "W"]))
        table[:, dims] = 1
        return table

    @torch.inference_mode()
    def train(
        self, table: Tensor, jobs: Sequence[FoldJob], training: Training
    ) -> list[HeldOut]:
        """Return each job's outputs on its held-out rows."""
        plan = _Plan(jobs, training, table.device)
        lockstep = _Lockstep(table, plan, training)
        for step in range(plan.steps):
            lockstep.step(step)
        held_out = dict(zip(plan.jobs, lockstep.held_out(), strict=True))
        return [held_out[job] for job in jobs]


@contextmanager
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class _Plan:
    """Say which rows each fold visits at each step.

    Attributes:
        jobs: (folds,) the folds, those with most steps first.
        steps: the steps of the longest fold.
        active: (steps,) how many folds still train.
        ends: the folds that end an epoch at a step, as (epoch, columns).
        at: (steps, folds, batch) rows to visit.
        labels: (steps, folds, batch) their labels.
        scales: (steps, folds, batch) factors of the errors; 0 where a batch is short.
        classify: (folds, 1) whether the loss is the cross entropy.
        drawn: (folds,) of (epochs, validation), the orders of the held-out rows.
    """

    def __init__(
        self, jobs: Sequence[FoldJob], training: Training, device: torch.device
    ) -> None:
        blocks = sorted(
            groups_of(jobs, len(jobs)), key=lambda block: -block[0].split.train.size
        )
        self.training = training
        self.jobs = [job for block in blocks for job in block]
        self.steps = self._steps(self.jobs[0]) * training.epochs
        self.active = [0] * self.steps
        self.ends: dict[int, list[tuple[int, slice]]] = {}
        shape = (self.steps, len(self.jobs), training.batch_size)
        self.at = torch.zeros(shape, dtype=torch.int32, device=device)
        self.labels, self.scales = torch.zeros((2, *shape), device=device)
        self.drawn: list[NDArray[np.integer[Any]]] = []
        for block in blocks:
            self._add(block, slice(len(self.drawn), len(self.drawn) + len(block)))
        classify = [[job.classify] for job in self.jobs]
        self.classify = torch.tensor(classify, device=device)
        self.classifies = any(job.classify for job in self.jobs)

    def _steps(self, job: FoldJob) -> int:
        """Return the steps of one epoch."""
        return -(-job.split.train.size // self.training.batch_size)

    def _add(self, block: Sequence[FoldJob], columns: slice) -> None:
        """Fill in the folds of one task, which are of one size."""
        epochs, batch = self.training.epochs, self.training.batch_size
        orders, drawn = _draw(block, epochs)
        self.drawn.extend(drawn)
        count, per_epoch = orders.shape[2], self._steps(block[0])
        steps = per_epoch * epochs
        self.active[:steps] = [columns.stop] * steps
        for epoch in range(epochs):
            last = (epoch + 1) * per_epoch - 1
            self.ends.setdefault(last, []).append((epoch, columns))
        device = self.at.device
        order = torch.from_numpy(orders).to(device).flatten(1).long()
        sizes = torch.full((count,), batch, dtype=torch.float32)
        sizes[(per_epoch - 1) * batch :] = count - (per_epoch - 1) * batch
        scales = (1 if block[0].classify else 2) / sizes

        def by_step(values: Tensor) -> Tensor:
            epochwise = values.view(-1, epochs, count)
            padded = torch.nn.functional.pad(epochwise, (0, per_epoch * batch - count))
            return padded.view(-1, steps, batch).transpose(0, 1)

        rows = torch.from_numpy(np.stack([job.train_rows for job in block]))
        labels = torch.from_numpy(np.stack([job.train_labels for job in block]))
        self.at[:steps, columns] = by_step(rows.to(device).gather(1, order)).int()
        self.labels[:steps, columns] = by_step(labels.to(device).gather(1, order))
        self.scales[:steps, columns] = by_step(scales.to(device).repeat(epochs))


def _draw(
    block: Sequence[FoldJob], epochs: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the orders of the training and of the validation rows, (folds, ...)."""
    states = [job.draws.state for job in block]
    train, validation = block[0].split.train.size, block[0].split.validation.size
    if compiled_loops() is None:
        return draw_orders(states, train=train, validation=validation, epochs=epochs)
    from neucobench.probes.compiled_draws import draw_epochs

    orders = np.empty((len(block), epochs, train), np.uint32)
    drawn = np.empty((len(block), epochs, validation), np.uint32)
    for fold, state in enumerate(states):
        draw_epochs(state.copy(), orders[fold], drawn[fold])
    return orders.view(np.int32), drawn.view(np.int32)


class _Lockstep:
    """Hold the parameters of all folds and their AdamW state."""

    def __init__(self, table: Tensor, plan: _Plan, training: Training) -> None:
        self.table, self.plan, self.training = table, plan, training
        folds, width = len(plan.jobs), table.shape[1]
        start = torch.from_numpy(np.stack([job.draws.start for job in plan.jobs]))
        self.parameters = torch.zeros((folds, width), device=table.device)
        self.parameters[:, : start.shape[1]] = start.to(table.device)
        self.mean = torch.zeros_like(self.parameters)
        self.square = torch.zeros_like(self.parameters)
        self.weights = torch.empty((training.epochs, folds, width), device=table.device)

    def step(self, step: int) -> None:
        """Take one step of every fold that still trains."""
        folds = self.plan.active[step]
        at = self.plan.at[step, :folds]
        features = self.table.index_select(0, at.flatten()).view(*at.shape, -1)
        outputs = _outputs(features, self.parameters[:folds])
        if self.plan.classifies:
            classify = self.plan.classify[:folds]
            outputs = torch.where(classify, outputs.sigmoid(), outputs)
        errors = outputs.sub_(self.plan.labels[step, :folds])
        errors.mul_(self.plan.scales[step, :folds])
        self._adamw(torch.bmm(errors[:, None, :], features)[:, 0], step + 1)
        for epoch, columns in self.plan.ends.get(step, ()):
            self.weights[epoch, columns] = self.parameters[columns]

    def _adamw(self, gradient: Tensor, count: int) -> None:
        training, folds = self.training, len(gradient)
        beta1, beta2 = training.betas
        size, root = training.corrections(count)
        mean, square = self.mean[:folds], self.square[:folds]
        mean.lerp_(gradient, 1 - beta1)
        square.mul_(beta2).addcmul_(gradient, gradient, value=1 - beta2)
        spread = square.sqrt().div_(root).add_(training.eps)
        self.parameters[:folds].mul_(training.keep).addcdiv_(mean, spread, value=-size)

    def held_out(self) -> list[HeldOut]:
        """Return every fold's outputs on its held-out rows."""
        outputs = []
        for column, job in enumerate(self.plan.jobs):
            rows = torch.from_numpy(job.validation_rows).to(self.table.device)
            outputs.append(self.weights[:, column] @ self.table[rows].T)
        # One transfer for all: each would wait for the device.
        together = torch.cat(outputs, dim=1).cpu().numpy()
        ends = np.cumsum([job.split.validation.size for job in self.plan.jobs])
        parts = np.split(together, ends[:-1], axis=1)
        return [
            HeldOut(outputs=part, drawn=drawn)
            for part, drawn in zip(parts, self.plan.drawn, strict=True)
        ]


def _outputs(features: Tensor, parameters: Tensor) -> Tensor:
    """Return the (folds, batch) outputs."""
    if features.is_cuda:
        return torch.bmm(features, parameters[:, :, None])[:, :, 0]
    # On a CPU a batched product with a single column takes twenty times as long.
    return (features * parameters[:, None, :]).sum(dim=2)
