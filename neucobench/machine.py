"""What this process may use of the machine, and how much it has used."""

import os
import re
import resource
import sys
from pathlib import Path

_MOST_READERS = 8
_STATUS = Path("/proc/self/status")
# The largest resident size is counted in bytes on macOS, else in units of 1024 bytes.
_UNIT = 1 if sys.platform == "darwin" else 1024


def available_cores() -> int:
    """Return how many cores this process may use; a container may allow fewer."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def reading_threads() -> int:
    """Return how many threads read and decode files: one for each core, up to 8.

    More would wait for the disk or for memory.
    """
    return min(available_cores(), _MOST_READERS)


def peak_memory() -> int:
    """Return the largest resident size of this process so far, in bytes.

    Linux tells it in the status of the process. ``getrusage``, the source elsewhere,
    would there give the size of whatever started this process, where that was larger.
    """
    if _STATUS.exists():
        found = re.search(r"^VmHWM:\s*(\d+) kB$", _STATUS.read_text(), re.MULTILINE)
        if found:
            return int(found[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _UNIT
