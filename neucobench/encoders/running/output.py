"""The embedding file that ``encode`` writes: when it may be, and how it appears.

Beside it go, for a CSV file, its record, and, where something was fitted, its state:
``a.csv.meta.json``, ``a.csv.state.safetensors`` and ``a.csv.state.json``. They wait in
the hidden folder and follow the file; when the run is killed in between, the next one
moves them.
"""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from neucobench.atomic import write_text
from neucobench.embeddings.files import ENDINGS, write_embeddings
from neucobench.embeddings.quantizers import STORAGES
from neucobench.embeddings.table import EmbeddingTable
from neucobench.encoders.reducers.state import Fitted, save_fitted
from neucobench.encoders.running import provenance
from neucobench.encoders.running.pipeline import Pipeline
from neucobench.encoders.running.shards import (
    open_folder,
    remove_folder,
    shard_folder,
)
from neucobench.errors import InputError, UnknownNameError, UsageError

_STAGED = "beside"


def check_output(path: Path, *, storage: str, inputs: Sequence[Path]) -> None:
    """Refuse a path that no embedding file can be written to.

    Args:
        path: the output.
        storage: how numbers are stored.
        inputs: what is read.

    Raises:
        UnknownNameError: when its ending, or the storage, is not known.
        UsageError: when a file of that kind cannot hold that storage.
        InputError: when it is a folder, or one of the inputs.
    """
    if path.suffix.lower() not in ENDINGS:
        raise UnknownNameError("embedding file ending", path.suffix, ENDINGS)
    if storage not in STORAGES:
        raise UnknownNameError("storage of vectors", storage, STORAGES)
    if path.suffix.lower() == ".csv" and storage != "float32":
        raise UsageError(
            f"{path} is a CSV file, which holds text and saves nothing by storing "
            f"{storage}; give --out a name that ends in .parquet or .npz."
        )
    if path.resolve() in [file.resolve() for file in inputs]:
        raise InputError(
            f"{path} is what is read, and would be lost; give --out another name."
        )
    if path.is_dir():
        raise InputError(f"{path} is a folder; give --out the name of a file.")


def state_files(path: Path) -> tuple[Path, Path]:
    """Return the two files of the fitted state beside an output."""
    stem = f"{path.name}.state"
    return path.with_name(f"{stem}.safetensors"), path.with_name(f"{stem}.json")


def existing_record(
    path: Path, pipeline: Pipeline, signatures: Mapping[str, str]
) -> Mapping[str, str]:
    """Return the record of an output that is complete already.

    Raises:
        InputError: when the file was made from other cubes, by another encoder, or
            nothing is known about it, or when another run is replacing it.
    """
    staged = shard_folder(path) / _STAGED
    record = provenance.read_record(
        path, provenance.sidecar(path), staged / provenance.sidecar(path).name
    )
    if record is None or not provenance.same_origin(record, pipeline, signatures):
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
    if staged.parent.exists():
        with open_folder(path):
            if not (staged.parent / path.name).exists():
                # The run that wrote the file was killed before these had followed it.
                _move_staged(staged, path)
            remove_folder(path)
    return record


def publish(
    table: EmbeddingTable, path: Path, folder: Path, fitted: Fitted | None
) -> None:
    """Write all files in the hidden folder, move them into place, remove the folder."""
    finished = folder / path.name
    staged = folder / _STAGED
    # What a killed run has left there belongs to another file.
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir()
    write_embeddings(table, finished)
    if path.suffix.lower() == ".csv":
        record = staged / provenance.sidecar(path).name
        write_text(record, provenance.sidecar_text(finished, table.metadata))
    if fitted is not None:
        save_fitted(staged / state_files(path)[1].name, fitted)
    for file in (provenance.sidecar(path), *state_files(path)):
        # Of an earlier output with this name.
        file.unlink(missing_ok=True)
    finished.replace(path)
    _move_staged(staged, path)
    remove_folder(path)


def _move_staged(staged: Path, path: Path) -> None:
    for file in sorted(staged.glob("*")):
        file.replace(path.with_name(file.name))
