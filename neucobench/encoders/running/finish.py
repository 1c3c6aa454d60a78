"""From the vectors of a run to the table that is written and the state that is kept."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from numpy.typing import NDArray

from neucobench.embeddings.quantizers import read_quantizer, stored_width
from neucobench.embeddings.storage import quantize
from neucobench.embeddings.table import EmbeddingTable
from neucobench.encoders.reducers.base import FittedReducer
from neucobench.encoders.reducers.state import Fitted
from neucobench.encoders.running.overlap import fingerprints
from neucobench.encoders.running.pipeline import Pipeline
from neucobench.encoders.running.provenance import make_record
from neucobench.encoders.running.reducing import Reduced
from neucobench.errors import UsageError

# Of the record, beside what describes the pipeline.
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


def check_bytes(storage: str, dims: int, limit: int | None) -> None:
    """Refuse vectors that take more than ``limit`` bytes.

    Args:
        storage: how a number is stored.
        dims: length of a vector.
        limit: the most bytes that a vector may take; None: any number.

    Raises:
        UsageError: when they take more.
    """
    taken = stored_width(storage, dims)
    if limit is not None and taken > limit:
        raise UsageError(
            f"A vector of {dims} dimensions takes {taken} bytes as {storage}, and "
            f"--max-bytes allows {limit}; give --store int8 or binary, or fewer --dims "
            "with --reduce. What is encoded already is kept."
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
    about: dict[str, Any]
    if pipeline.state is not None:
        # A saved state stays what it was: other cubes, other ranges of what is stored.
        about = dict(pipeline.state.about)
    else:
        about = dict(pipeline.describe())
        about |= {key: text for key, text in table.metadata.items() if key in _KEPT}
        if pipeline.learns:
            about["fitted_ids"] = fingerprints(table.ids)
    state = None if reducer is None else reducer.state()
    return Fitted(encoder=learned, reducer=state, about=about)
