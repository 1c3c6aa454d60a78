"""The cores that a run takes, and the peak memory that it reports."""

import os
import subprocess
import sys

import numpy as np
import pytest

from neucobench import machine
from neucobench.machine import peak_memory, reading_threads

LARGE = 256 * 2**20
PRINT_PEAK = "from neucobench.machine import peak_memory; print(peak_memory())"
START_FROM_A_LARGE_PROCESS = f"""
import subprocess, sys
held = b"1" * {LARGE}
subprocess.run([sys.executable, "-c", {PRINT_PEAK!r}], check=True)
"""


@pytest.fixture(params=["status", "getrusage"])
def source(request, monkeypatch, tmp_path):
    if request.param == "getrusage":
        monkeypatch.setattr(machine, "_STATUS", tmp_path / "absent")


def test_without_an_affinity_mask_all_cores_count_up_to_eight(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    assert reading_threads() == 8
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert reading_threads() == 1


@pytest.mark.usefixtures("source")
def test_the_peak_is_in_bytes_and_stays_once_memory_is_given_back():
    np.ones(LARGE, np.uint8)
    assert LARGE < peak_memory() < 2**37


@pytest.mark.skipif(
    not machine._STATUS.exists(), reason="only Linux has the status of a process"
)
def test_the_size_of_the_process_that_started_this_one_does_not_count():
    done = subprocess.run(
        [sys.executable, "-c", START_FROM_A_LARGE_PROCESS],
        capture_output=True,
        text=True,
        check=True,
    )
    assert 2**20 < int(done.stdout) < LARGE
