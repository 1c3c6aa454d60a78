"""Where an embedding file comes from: the cubes' digest, and the record of a file.

The record is text beside the vectors: the encoder with its version and options, what
was read, and a digest of the cubes. Parquet and npz files carry it inside; a CSV file
has no place for it and gets a small file beside it, ``<name>.csv.meta.json``, which
holds the CSV file's SHA-256, so that a CSV file that was changed since is noticed.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from neucobench import __version__
from neucobench.data.dataset import CubeFolder
from neucobench.data.zipped import ZipArchive
from neucobench.embeddings.files import read_embeddings
from neucobench.embeddings.parquet import read_metadata
from neucobench.encoders.running.overlap import any_known
from neucobench.encoders.running.pipeline import Pipeline
from neucobench.encoders.running.shards import digest
from neucobench.errors import CubeError, EmbeddingError
from neucobench.findings import SYNTHETIC_PREFIX, Finding

SIDECAR_SCHEMA = "neucobench/embedding-record/1"
_SIGNED_AT_ONCE = 4096


def sign_file(path: Path) -> str:
    """Return a digest of what a cube's file holds, without reading the pixels.

    It covers the name, the size and the CRC-32 of each entry of the zip file, and so
    follows the content: a copy, or the same cube written again, has the same one. A
    file that is no zip file gets a digest of its size and time.
    """
    try:
        with ZipArchive(path) as archive:
            entries = [
                f"{name}\t{archive.entry(name).size}\t{archive.entry(name).crc}"
                for name in sorted(archive)
            ]
    except CubeError:
        entries = ["damaged", *_size_and_time(path)]
    return digest(entries)


def _size_and_time(path: Path) -> list[str]:
    try:
        status = path.stat()
    except OSError:
        return ["missing"]
    return [str(status.st_size), str(status.st_mtime_ns)]


def sign_cube(files: Mapping[str, Path]) -> str:
    """Return a digest of the files of one cube, modality name to path."""
    return digest(f"{name}\t{sign_file(path)}" for name, path in sorted(files.items()))


def sign_cubes(
    folder: CubeFolder, modalities: Sequence[str], *, workers: int
) -> dict[str, str]:
    """Return the signature of each cube by id, in the order of the ids.

    Args:
        folder: the cubes.
        modalities: the ones whose files count; none: all there are.
        workers: threads that look at files.
    """

    def sign(cube_id: str) -> str:
        files = folder.files(cube_id)
        wanted = modalities or files
        return sign_cube({name: files[name] for name in wanted if name in files})

    signatures: dict[str, str] = {}
    with ThreadPoolExecutor(workers) as pool:
        # Part by part: a task that waits takes two kilobytes.
        for start in range(0, len(folder.ids), _SIGNED_AT_ONCE):
            part = folder.ids[start : start + _SIGNED_AT_ONCE]
            signatures |= zip(part, pool.map(sign, part), strict=True)
    return signatures


def cube_digest(signatures: Mapping[str, str]) -> str:
    """Return the digest of a set of cubes, id to signature."""
    return digest(f"{key}\t{value}" for key, value in sorted(signatures.items()))


def make_record(
    pipeline: Pipeline, signatures: Mapping[str, str], findings: Iterable[Finding]
) -> dict[str, str]:
    """Return the record of a run, as it stands in the metadata of the file."""
    record = _origin(pipeline, signatures)
    record["cubes"] = str(len(signatures))
    record["findings"] = json.dumps([finding.as_dict() for finding in findings])
    record["neucobench"] = __version__
    if any(cube_id.startswith(SYNTHETIC_PREFIX) for cube_id in signatures):
        record["synthetic"] = "true"
    return record


def same_origin(
    record: Mapping[str, str], pipeline: Pipeline, signatures: Mapping[str, str]
) -> bool:
    """Tell whether ``record`` is of this pipeline and these cubes."""
    expected = _origin(pipeline, signatures)
    same = record.get("storage", "float32") == pipeline.storage
    return same and all(record.get(key) == value for key, value in expected.items())


def _origin(pipeline: Pipeline, signatures: Mapping[str, str]) -> dict[str, str]:
    cubes = cube_digest(signatures)
    # A state that was fitted on some of these cubes is no less transductive.
    about = {} if pipeline.state is None else pipeline.state.about
    fitted_ids = str(about.get("fitted_ids", ""))
    learned_here = pipeline.learns or any_known(fitted_ids, signatures)
    return pipeline.describe() | {
        "cube_digest": cubes,
        "transductive": "true" if learned_here else "false",
    }


def recorded_findings(record: Mapping[str, str]) -> tuple[Finding, ...]:
    """Return the findings that a record holds."""
    return tuple(Finding(**item) for item in json.loads(record.get("findings", "[]")))


def sidecar(path: Path) -> Path:
    """Return the path of the record beside a CSV file."""
    return path.with_name(f"{path.name}.meta.json")


def sidecar_text(path: Path, record: Mapping[str, str]) -> str:
    """Return the text of the record of the CSV file at ``path``."""
    document = {
        "schema": SIDECAR_SCHEMA,
        "sha256": _file_digest(path),
        "metadata": dict(record),
    }
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def read_record(path: Path, *records: Path) -> Mapping[str, str] | None:
    """Return the record of a complete embedding file, or None when there is none.

    Args:
        path: the embedding file.
        *records: where the record of a CSV file may lie, in this order.
    """
    if path.suffix.lower() != ".csv":
        return _metadata(path)
    digest = _file_digest(path)
    for file in records:
        document = _read_json(file)
        if document.get("sha256") == digest:
            metadata = document.get("metadata")
            return metadata if isinstance(metadata, dict) else None
    return None


def _metadata(path: Path) -> Mapping[str, str] | None:
    try:
        if path.suffix.lower() == ".parquet":
            # The footer is written last: with it, the file is whole.
            return read_metadata(path)
        return read_embeddings(path).metadata
    except EmbeddingError:
        return None


def _read_json(path: Path) -> dict[str, object]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}


def _file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
