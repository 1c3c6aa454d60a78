"""What this machine offers for training probes."""

import ctypes
import sys
from functools import lru_cache
from types import ModuleType
from typing import Any


@lru_cache(maxsize=1)
def compiled_loops() -> ModuleType | None:
    """Return the loops compiled by numba, or None where they cannot be had.

    The first call in a process loads them (a quarter of a second), or compiles them if
    they have never been compiled on this machine (a few seconds).
    """
    try:
        import numba

        from neucobench.probes import compiled

        settings: Any = numba.config
        if settings.DISABLE_JIT:
            return None
        compiled.load()
    except (ImportError, OSError, RuntimeError):
        # RuntimeError is what numba raises without a folder for its cache.
        return None
    return compiled


def cuda_is_available() -> bool:
    """Return whether torch can use a CUDA device.

    torch takes a second to import, so the driver is asked first.
    """
    return _has_cuda_driver() and _torch_sees_cuda()


def _has_cuda_driver() -> bool:
    name = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
    try:
        driver = ctypes.CDLL(name)
    except OSError:
        return False
    count = ctypes.c_int(0)
    if driver.cuInit(0) != 0 or driver.cuDeviceGetCount(ctypes.byref(count)) != 0:
        return False
    return count.value > 0


def _torch_sees_cuda() -> bool:
    try:
        import torch
    except ImportError:
        return False
    return bool(torch.cuda.is_available())
