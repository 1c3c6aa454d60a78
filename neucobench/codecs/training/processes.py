"""One process, or several that torchrun has started, each on a device of its own."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

from neucobench.device import torch_device


@dataclass(frozen=True, kw_only=True)
class Processes:
    """Say which of how many processes this is.

    Attributes:
        rank: its number, from 0; number 0 alone writes files and says something.
        count: how many there are.
        device: where it computes.
    """

    rank: int
    count: int
    device: torch.device

    @property
    def first(self) -> bool:
        """Tell whether this is the one that writes."""
        return self.rank == 0

    def share(self, module: nn.Module) -> nn.Module:
        """Return the module such that all processes have the mean of the gradients."""
        return DistributedDataParallel(module) if self.count > 1 else module

    def any(self, flag: bool) -> bool:
        """Return whether any of the processes says yes."""
        if self.count == 1:
            return flag
        flags = torch.tensor([int(flag)], device=self.device)
        distributed.all_reduce(flags, op=distributed.ReduceOp.MAX)
        return bool(flags.item())

    def wait(self) -> None:
        """Wait until all processes are here."""
        if self.count > 1:
            distributed.barrier()


@contextmanager
def open_processes(device: str) -> Iterator[Processes]:
    """Join the other processes where torchrun has started this one.

    Args:
        device: ``"cpu"``, ``"cuda"``, ``"cuda:1"``, or ``"auto"``.

    Raises:
        UsageError: when torch sees no such device.
    """
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        yield Processes(rank=0, count=1, device=torch_device(device))
        return
    local = int(os.environ["LOCAL_RANK"])
    chosen = torch_device(device)
    if chosen.type == "cuda":
        chosen = torch_device(f"cuda:{local}")
        torch.cuda.set_device(chosen)
    distributed.init_process_group("nccl" if chosen.type == "cuda" else "gloo")
    try:
        yield Processes(
            rank=distributed.get_rank(),
            count=distributed.get_world_size(),
            device=chosen,
        )
    finally:
        distributed.destroy_process_group()
