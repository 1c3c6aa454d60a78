"""AdamW for the network, Adam for the quantiles, the schedule, the averaged weights."""

from collections.abc import Iterator
from contextlib import contextmanager
from math import cos, pi
from typing import Any

import torch
from torch import Tensor, nn

from neucobench.codecs.training.settings import Optimizer, Schedule

_QUANTILES = "quantiles"
_TRANSFORMS = "transform."


class Optimizers:
    """Hold the two optimizers and the averaged weights of a network.

    Args:
        net: the network; changed in place.
        settings: learning rates, clipping, averaging.
    """

    def __init__(self, net: nn.Module, settings: Optimizer) -> None:
        named = list(net.named_parameters())
        self._main = [item for name, item in named if not name.endswith(_QUANTILES)]
        quantiles = [item for name, item in named if name.endswith(_QUANTILES)]
        self._settings = settings
        # Of stacks the transforms; the other networks have none of that name.
        slow = [item for name, item in named if name.startswith(_TRANSFORMS)]
        fast = [item for item in self._main if not any(item is other for other in slow)]
        self.main = torch.optim.AdamW(
            [{"params": fast, "share": 1.0}]
            + [{"params": slow, "share": settings.transforms}] * bool(slow),
            lr=settings.learning_rate,
            weight_decay=settings.weight_decay,
        )
        # Networks of stacks have no quantiles, and Adam takes no empty list.
        self.auxiliary = (
            torch.optim.Adam(quantiles, lr=settings.auxiliary_learning_rate)
            if quantiles
            else None
        )
        self.average = Average(net, settings.average)

    def step(self, loss: Tensor, learning_rate: float, step: int) -> None:
        """Take one step down the gradient of the loss, auxiliary loss included."""
        for group in self.main.param_groups:
            group["lr"] = learning_rate * group["share"]
        self.main.zero_grad()
        if self.auxiliary:
            self.auxiliary.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self._main, self._settings.clip)
        self.main.step()
        if self.auxiliary:
            self.auxiliary.step()
        self.average.update(step)

    def state(self) -> dict[str, Any]:
        """Return all that a run needs to go on."""
        return {
            "main": self.main.state_dict(),
            "auxiliary": self.auxiliary.state_dict() if self.auxiliary else {},
            "average": self.average.values,
        }

    def load(self, state: dict[str, Any]) -> None:
        """Take the state of another run of the same network."""
        self.main.load_state_dict(state["main"])
        if self.auxiliary:
            self.auxiliary.load_state_dict(state["auxiliary"])
        for name, value in self.average.values.items():
            value.copy_(state["average"][name])


class Average:
    """Average the weights over the steps, the recent ones most.

    Args:
        net: the network whose parameters are averaged.
        decay: how much of the average stays at each step; less in the first steps.
    """

    def __init__(self, net: nn.Module, decay: float) -> None:
        self._parameters = dict(net.named_parameters())
        self._decay = decay
        self.values = {
            name: item.detach().clone() for name, item in self._parameters.items()
        }

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Count the weights as they are now in."""
        decay = min(self._decay, step / (step + 10))
        for name, item in self._parameters.items():
            self.values[name].lerp_(item, 1 - decay)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Put the averaged weights into the network until the block ends."""
        kept = {name: item.detach().clone() for name, item in self._parameters.items()}
        self._put(self.values)
        try:
            yield
        finally:
            self._put(kept)

    @torch.no_grad()
    def _put(self, values: dict[str, Tensor]) -> None:
        for name, item in self._parameters.items():
            item.copy_(values[name])


def learning_rate(step: int, steps: int, highest: float, schedule: Schedule) -> float:
    """Return the learning rate of a step, counted from 1.

    Args:
        step: the step.
        steps: how many there are in all.
        highest: the learning rate between the rise and the fall.
        schedule: how it rises and falls.
    """
    rise = min(1.0, step / schedule.warm_up) if schedule.warm_up else 1.0
    begin = schedule.begin * steps
    done = min(1.0, max(0.0, (step - begin) / max(1.0, steps - begin)))
    if schedule.decay == "constant" or not done:
        return highest * rise
    if schedule.decay == "cosine":
        fall = schedule.last + (1 - schedule.last) * 0.5 * (1 + cos(pi * done))
    else:
        # Tenfold down at the beginning of each half of what remains, to the last.
        fall = max(schedule.last, 0.1 if done < 0.5 else 0.01)
    return highest * rise * fall
