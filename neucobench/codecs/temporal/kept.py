"""Tables that are computed once and then read from the user's cache folder.

What a table holds can depend on how libraries compute, so their versions are part of
the file's name, and so is what they find in the processor: the folder may be shared.
It is a convenience: where it cannot be used tables are computed each time.
"""

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import torch

from neucobench.atomic import whole_file
from neucobench.codecs.entropy.coder import Tables
from neucobench.data.fetch_weights import cache_folder

# To be raised when a table's rows or its file change.
_FORMAT = 1
# Where a file is damaged decides which of these reading it raises.
_DAMAGED = (
    OSError,
    EOFError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
    BadZipFile,
)


def kept_tables(name: str, build: Callable[[], Tables]) -> Tables:
    """Return the tables of a name, from the cache folder or built and put there.

    Args:
        name: part of the file's name.
        build: called where there is no such file, or where it is damaged.
    """
    path = kept_path(name)
    tables = _read(path)
    if tables is None:
        tables = build()
        _write(path, tables)
    return tables


def kept_path(name: str) -> Path:
    """Return where tables of a name are kept."""
    versions = "-".join(version(package) for package in ("torch", "scipy", "numpy"))
    processor = torch.backends.cpu.get_cpu_capability()
    file = f"{name}-{_FORMAT}-{versions}-{processor}.npz"
    return cache_folder() / "tables" / file


def _read(path: Path) -> Tables | None:
    try:
        # NumPy leaves a file open that it was to open and found damaged.
        with path.open("rb") as content, np.load(content, allow_pickle=False) as file:
            tables = Tables.from_rows(file["entries"], file["lengths"], file["offsets"])
    except _DAMAGED:
        return None
    whole = tables.lengths.sum(dtype=np.int64) == len(tables.entries)
    return tables if whole and len(tables.offsets) == len(tables) else None


def _write(path: Path, tables: Tables) -> None:
    try:
        with whole_file(path) as hidden, hidden.open("wb") as file:
            np.savez(
                file,
                entries=tables.entries,
                lengths=tables.lengths,
                offsets=tables.offsets,
            )
    except OSError:
        return
