"""A server in a process of its own, and what it takes of the machine."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import httpx2


@contextmanager
def serving(folder, *arguments, content=None):
    """Run a server; yield its address and its process."""
    environment = dict(os.environ)
    if content is not None:
        environment["NEUCOBENCH_PATH"] = str(content)
    log = folder.with_name("log")
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "neucobench", "serve", str(folder), "--port", "0",
             "--workers", "1", *arguments],
            stderr=output, env=environment, start_new_session=True,
        )  # fmt: skip
    try:
        while not (found := re.search(r"is at (http\S+)/ ", log.read_text())):
            assert process.poll() is None, log.read_text()
            time.sleep(0.05)
        address = found[1]
        while True:
            try:
                httpx2.get(f"{address}/api/v1/health").raise_for_status()
                break
            except httpx2.HTTPError:
                time.sleep(0.05)
        yield address, process
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(60)


def processor_seconds(pid):
    """Return the time that a process has had of the cores."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak(pid):
    """Return the peak of a process's memory, in MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) * 1024 / 1e6


@contextmanager
def sampling(pid):
    """Yield lists of the memory of a server, and of it with its checks, in MB."""
    found = {"server": [], "with checks": []}
    done = threading.Event()

    def sample():
        while not done.wait(0.1):
            own = resident(pid)
            found["server"].append(own)
            checks = sum(map(resident, children_of(pid)))
            found["with checks"].append(own + checks)

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield found
    finally:
        found["server"].append(peak(pid))
        done.set()
        thread.join()


def children_of(pid):
    """Return the processes below a server that look into files."""
    below = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            below += (task / "children").read_text().split()
        except OSError:
            continue
    return [child for child in below if b"check_file" in command(child)]


def command(pid):
    """Return the command line of a process; nothing when it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def resident(pid):
    """Return the memory of a process, in MB; 0 when it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    found = re.search(r"VmRSS:\s+(\d+)", status)
    return int(found[1]) * 1024 / 1e6 if found else 0.0
