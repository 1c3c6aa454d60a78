"""What a run of ``encode_folder`` did."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from neucobench.embeddings.quantizers import PLAIN, stored_width
from neucobench.encoders.reducers.balance import BlockShare
from neucobench.encoders.running.missing import Done
from neucobench.encoders.running.output import state_files
from neucobench.encoders.running.provenance import recorded_findings
from neucobench.encoders.running.work import BROKEN_CUBE
from neucobench.findings import Finding
from neucobench.machine import peak_memory


@dataclass(frozen=True, kw_only=True)
class EncodeReport:
    """Say what a run of ``encode_folder`` did.

    Attributes:
        out: the embedding file.
        encoder: the encoder's name.
        rows: rows in the file.
        dims: length of a vector.
        storage: how a number is stored.
        bytes_per_vector: what a vector takes in the file, without its id.
        transductive: whether anything was fitted on these cubes.
        state: the file with what was fitted, or None.
        balance: what each block of an ensemble contributes; empty without blocks.
        unchanged: the file was complete already and was left alone.
        encoded: cubes that this run encoded.
        resumed: cubes that an earlier, unfinished run had encoded.
        seconds: wall time of this run.
        encoding_seconds: the part of it that was spent reading and encoding cubes.
        bytes_read: size of the files that this run read.
        peak_memory: largest resident size of the process, in bytes.
        findings: cubes that have no row, cells that are no numbers.
    """

    out: Path
    encoder: str
    rows: int
    dims: int
    storage: str = "float32"
    bytes_per_vector: int
    transductive: bool = False
    state: Path | None = None
    balance: tuple[BlockShare, ...] = ()
    unchanged: bool = False
    encoded: int = 0
    resumed: int = 0
    seconds: float
    encoding_seconds: float = 0.0
    bytes_read: int = 0
    peak_memory: int
    findings: tuple[Finding, ...] = ()

    @property
    def left_out(self) -> int:
        """Return the number of cubes that have no row."""
        return sum(finding.code == BROKEN_CUBE for finding in self.findings)


def make_report(
    path: Path,
    record: Mapping[str, str],
    *,
    started: float,
    done: Done | None = None,
    encoding_seconds: float = 0.0,
) -> EncodeReport:
    """Return the report of a run.

    Args:
        path: the embedding file.
        record: its metadata.
        started: when the run began, by ``time.perf_counter``.
        done: what was encoded; None when the file was left alone.
        encoding_seconds: wall time of reading and encoding.
    """
    shares = json.loads(record.get("balance", "[]"))
    state = state_files(path)[-1]
    dims, storage = int(record["dims"]), record.get("storage", PLAIN)
    return EncodeReport(
        out=path,
        encoder=record["encoder"],
        rows=int(record["rows"]),
        dims=dims,
        storage=storage,
        bytes_per_vector=stored_width(storage, dims),
        transductive=record["transductive"] == "true",
        state=state if state.exists() else None,
        balance=tuple(BlockShare(**share) for share in shares),
        unchanged=done is None,
        encoded=done.encoded if done else 0,
        resumed=done.resumed if done else 0,
        seconds=time.perf_counter() - started,
        encoding_seconds=encoding_seconds,
        bytes_read=done.bytes_read if done else 0,
        peak_memory=peak_memory(),
        findings=recorded_findings(record),
    )
