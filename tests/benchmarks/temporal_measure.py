"""What both sides of bench_temporal share: files between processes, time and memory.

It runs in the environment of either side and imports nothing of this project.
"""

import contextlib
import json
import os
import resource
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch

RESET_PEAK = "5"  # what Linux takes for "forget the peak of the memory so far"


class Stopwatch:
    """Add up the seconds in some functions, the outermost call counting."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._inside = False

    def watch(self, owner: object, *names: str) -> None:
        """Replace functions of a module or an object by ones that are watched."""
        for name in names:
            setattr(owner, name, self._watched(getattr(owner, name)))

    def _watched(self, function: Callable[..., object]) -> Callable[..., object]:
        def run(*args: object, **kwargs: object) -> object:
            if self._inside:
                return function(*args, **kwargs)
            self._inside, begin = True, time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                self.seconds += time.perf_counter() - begin
                self._inside = False

        return run


class PrivateMemory(threading.Thread):
    """Follow the memory that is the process's own, in GB.

    What is mapped from files, such as weights may be, is not: the system can drop it.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.most = 0.0
        self._done = threading.Event()

    def run(self) -> None:
        while not self._done.wait(0.02):
            self.most = max(self.most, memory("RssAnon"))

    def end(self) -> float:
        self._done.set()
        self.join()
        return self.most


@contextlib.contextmanager
def measured(coding: Stopwatch) -> Iterator[dict[str, object]]:
    """Give a record that holds, afterwards, what the work inside took.

    Seconds of the clock, of the processor and in what ``coding`` watches; the peak of
    the memory in GB, of the work (weights included), of the process so far, and what of
    it is private; and the load of the machine when the work began.
    """
    loading, load = peak(), os.getloadavg()[0]
    forget_peak()
    private = PrivateMemory()
    private.start()
    begin = time.perf_counter(), time.process_time()
    answer: dict[str, object] = {}
    yield answer
    answer["clock"] = time.perf_counter() - begin[0]
    answer["processor"] = time.process_time() - begin[1]
    answer["coding"] = coding.seconds
    answer["peak"] = peak()
    answer["peak_with_loading"] = max(answer["peak"], loading)
    answer["private"] = private.end()
    answer["load"] = load


def forget_peak() -> None:
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text(RESET_PEAK)


def peak() -> float:
    """Return the most memory held since the peak was last forgotten, in GB."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    return memory("VmHWM") or most


def memory(kind: str) -> float:
    """Return what Linux says of this process's memory, in GB; 0 elsewhere."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith(kind):
                return int(line.split()[1]) * 1024 / 1e9
    return 0.0


def read_stack(path: Path) -> torch.Tensor:
    """Return (1, time, band, y, x) from a file of (time, band, y, x)."""
    return torch.from_numpy(np.load(path))[None]


def write_payload(path: Path, payload: dict[str, object]) -> None:
    """Write what a published ``compress`` returns, as JSON."""
    strings = [[token[0].hex() for token in frame] for frame in payload["strings"]]
    path.write_text(json.dumps({**payload, "strings": strings}))


def read_payload(path: Path) -> dict[str, object]:
    payload = json.loads(path.read_text())
    frames = payload["strings"]
    strings = [[[bytes.fromhex(token)] for token in frame] for frame in frames]
    return {**payload, "strings": strings}
