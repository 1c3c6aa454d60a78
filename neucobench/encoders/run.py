"""Encode a folder of cubes into one embedding file, from where a killed run stopped."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from neucobench.data.dataset import CubeFolder
from neucobench.encoders.base import Encoder
from neucobench.encoders.checked import CheckedEncoder, check_encoder
from neucobench.encoders.output import (
    assemble,
    check_output,
    existing_output,
    publish,
)
from neucobench.encoders.provenance import describe_encoder, sign_cubes
from neucobench.encoders.shards import ShardStore, open_shards
from neucobench.encoders.stream import BROKEN_CUBE, encode_batches
from neucobench.errors import CubeError, UsageError
from neucobench.findings import Finding
from neucobench.machine import peak_memory, reading_threads


@dataclass(frozen=True, kw_only=True)
class EncodeReport:
    """Say what a run of ``encode_folder`` did.

    Attributes:
        out: the embedding file.
        encoder: the encoder's name.
        rows: rows in the file.
        dims: length of a vector.
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


def encode_folder(
    cubes: Path | str,
    encoder: Encoder,
    out: Path | str,
    *,
    dims: int | None = None,
    workers: int | None = None,
    strict: bool = False,
    overwrite: bool = False,
    advance: Callable[[int, int], None] | None = None,
    shard_rows: int = 1024,
    shard_seconds: float = 15.0,
) -> EncodeReport:
    """Encode every cube of a folder and write one embedding file.

    The rows are in the order of the sorted ids and have the same bits whatever the
    number of workers and however often the run was killed. Finished rows wait in a
    hidden folder beside ``out``; the file appears at once, whole.

    Args:
        cubes: the folder of cubes.
        encoder: from ``load_encoder``, or any object that follows the protocol.
        out: the file to write: ``.csv``, ``.parquet`` or ``.npz``.
        dims: the most dimensions that are allowed; None: any number.
        workers: threads that read and decode; None: one for each usable core, up to 8.
        strict: raise at the first cube that cannot be encoded.
        overwrite: replace a file that is there already.
        advance: called with the cubes done and their number.
        shard_rows: finished rows that are kept in memory alone before they are written.
        shard_seconds: finished rows are written after this time at the latest.

    Raises:
        UsageError: when the ending of ``out`` is not known, or the encoder gives more
            than ``dims`` dimensions.
        CubeError: when there is no readable cube, or ``strict`` and one is broken.
        InputError: when ``out`` exists and was made from something else, when another
            run is writing it, or when the encoder fails.
    """
    started = time.perf_counter()
    path = Path(out)
    check_output(path)
    checked = check_encoder(encoder)
    _check_dims(checked, dims)
    folder = CubeFolder(cubes)
    threads = workers or reading_threads()
    job = _Job(
        folder=folder,
        encoder=checked,
        signatures=sign_cubes(folder, checked.modalities, workers=threads),
        workers=threads,
        strict=strict,
        advance=advance,
    )
    if path.exists() and not overwrite:
        rows, findings = existing_output(path, checked, job.signatures)
        job.refuse(findings)
        done = _Done(findings=list(findings))
        return _report(path, checked, rows, done, started, unchanged=True)
    with open_shards(
        path,
        describe_encoder(checked),
        shard_rows=shard_rows,
        shard_seconds=shard_seconds,
    ) as store:
        done = _encode_missing(job, store)
        table = assemble(path, checked, job.signatures, store, done.findings)
        job.refuse(table.findings)
        publish(table, path, store)
    done.findings = list(table.findings)
    return _report(path, checked, table.rows, done, started)


@dataclass(frozen=True, kw_only=True)
class _Job:
    folder: CubeFolder
    encoder: CheckedEncoder
    signatures: Mapping[str, str]
    workers: int
    strict: bool
    advance: Callable[[int, int], None] | None

    def refuse(self, findings: Sequence[Finding]) -> None:
        """Raise the first finding when the run is strict."""
        if self.strict and findings:
            raise CubeError(
                f"{findings[0].message} With --strict nothing is written; repair or "
                "remove the cube, or drop --strict."
            )

    def tell(self, done: int) -> None:
        """Report progress."""
        if self.advance is not None:
            self.advance(done, len(self.signatures))


@dataclass(kw_only=True)
class _Done:
    encoded: int = 0
    resumed: int = 0
    seconds: float = 0.0
    bytes_read: int = 0
    findings: list[Finding] = field(default_factory=list)


def _encode_missing(job: _Job, store: ShardStore) -> _Done:
    started = time.perf_counter()
    store.drop_stale(job.signatures)
    done = _Done(resumed=len(store.rows))
    tried = done.resumed
    job.tell(tried)
    batches = _batches(sorted(job.signatures), job.encoder.batch_size, store.rows)
    with closing(
        encode_batches(job.folder, job.encoder, batches, workers=job.workers)
    ) as results:
        for batch in results:
            store.add(batch.ids, job.signatures, batch.vectors)
            done.encoded += len(batch.ids)
            done.bytes_read += batch.bytes_read
            done.findings.extend(batch.findings)
            job.refuse(batch.findings)
            tried += batch.cubes
            job.tell(tried)
    done.seconds = time.perf_counter() - started
    return done


def _batches(
    ids: Sequence[str], size: int, finished: Mapping[str, object]
) -> Iterator[list[str]]:
    """Yield the batches that still have something to do.

    The limits of the batches depend on all ids and not on what is finished, so that a
    run that is resumed puts the same cubes together.
    """
    known = frozenset(finished)
    for start in range(0, len(ids), size):
        batch = [key for key in ids[start : start + size] if key not in known]
        if batch:
            yield batch


def _check_dims(encoder: CheckedEncoder, dims: int | None) -> None:
    if dims is None or encoder.dims <= dims:
        return
    if "dims" in encoder.options:
        remedy = f"Give --option dims={dims}, or --dims {encoder.dims}."
    else:
        remedy = (
            "Only a reducer makes vectors shorter, and this version has none: give "
            f"--dims {encoder.dims}, or an encoder with fewer."
        )
    raise UsageError(
        f"The encoder {encoder.name!r} gives {encoder.dims} dimensions and --dims "
        f"allows {dims}. {remedy}"
    )


def _report(
    out: Path,
    encoder: CheckedEncoder,
    rows: int,
    done: _Done,
    started: float,
    *,
    unchanged: bool = False,
) -> EncodeReport:
    return EncodeReport(
        out=out,
        encoder=encoder.name,
        rows=rows,
        dims=encoder.dims,
        unchanged=unchanged,
        encoded=done.encoded,
        resumed=done.resumed,
        seconds=time.perf_counter() - started,
        encoding_seconds=done.seconds,
        bytes_read=done.bytes_read,
        peak_memory=peak_memory(),
        findings=tuple(done.findings),
    )
