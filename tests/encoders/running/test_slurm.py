"""The documented SLURM script, with stand-ins for ``sbatch`` and ``scancel``."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from neucobench.embeddings.files import read_embeddings

pytest.importorskip("dask_jobqueue")
pytestmark = pytest.mark.slow

SBATCH = """#!/bin/sh
# Runs the job at once, in the background, as a node of the cluster would.
sh "$1" > job.log 2>&1 &
echo $! >> jobs
echo "Submitted batch job $!"
"""
SCANCEL = "#!/bin/sh\nkill $@ 2>/dev/null || true\n"


@pytest.fixture
def script(checkout, tmp_path) -> Path:
    """Return the documented script, for two small jobs."""
    page = (checkout / "docs" / "encode-at-scale.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    code = code.replace("JOBS = 10", "JOBS = 2").replace("=8,", "=1,")
    code = code.replace('"32GB"', '"1GB"').replace("mosaiks-1024", "mean")
    command = f"{sys.executable} -m neucobench"
    path = tmp_path / "encode_on_slurm.py"
    path.write_text(code.replace("neucobench encode", f"{command} encode"))
    return path


@pytest.fixture
def slurm(tmp_path):
    """Return an environment in which SLURM's two commands are stand-ins."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, text in {"sbatch": SBATCH, "scancel": SCANCEL}.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    yield os.environ | {"PATH": f"{folder}:{os.environ['PATH']}"}
    for process in (tmp_path / "jobs").read_text().split():
        subprocess.run(["kill", process], check=False, capture_output=True)


def test_the_documented_script_encodes_on_jobs(script, slurm, own_cubes, tmp_path):
    done = subprocess.run(
        [sys.executable, script.name],
        cwd=tmp_path,
        env=slurm,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert read_embeddings(tmp_path / "mosaiks.parquet").rows == 5
    assert len((tmp_path / "jobs").read_text().split()) >= 1
