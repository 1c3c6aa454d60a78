"""From the vectors of a run to the table that is written and the state that is kept."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from numpy.typing import NDArray

from neucobench.embeddings.quantizers import read_quantizer
from neucobench.embeddings.storage import quantize
from neucobench.embeddings.table import EmbeddingTable
from neucobench.encoders.reducers.base import FittedReducer
from neucobench.encoders.reducers.state import Fitted
from neucobench.encoders.running.overlap import fingerprints
from neucobench.encoders.running.pipeline import Pipeline
from neucobench.encoders.running.provenance import make_record, recorded_bytes
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


def stored_bytes(dims: int, storage: str) -> dict[str, str]:
    """Return what the record of vectors of a length will say of their bytes."""
    bits = {"float16": 16, "bfloat16": 16, "int8": 8, "binary": 1}.get(storage, 32)
    return {"storage": storage, "bytes_per_vector": str(-(-dims * bits // 8))}


def check_bytes(record: Mapping[str, str], limit: int | None) -> None:
    """Refuse vectors that take more than ``limit`` bytes.

    Args:
        record: the metadata of their file.
        limit: the most bytes that a vector may take; None: any number.

    Raises:
        UsageError: when they take more.
    """
    taken = recorded_bytes(record)
    if limit is not None and taken > limit:
        storage = record.get("storage", "float32")
        raise UsageError(
            f"A vector of {record['dims']} dimensions takes {taken} bytes as "
            f"{storage}, and --max-bytes allows {limit}; give --store int8 or binary, "
            "or fewer --dims with --reduce. What is encoded already is kept."
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
    # A saved state stays what it was: other cubes, other ranges of what is stored.
    source = table.metadata if pipeline.state is None else pipeline.state.about
    about: dict[str, Any] = dict(pipeline.describe())
    about |= {key: source[key] for key in _KEPT if key in source}
    if pipeline.state is None and not pipeline.learns:
        # Nothing was learned from these cubes: on them too it is not transductive.
        del about["cube_digest"]
    elif pipeline.state is None:
        about["fitted_ids"] = fingerprints(table.ids)
    else:
        about["fitted_ids"] = pipeline.state.about.get("fitted_ids", "")
    state = None if reducer is None else reducer.state()
    return Fitted(encoder=learned, reducer=state, about=about)
