"""Ten thousand small cubes, one in a hundred broken, and a run that is killed often."""

import random
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from neucobench.data.writer import write_cube_file
from neucobench.embeddings.files import read_embeddings
from neucobench.encoders.running.provenance import recorded_findings

pytestmark = pytest.mark.slow

CUBES = 10_000
KILLS = 10
ENCODER = """
class Means:
    name, modalities, dims, batch_size = "means", ("s1",), 8, 1
    thread_safe = True

    def encode(self, batch):
        return batch.arrays["s1"].mean(axis=(3, 4), dtype="f8").reshape(len(batch), 8)
"""


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """Return a folder of small cubes, of which every hundredth is cut off."""
    root = tmp_path_factory.mktemp("many")
    folder = root / "data" / "s1" / "part-000000"
    pixels = np.random.default_rng(0).normal(size=(CUBES, 4, 2, 4, 4)).astype("f4")
    for number, array in enumerate(pixels):
        path = folder / f"{number:05d}.zarr.zip"
        write_cube_file(path, array)
        if number % 100 == 37:
            path.write_bytes(path.read_bytes()[:-40])
    return root


def _start(many, out) -> subprocess.Popen:
    command = ["-m", "neucobench", "encode", many, "--encoder", "means.py:Means"]
    command += ["--out", out.name, "--workers", "2"]
    return subprocess.Popen(
        [sys.executable, *map(str, command)],
        cwd=out.parent,
        stderr=subprocess.PIPE,
        text=True,
    )


def _shards(out) -> int:
    return sum(1 for _ in out.with_name(f".{out.name}.shards").glob("0*.parquet"))


def test_a_run_killed_ten_times_ends_with_the_table_of_an_undisturbed_one(
    many, tmp_path
):
    (tmp_path / "means.py").write_text(ENCODER)
    out, whole = tmp_path / "killed.parquet", tmp_path / "whole.parquet"
    moments = random.Random(1)
    progress = []
    for _ in range(KILLS):
        before = _shards(out)
        process = _start(many, out)
        while _shards(out) <= before and process.poll() is None:
            time.sleep(0.005)
        time.sleep(moments.uniform(0, 0.1))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert process.returncode == -signal.SIGKILL
        assert not out.exists()
        progress.append(_shards(out))
    assert progress == sorted(progress)
    _, printed = _start(many, out).communicate()
    assert "were done before" in printed
    _start(many, whole).communicate()
    assert out.read_bytes() == whole.read_bytes()
    table = read_embeddings(out)
    assert table.rows == CUBES * 99 // 100
    findings = recorded_findings(table.metadata)
    named = [re.findall(r"\d{5}(?=\.zarr|')", item.message)[0] for item in findings]
    assert sorted(named) == [f"{number:05d}" for number in range(37, CUBES, 100)]
