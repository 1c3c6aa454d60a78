"""The versions an evaluation was made with."""

import platform
from importlib.metadata import PackageNotFoundError, version

_PACKAGES = ("numpy", "numba", "polars", "pyarrow")


def software_versions(*extra: str) -> dict[str, str]:
    """Return the versions of Python, NeuCo-Bench and what the numbers depend on.

    Args:
        *extra: further packages, e.g. ``"torch"`` when the probe ran on it.
    """
    from neucobench import __version__

    versions = {"neucobench": __version__, "python": platform.python_version()}
    for package in (*_PACKAGES, *extra):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "not installed"
    return versions
