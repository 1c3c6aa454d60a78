"""One run: steps until the last, states on disk, and the weights at the end."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from neucobench.codecs.training.crops import Batch, Crops, draw_ahead
from neucobench.codecs.training.objective import Objective, build_network
from neucobench.codecs.training.optimizers import Optimizers, learning_rate
from neucobench.codecs.training.processes import Processes
from neucobench.codecs.training.recipe import TrainingRecipe
from neucobench.codecs.training.settings import Rate
from neucobench.codecs.training.start import begin
from neucobench.codecs.training.state import Progress, read_state, write_state
from neucobench.codecs.training.table import write_table
from neucobench.codecs.training.validation import Figures, validate
from neucobench.seeding import generator

LINE = 100  # steps between two lines of the table

Told = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class Task:
    """Describe one run.

    Attributes:
        recipe: the recipe.
        rate: the rate to train.
        steps: how many steps in all.
        crops: what is learned from.
        validation: standardized (..., band, y, x) pictures to look at.
        data: the digest of the data.
        out: the folder to write in.
        workers: threads that draw crops.
    """

    recipe: TrainingRecipe
    rate: Rate
    steps: int
    crops: Crops
    validation: tuple[NDArray[np.float32], ...]
    data: str
    out: Path
    workers: int

    @property
    def stem(self) -> str:
        """Return the name that the run's files share."""
        return f"{self.recipe.name}_lambda-{self.rate.rate:g}"

    @property
    def state_path(self) -> Path:
        """Return the file of the run's state."""
        return self.out / f"{self.stem}.state.pt"

    @property
    def settings(self) -> dict[str, Any]:
        """Return what a run that goes on must share; the number of steps may change."""
        recipe = self.recipe.as_dict()
        for key in ("title", "description", "notes", "source", "url", "rates",
                    "steps", "checkpoint", "validate"):  # fmt: skip
            del recipe[key]
        rate = self.rate.model_dump(
            mode="json", by_alias=True, exclude={"steps"}, exclude_none=True
        )
        return {"recipe": recipe, "rate": rate, "data": self.data}


class Run:
    """Train one rate.

    Args:
        task: what to do.
        processes: which of several processes this is.

    Raises:
        CodecError: when the state on disk belongs to another run, or the weights to
            start from cannot be used.
    """

    def __init__(self, task: Task, processes: Processes) -> None:
        self.task = task
        self.progress = Progress()
        self._processes = processes
        stored = None
        if task.state_path.exists():
            stored = read_state(task.state_path, task.settings, processes.device)
            self.net = build_network(task.recipe, task.rate)
        else:
            self.net = begin(task.recipe, task.rate, task.crops, task.out)
        self.net.to(processes.device, memory_format=torch.channels_last)
        self.optimizers = Optimizers(self.net, task.recipe.optimizer)
        if stored is not None:
            self.progress, net, optimizers = stored
            self.net.load_state_dict(net)
            self.optimizers.load(optimizers)
        objective = Objective(self.net, task.recipe.precision)
        self._objective = processes.share(objective)

    def go_on(self, told: Told | None = None) -> None:
        """Take the steps that are left.

        Args:
            told: called with the steps done and the steps in all.

        Raises:
            CodecError: when crops cannot be drawn.
            KeyboardInterrupt: after Ctrl-C, when the state is on disk.
        """
        task, progress = self.task, self.progress
        self.net.train()
        left = range(progress.step + 1, task.steps + 1)
        with _finish_the_step() as interrupted:
            began = time.monotonic()
            for batch in draw_ahead(task.crops, left, task.workers):
                self._step(batch)
                now = time.monotonic()
                progress.seconds, began = progress.seconds + now - began, now
                stop = self._processes.any(interrupted.is_set())
                self._write_down(stop)
                if told is not None:
                    told(progress.step, task.steps)
                if stop:
                    raise KeyboardInterrupt

    def figures(self) -> Figures | None:
        """Return the validation figures of the weights as they are."""
        task = self.task
        return validate(
            self.net, task.validation, task.rate.rate, self._processes.device
        )

    def _step(self, batch: Batch) -> None:
        task, device = self.task, self._processes.device
        highest = task.rate.learning_rate or task.recipe.optimizer.learning_rate
        speed = learning_rate(batch.step, task.steps, highest, task.recipe.schedule)
        x = torch.from_numpy(batch.pixels).to(device, non_blocking=True)
        if x.ndim == 4:
            x = x.contiguous(memory_format=torch.channels_last)
        schedule = task.recipe.schedule
        rate_free = batch.step <= schedule.rate_free
        forecast = schedule.forecast * (batch.step > schedule.forecast_after)
        with _own_noise(task.recipe.seed, batch.step, self._processes):
            terms = self._objective(x, rate_free, forecast)
        loss = task.rate.rate * terms.mse + terms.bpp
        self.optimizers.step(loss + terms.auxiliary, speed, batch.step)
        values = torch.stack([loss, terms.bpp, terms.mse, terms.auxiliary])
        self.progress.pending.append(tuple(values.tolist()))
        self.progress.step = batch.step
        self.progress.skipped += batch.skipped

    def _write_down(self, stop: bool) -> None:
        task, progress = self.task, self.progress
        last = progress.step == task.steps
        looked = last or progress.step % task.recipe.validate_every == 0
        if looked or progress.step % LINE == 0:
            self._add_line(looked)
        if not self._processes.first:
            return
        if stop or looked or progress.step % task.recipe.checkpoint == 0:
            write_state(
                task.state_path,
                progress,
                settings=task.settings,
                net=self.net.state_dict(),
                optimizers=self.optimizers.state(),
            )
            write_table(task.out / f"{task.stem}.csv", progress.rows)

    def _add_line(self, looked: bool) -> None:
        task, progress = self.task, self.progress
        loss, bpp, mse, auxiliary = np.mean(progress.pending, axis=0).tolist()
        highest = task.rate.learning_rate or task.recipe.optimizer.learning_rate
        row = {
            "step": progress.step,
            "loss": loss,
            "bpp": bpp,
            "mse": mse,
            "auxiliary": auxiliary,
            "learning_rate": learning_rate(
                progress.step, task.steps, highest, task.recipe.schedule
            ),
            "skipped": progress.skipped,
        }
        if looked and self._processes.first:
            with self.optimizers.average.in_place():
                figures = self.figures()
            named = asdict(figures).items() if figures else ()
            row |= {f"validation_{name}": value for name, value in named}
        progress.rows.append(row)
        progress.pending = []


@contextmanager
def _own_noise(seed: int, step: int, processes: Processes) -> Iterator[None]:
    """Let torch draw what depends on the step alone; its global state stays."""
    device = processes.device
    drawn = generator(seed, "noise", step, processes.rank).integers(2**62)
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else ()):
        torch.manual_seed(int(drawn))
        yield


@contextmanager
def _finish_the_step() -> Iterator[threading.Event]:
    """Yield an event that Ctrl-C, or an end that the system asks for, sets."""
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return

    def ask(_number: int, _frame: FrameType | None) -> None:
        asked.set()

    kept = {item: signal.signal(item, ask) for item in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for item, handler in kept.items():
            signal.signal(item, handler)
