"""What the tests of the project's shape look at: its files and its documents."""

import os
import subprocess
from pathlib import Path

import pytest

IGNORED = {".git", ".hypothesis", "__pycache__", "build", "demo", "dist", "site"}


def _listed_by_git(checkout: Path) -> list[Path] | None:
    """Return what git tracks or would track, or None outside a git checkout."""
    if not (checkout / ".git").exists():
        return None
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=checkout, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return [checkout / name for name in listed.stdout.decode().split("\0") if name]


def _walked(checkout: Path) -> list[Path]:
    """Return the files of an unpacked sdist, without environments and caches."""
    found = []
    for folder, folders, files in os.walk(checkout):
        folders[:] = [
            name
            for name in folders
            if name not in IGNORED
            and not name.startswith(".venv")
            and not name.endswith(("_cache", ".egg-info"))
        ]
        found += [Path(folder, name) for name in files]
    return found


@pytest.fixture(scope="session")
def tracked_files(checkout: Path) -> list[Path]:
    """Return every file that belongs to the project, sorted."""
    listed = _listed_by_git(checkout)
    files = _walked(checkout) if listed is None else listed
    return sorted(path for path in files if path.is_file())


@pytest.fixture(scope="session")
def tracked_texts(tracked_files: list[Path]) -> dict[Path, str]:
    """Return the text of every file of the project that is text."""
    texts = {}
    for path in tracked_files:
        try:
            texts[path] = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
    return texts


@pytest.fixture(scope="session")
def pages(tracked_files: list[Path], checkout: Path) -> list[Path]:
    """Return the documents that users read: the top level's and those in docs/."""
    return [
        path
        for path in tracked_files
        if path.suffix == ".md"
        and (path.parent == checkout or (checkout / "docs") in path.parents)
    ]
