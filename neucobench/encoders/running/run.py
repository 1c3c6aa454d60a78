"""Encode a folder of cubes into one embedding file, from where a killed run stopped.

::

    shards ─▶ features ─▶ reducer ─▶ vectors ─▶ the file, its record, its state
    (each a file of its own; a run that was killed does only those that are missing)
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from neucobench.data.dataset import CubeFolder
from neucobench.encoders.base import Encoder
from neucobench.encoders.checked import CheckedEncoder
from neucobench.encoders.checking import check_encoder
from neucobench.encoders.one_core import one_core
from neucobench.encoders.reducers.base import Reducer
from neucobench.encoders.reducers.state import Fitted
from neucobench.encoders.running.features import gather
from neucobench.encoders.running.finish import (
    check_bytes,
    make_table,
    what_was_fitted,
)
from neucobench.encoders.running.fitting import fit_encoder, learned_digest
from neucobench.encoders.running.missing import Work, encode_missing, shard_size
from neucobench.encoders.running.output import check_output, existing_record, publish
from neucobench.encoders.running.pipeline import (
    Pipeline,
    check_dims,
    describe_encoder,
    digest_of,
    fewest_dims,
    make_pipeline,
)
from neucobench.encoders.running.provenance import recorded_findings, sign_cubes
from neucobench.encoders.running.reducing import reduce_features
from neucobench.encoders.running.report import EncodeReport, make_report
from neucobench.encoders.running.shards import open_folder, remove_folder
from neucobench.errors import CubeError
from neucobench.findings import Finding
from neucobench.machine import reading_threads


def encode_folder(
    cubes: Path | str,
    encoder: Encoder,
    out: Path | str,
    *,
    dims: int | None = None,
    reduce: Sequence[Reducer] = (),
    state: Fitted | None = None,
    storage: str = "float32",
    max_bytes: int | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    strict: bool = False,
    overwrite: bool = False,
    advance: Callable[[int, int], None] | None = None,
    shard_rows: int | None = None,
) -> EncodeReport:
    """Encode every cube of a folder and write one embedding file.

    The rows are in the order of the sorted ids and have the same bits whatever the
    number of workers and however often the run was killed. Finished shards wait in a
    hidden folder beside ``out``; the file appears at once, whole.

    Args:
        cubes: the folder of cubes.
        encoder: from ``load_encoder``, or any object that follows the protocol.
        out: the file to write: ``.csv``, ``.parquet`` or ``.npz``.
        dims: the most dimensions that are allowed; None: any number.
        reduce: reducers to fit on the features, one after the other.
        state: what an earlier run has fitted, in place of fitting; ``load_fitted``.
        storage: how numbers are stored: ``"float32"``, ``"float16"``,
            ``"bfloat16"``, ``"int8"`` or ``"binary"``.
        max_bytes: the most bytes that a vector may take; None: any number.
        workers: threads that read and encode; None: one for each usable core, up to 8.
        scheduler: the address of a Dask scheduler whose workers see the same files;
            None: this process.
        strict: raise at the first cube that cannot be encoded.
        overwrite: replace a file that is there already.
        advance: called with the cubes done and their number.
        shard_rows: cubes in a unit of work; None: as the encoder says.

    Raises:
        UsageError: when the ending of ``out`` is not known, or the vectors have more
            than ``dims`` dimensions.
        CubeError: when there is no readable cube, or ``strict`` and one is broken.
        InputError: when ``out`` exists and was made from something else, when another
            run is writing it, or when the encoder fails.
    """
    started = time.perf_counter()
    path = Path(out).expanduser()
    check_output(path, storage=storage, inputs=[Path(cubes)])
    checked = check_encoder(encoder)
    pipeline = make_pipeline(checked, reduce=reduce, state=state, storage=storage)
    folder = checked.table_source or CubeFolder(cubes)
    threads = workers or reading_threads()
    signatures = sign_cubes(folder, checked.modalities, workers=threads)
    job = _Job(
        folder=folder,
        pipeline=pipeline,
        signatures=signatures,
        path=path,
        dims=dims,
        max_bytes=max_bytes,
        workers=threads,
        # Tables are read faster than a cluster is told about them.
        scheduler=None if checked.table_source else scheduler,
        strict=strict,
        advance=advance,
        shard_rows=shard_rows or shard_size(checked, len(signatures)),
    )
    job.check_limits(fewest_dims(pipeline, len(signatures)))
    if path.exists() and not overwrite:
        return _leave_alone(job, started)
    with open_folder(path) as hidden:
        return _make(job, hidden, started)


@dataclass(frozen=True, kw_only=True)
class _Job:
    folder: CubeFolder
    pipeline: Pipeline
    signatures: Mapping[str, str]
    path: Path
    dims: int | None
    max_bytes: int | None
    workers: int
    scheduler: str | None
    strict: bool
    advance: Callable[[int, int], None] | None
    shard_rows: int

    @property
    def encoder(self) -> CheckedEncoder:
        return self.pipeline.encoder

    def work(
        self, encoder: CheckedEncoder, learned: Mapping[str, NDArray[Any]]
    ) -> Work:
        """Return what is to be encoded by the encoder that was fitted."""
        run = describe_encoder(encoder) | {
            "learned": learned_digest(learned),
            "device": encoder.device,
        }
        return Work(
            folder=self.folder,
            signatures=self.signatures,
            encoder=encoder,
            run=digest_of(run),
            shard_rows=self.shard_rows,
            workers=self.workers,
            scheduler=self.scheduler,
        )

    def check_limits(self, found: int) -> None:
        """Refuse vectors of ``found`` dimensions where they are too long or large."""
        check_dims(self.encoder, found, self.dims)
        check_bytes(self.pipeline.storage, found, self.max_bytes)

    def refuse(self, findings: Sequence[Finding]) -> None:
        """Raise the first finding that costs a row or a cell when the run is strict."""
        serious = [finding for finding in findings if finding.level != "info"]
        if self.strict and serious:
            raise CubeError(
                f"{serious[0].message} With --strict nothing is written; repair or "
                "remove the cube, or drop --strict."
            )

    def tell(self, done: int) -> None:
        """Report progress."""
        if self.advance is not None:
            self.advance(done, len(self.signatures))


def _leave_alone(job: _Job, started: float) -> EncodeReport:
    record = existing_record(job.path, job.pipeline, job.signatures)
    job.refuse(recorded_findings(record))
    job.check_limits(int(record["dims"]))
    return make_report(job.path, record, started=started)


def _make(job: _Job, hidden: Path, started: float) -> EncodeReport:
    began = time.perf_counter()
    encoder, learned = fit_encoder(job.pipeline, job.folder, job.signatures, hidden)
    done = encode_missing(
        job.work(encoder, learned), hidden, tell=job.tell, judge=job.refuse
    )
    encoding_seconds = time.perf_counter() - began
    if not any(item.rows for item in done.facts):
        # There is nothing to go on from.
        remove_folder(job.path)
    with one_core():
        features = gather(done.shards, done.facts, encoder.blocks, hidden)
        noticed = (*job.encoder.findings, *features.findings)
        features = replace(features, findings=noticed)
        job.refuse(features.findings)
        reduced = reduce_features(features, job.pipeline, hidden)
    job.check_limits(reduced.vectors.values.shape[1])
    table = make_table(job.pipeline, job.signatures, reduced, name=job.path.stem)
    fitted = what_was_fitted(job.pipeline, table, learned, reduced.reducer)
    publish(table, job.path, hidden, fitted)
    return make_report(
        job.path,
        table.metadata,
        started=started,
        done=done,
        encoding_seconds=encoding_seconds,
    )
