"""From the vectors of a run to the table that is written and the state that is kept."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from numpy.typing import NDArray

from neucobench.embeddings.quantizers import read_quantizer
from neucobench.embeddings.storage import bytes_per_vector, quantize
from neucobench.embeddings.table import EmbeddingTable
from neucobench.encoders.reducers.base import FittedReducer
from neucobench.encoders.reducers.state import Fitted
from neucobench.encoders.running.pipeline import Pipeline
from neucobench.encoders.running.provenance import make_record
from neucobench.encoders.running.reducing import Reduced
from neucobench.errors import UsageError

_KEPT = ("cube_digest", "storage", "storage_parameters", "bytes_per_vector")


def make_table(
    pipeline: Pipeline, signatures: Mapping[str, str], reduced: Reduced, *, name: str
) -> EmbeddingTable:
    """Return the table of a run, with its record, its values as they are stored.

    Args:
        pipeline: what was computed.
        signatures: cube id to signature.
        reduced: what came out.
        name: the table's name.
    """
    vectors = reduced.vectors
    record = make_record(pipeline, signatures, vectors.findings)
    rows, dims = vectors.values.shape
    record |= {"rows": str(rows), "dims": str(dims)}
    if reduced.balance:
        record["balance"] = json.dumps([asdict(share) for share in reduced.balance])
    table = EmbeddingTable(
        ids=vectors.ids,
        values=vectors.values,
        name=name,
        metadata=record,
        findings=vectors.findings,
    )
    known = None if pipeline.state is None else read_quantizer(pipeline.state.about)
    if known is not None and known.storage != pipeline.storage:
        known = None
    stored = quantize(table, pipeline.storage, known)
    # Values beyond the range of a saved state are a finding of this last step.
    found = json.dumps([finding.as_dict() for finding in stored.findings])
    return replace(stored, metadata=dict(stored.metadata) | {"findings": found})


def check_bytes(table: EmbeddingTable, limit: int | None) -> None:
    """Refuse vectors that take more than ``limit`` bytes.

    Raises:
        UsageError: when they do.
    """
    taken = bytes_per_vector(table)
    if limit is not None and taken > limit:
        storage = table.metadata.get("storage", "float32")
        raise UsageError(
            f"A vector of {table.dims} dimensions takes {taken} bytes as {storage}, "
            f"and --max-bytes allows {limit}; give --store int8 or binary, or fewer "
            "--dims with --reduce. The encoded cubes are kept for the next run."
        )


def what_was_fitted(
    pipeline: Pipeline,
    table: EmbeddingTable,
    learned: Mapping[str, NDArray[Any]],
    reducer: FittedReducer | None,
) -> Fitted | None:
    """Return what is worth keeping for other cubes; None when nothing was fitted.

    Args:
        pipeline: what was computed.
        table: the result; how it is stored is kept too.
        learned: what the encoder has learned.
        reducer: the fitted reducer, or None.
    """
    if not learned and reducer is None and "storage_parameters" not in table.metadata:
        return None
    about = pipeline.describe()
    about |= {key: table.metadata[key] for key in _KEPT if key in table.metadata}
    if pipeline.state is not None:
        about |= {"cube_digest": pipeline.state.about.get("cube_digest", "")}
    state = None if reducer is None else reducer.state()
    return Fitted(encoder=learned, reducer=state, about=about)
