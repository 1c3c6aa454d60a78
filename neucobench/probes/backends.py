"""Which kernel trains the linear probe on this machine."""

from typing import Literal

from neucobench.errors import UsageError
from neucobench.probes.available import compiled_loops, cuda_is_available
from neucobench.probes.jobs import Kernel

Backend = Literal["numba", "numpy", "torch"]
Device = Literal["cpu", "cuda", "auto"]


def choose_kernel(backend: Backend | None, device: Device) -> Kernel:
    """Return the kernel to use: CUDA if asked for, else numba, else numpy.

    numba is passed over where it is not installed and where it has no folder to keep
    compiled code in, because compiling anew in every process costs more than it gains.

    Raises:
        UsageError: when the backend or the device is not available.
    """
    if backend not in (None, "numba", "numpy", "torch"):
        raise UsageError(
            f"There is no backend {backend!r} for the linear probe. "
            "Choose 'numba', 'numpy' or 'torch'."
        )
    if device not in ("cpu", "cuda", "auto"):
        raise UsageError(
            f"There is no device {device!r} for the linear probe. "
            "Choose 'cpu', 'cuda' or 'auto'."
        )
    if device == "cuda" or (device == "auto" and backend in (None, "torch")):
        if cuda_is_available():
            return _on_cuda(backend)
        if device == "cuda":
            raise UsageError(
                "The device 'cuda' was asked for and torch sees no CUDA device here. "
                "Choose the device 'cpu', or 'auto'."
            )
    if backend == "torch":
        from neucobench.probes.kernel_torch import TorchKernel

        return TorchKernel(device="cpu")
    if backend != "numpy" and compiled_loops() is not None:
        from neucobench.probes.kernel_numba import NumbaKernel

        return NumbaKernel()
    return _without_numba(backend)


def _on_cuda(backend: Backend | None) -> Kernel:
    if backend not in (None, "torch"):
        raise UsageError(
            f"The backend {backend!r} does not run on CUDA. "
            "Choose the device 'cpu', or leave the backend out."
        )
    from neucobench.probes.kernel_torch import TorchKernel

    return TorchKernel(device="cuda")


def _without_numba(backend: Backend | None) -> Kernel:
    if backend == "numba":
        raise UsageError(
            "The backend 'numba' was asked for and cannot be used here: it is not "
            "installed, or has no folder to keep compiled code in. Set NUMBA_CACHE_DIR "
            "to a folder that can be written, or leave the backend out."
        )
    from neucobench.probes.kernel_numpy import NumpyKernel

    return NumpyKernel()
