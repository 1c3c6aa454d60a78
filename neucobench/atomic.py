"""Files and folders that appear whole or not at all."""

import os
import platform
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

HIDDEN_PREFIX = ".neucobench-"
_DAY = 86_400


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield a hidden path beside ``path``; move it there when the block succeeds.

    The hidden file keeps the ending of ``path``. It is flushed to disk before the
    move and removed when the block raises, Ctrl-C included. Parent folders are made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    hidden = hidden_path(path)
    try:
        yield hidden
        _flush(hidden)
        hidden.replace(path)
    finally:
        hidden.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Yield a hidden folder beside ``path``; rename it when the block succeeds.

    ``path`` must not exist yet. The hidden folder is removed when the block raises.

    Raises:
        FileExistsError: when ``path`` exists already.
    """
    if path.exists():
        raise FileExistsError(f"{path} exists already.")
    path.parent.mkdir(parents=True, exist_ok=True)
    hidden = hidden_path(path)
    hidden.mkdir()
    try:
        yield hidden
        for file in hidden.rglob("*"):
            if file.is_file():
                _flush(file)
        hidden.rename(path)
    finally:
        shutil.rmtree(hidden, ignore_errors=True)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text to ``path`` as a whole, with Unix line ends."""
    with whole_file(path) as hidden:
        hidden.write_text(text, encoding="utf-8", newline="\n")


def remove_leftovers(folder: Path) -> list[Path]:
    """Remove hidden files and folders that a killed run left directly in ``folder``.

    What a running process of this machine is still writing stays; so does what another
    machine wrote less than a day ago.

    Returns:
        The paths that were removed, sorted.
    """
    found = folder.glob(f"{HIDDEN_PREFIX}*") if folder.is_dir() else []
    leftovers = sorted(path for path in found if _is_left_over(path))
    for path in leftovers:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return leftovers


def hidden_path(path: Path) -> Path:
    """Return a hidden path beside ``path`` that names its owner, this process."""
    owner = f"{_machine()}-{os.getpid()}-{uuid4().hex[:8]}"
    return path.with_name(f"{HIDDEN_PREFIX}{owner}-{path.name}")


def _machine() -> str:
    return sha256(platform.node().encode()).hexdigest()[:6]


def _is_left_over(path: Path) -> bool:
    machine, _, rest = path.name.removeprefix(HIDDEN_PREFIX).partition("-")
    process = rest.partition("-")[0]
    try:
        if machine == _machine() and process.isdigit():
            os.kill(int(process), 0)
            return False
        return path.stat().st_mtime < time.time() - _DAY
    except ProcessLookupError:
        return True
    except OSError:
        return False


def _flush(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
