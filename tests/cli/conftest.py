"""Run the command line as a user does: in a process of its own."""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def neucobench(tmp_path):
    """Return a function that runs ``neucobench ARGUMENTS`` in an empty folder."""

    def run(*arguments: str | Path, cwd: Path | None = None, **kwargs):
        return subprocess.run(
            [sys.executable, "-m", "neucobench", *map(str, arguments)],
            cwd=cwd or tmp_path,
            capture_output=True,
            text=True,
            check=False,
            **kwargs,
        )

    return run
