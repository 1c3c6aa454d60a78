"""What ``neucobench --version`` prints: the versions that decide a result."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version

from neucobench import __version__
from neucobench.machine import available_cores

PACKAGES = (
    "numpy",
    "numba",
    "torch",
    "zarr",
    "numcodecs",
    "polars",
    "pyarrow",
    "huggingface_hub",
    "matplotlib",
)


def describe_environment() -> str:
    """Return the versions of NeuCo-Bench, Python and the packages, and the machine.

    Versions are read from the installed metadata; no package is imported.
    """
    rows = {
        "neucobench": __version__,
        "python": f"{platform.python_version()} ({platform.python_implementation()})",
        **{package: _installed(package) for package in PACKAGES},
        "platform": platform.platform(),
        "cores": f"{available_cores()} usable of {os.cpu_count()}",
    }
    width = max(len(name) for name in rows)
    return "\n".join(f"{name:<{width}}  {value}" for name, value in rows.items())


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
