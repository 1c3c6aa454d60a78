"""Look into an uploaded file, in a process of its own that may not take much.

A file is made by a stranger: it may unpack to a thousand times its size, or never end.
What the check needs is known beforehand, from the number of cubes and dimensions; a
process that wants more is ended, and the participant reads a sentence.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import neucobench
from neucobench.embeddings.id_list import read_id_list
from neucobench.evaluation.protocol import protocol
from neucobench.findings import Finding
from neucobench.machine import available_cores
from neucobench.server.challenges.phases import PhaseRecord
from neucobench.server.context import Context
from neucobench.server.refusals import Busy
from neucobench.server.submissions.check_file import OUT_OF_MEMORY
from neucobench.server.submissions.upload import Incoming

LEAST_MEMORY = 512 * 2**20
# A cell as it is stored, as float32, and while its variance is taken.
BYTES_PER_CELL = 32
SPARE_ROWS = 1000
WIDEST = 4096
LEAST_SECONDS = 30
BYTES_PER_SECOND = 2**20

_MODULE = "neucobench.server.submissions.check_file"
_turns = threading.BoundedSemaphore(max(1, available_cores()))


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """Hold what a look into a file has shown.

    Attributes:
        findings: errors first.
        rows: embeddings in the file; 0 when it cannot be read.
        dims: dimensions of a vector, likewise.
        bytes_per_vector: as stored, likewise.
    """

    findings: tuple[Finding, ...]
    rows: int = 0
    dims: int = 0
    bytes_per_vector: int = 0

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Return the findings for which the file is refused."""
        return tuple(item for item in self.findings if item.level == "error")


def inspect_file(
    context: Context,  # noqa: ARG001 - as the other steps of a submission
    incoming: Incoming,
    phase: PhaseRecord,
) -> Inspection:
    """Return the findings of ``neucobench check`` about an upload, for its phase.

    Ids are named only where the phase reveals them. Waits while as many files are
    looked into as there are cores.

    Raises:
        Busy: when this machine is too slow at the moment to tell.
    """
    needs = _needs(incoming, phase)
    with _turns:
        done = _run(needs)
    if done.returncode == 0:
        return _inspection(json.loads(done.stdout), needs)
    if done.returncode == -signal.SIGXCPU:
        return _unreadable(_too_long(needs))
    # Arrow and polars end the process when they are refused memory.
    return _unreadable(_too_much(needs))


def _needs(incoming: Incoming, phase: PhaseRecord) -> dict[str, Any]:
    """Return the order for the process: what to check, and what it may take."""
    rules = protocol(phase.card.protocol)
    limits = [item for item in (phase.rules.dims, rules.embedding_dim) if item]
    dims = min(limits, default=None)
    cells = (len(read_id_list(phase.ids)) + SPARE_ROWS) * (dims or WIDEST)
    cpu = LEAST_SECONDS + incoming.bytes // BYTES_PER_SECOND + cells // 2**21
    return {
        "path": str(incoming.path),
        "file_name": incoming.file_name,
        "ids": str(phase.ids),
        "strict": rules.strict_cells,
        "dims": dims,
        "max_vector_bytes": phase.rules.max_vector_bytes,
        "name_ids": phase.rules.names_ids,
        "memory": LEAST_MEMORY + BYTES_PER_CELL * cells + 2 * incoming.bytes,
        "cpu_seconds": cpu,
    }


def _run(needs: dict[str, Any]) -> subprocess.CompletedProcess[bytes]:
    seconds = 30 + 4 * needs["cpu_seconds"]
    try:
        return subprocess.run(  # noqa: S603 - our own program, its input is data
            [sys.executable, "-P", "-m", _MODULE],
            input=json.dumps(needs).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Busy(
            f"The file could not be checked within {seconds} seconds; the server has "
            "too much to do. Send it again later; no quota was used."
        ) from error


def _environment() -> dict[str, str]:
    """Return an environment without secrets, in which one core does the work."""
    kept = {
        name: os.environ[name]
        for name in ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TMPDIR")
        if name in os.environ
    }
    one = dict.fromkeys(
        ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"
    )
    return {
        **kept,
        **one,
        "POLARS_MAX_THREADS": "1",
        "MALLOC_ARENA_MAX": "2",
        "ARROW_DEFAULT_MEMORY_POOL": "system",
        "PYTHONPATH": str(Path(neucobench.__file__).parents[1]),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _inspection(answer: dict[str, Any], needs: dict[str, Any]) -> Inspection:
    if answer.get("refused") == OUT_OF_MEMORY:
        return _unreadable(_too_much(needs))
    if "refused" in answer:
        return _unreadable(str(answer["message"]))
    return Inspection(
        findings=tuple(Finding(**item) for item in answer["findings"]),
        rows=int(answer["rows"]),
        dims=int(answer["dims"]),
        bytes_per_vector=int(answer["bytes_per_vector"]),
    )


def _unreadable(message: str) -> Inspection:
    finding = Finding(code="unreadable", level="error", message=message)
    return Inspection(findings=(finding,))


def _too_much(needs: dict[str, Any]) -> str:
    return (
        f"{needs['file_name']} needs more than {needs['memory'] / 2**20:,.0f} MiB of "
        "memory to be read, far more than vectors of this phase do; it is damaged, or "
        "was made to fill the memory. Write it again, with the cubes of the phase only."
    )


def _too_long(needs: dict[str, Any]) -> str:
    return (
        f"{needs['file_name']} takes more than {needs['cpu_seconds']} seconds to be "
        "read, far more than files of its size do. Write it again, e.g. as Parquet."
    )
