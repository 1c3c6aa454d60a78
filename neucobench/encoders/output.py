"""The embedding file that ``encode`` writes: when it may be, and how it appears."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neucobench.atomic import write_text
from neucobench.data.dataset import shorten
from neucobench.embeddings.files import ENDINGS, write_embeddings
from neucobench.embeddings.table import EmbeddingTable
from neucobench.encoders import provenance
from neucobench.encoders.checked import CheckedEncoder
from neucobench.encoders.shards import ShardStore, remove_shards, shard_folder
from neucobench.errors import CubeError, InputError, UnknownNameError
from neucobench.findings import Finding

_RECORD = "record.json"


def check_output(path: Path) -> None:
    """Refuse a path that no embedding file can be written to.

    Raises:
        UnknownNameError: when its ending is not known.
        InputError: when it is a folder.
    """
    if path.suffix.lower() not in ENDINGS:
        raise UnknownNameError("embedding file ending", path.suffix, ENDINGS)
    if path.is_dir():
        raise InputError(f"{path} is a folder; give --out the name of a file.")


def existing_output(
    path: Path, encoder: CheckedEncoder, signatures: Mapping[str, str]
) -> tuple[int, tuple[Finding, ...]]:
    """Return the rows and findings of an output that is complete already.

    A run that was killed between writing a CSV file and its record is finished here.

    Raises:
        InputError: when the file was made from other cubes, by another encoder, or
            nothing is known about it.
    """
    staged = shard_folder(path) / _RECORD
    record = provenance.read_record(path, provenance.sidecar(path), staged)
    if record is None or not provenance.same_origin(record, encoder, signatures):
        made = (
            "nothing tells how it was made"
            if record is None or "cube_digest" not in record
            else f"it was made by {record.get('encoder')!r} from other cubes or with "
            "other options"
        )
        raise InputError(
            f"{path} exists, and {made}; replace it with --overwrite, or give another "
            "--out."
        )
    if staged.exists():
        staged.replace(provenance.sidecar(path))
    remove_shards(path)
    return int(record["rows"]), provenance.recorded_findings(record)


def assemble(
    path: Path,
    encoder: CheckedEncoder,
    signatures: Mapping[str, str],
    store: ShardStore,
    findings: Iterable[Finding],
) -> EmbeddingTable:
    """Return the table of all finished rows, in the order of their sorted ids.

    Cells that are NaN or infinite become 0, as in the ``neuco-*`` protocols, and a
    finding says in which rows.

    Raises:
        CubeError: when no cube could be encoded.
    """
    found = tuple(findings)
    ids = tuple(cube_id for cube_id in sorted(signatures) if cube_id in store.rows)
    if not ids:
        first = f" The first: {found[0].message}" if found else ""
        raise CubeError(
            f"None of the {len(signatures)} cubes can be encoded; nothing was "
            f"written.{first} Run: neucobench data check CUBES"
        )
    values = np.stack([store.rows[cube_id].vector for cube_id in ids])
    bad = ~np.isfinite(values)
    if bad.any():
        values[bad] = 0
        found += (_not_finite(ids, bad.any(axis=1), int(bad.sum())),)
    record = provenance.make_record(encoder, signatures, found)
    return EmbeddingTable(
        ids=ids,
        values=values,
        name=path.stem,
        metadata=record | {"rows": str(len(ids))},
        findings=found,
    )


def _not_finite(ids: tuple[str, ...], rows: NDArray[np.bool_], cells: int) -> Finding:
    named = [cube_id for cube_id, bad in zip(ids, rows, strict=True) if bad]
    return Finding(
        code="non-finite-cells",
        level="warning",
        message=(
            f"{cells} cells that are no finite numbers were written as 0, in the rows "
            f"of {shorten(named)}."
        ),
        count=cells,
    )


def publish(table: EmbeddingTable, path: Path, store: ShardStore) -> None:
    """Write the file in the hidden folder, move it into place, remove the folder.

    The record of a CSV file follows the file: when the run is killed in between, the
    next one finds the record in the hidden folder.
    """
    finished = store.folder / path.name
    write_embeddings(table, finished)
    record = store.folder / _RECORD
    if path.suffix.lower() == ".csv":
        write_text(record, provenance.sidecar_text(finished, table.metadata))
    finished.replace(path)
    if record.exists():
        record.replace(provenance.sidecar(path))
    remove_shards(path)
