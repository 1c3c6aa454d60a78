"""Random weights of packages that draw from torch's global state, leaving no trace."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

import torch

_building = RLock()


@contextmanager
def torch_draws(seed: int) -> Iterator[None]:
    """Let the CPU's global random state of torch begin at ``seed``; then give it back.

    Models that are built in several threads are built one after the other. What other
    code draws from the global state in the meantime is drawn from the seed, too.

    Args:
        seed: 0 or more.
    """
    with _building, torch.random.fork_rng(devices=[]):
        # Not torch.manual_seed, which would seed the CUDA devices for good.
        torch.default_generator.manual_seed(seed)
        yield
