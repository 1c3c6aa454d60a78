"""Download SSL4EO-S12-downstream from the hub, pinned, checked and resumable.

The first download into a folder resolves the revision to a commit and records it in
``download.json`` there; every later one takes the same commit, so that a folder never
mixes two states of the set. A file appears in its place only once its digest agrees.
"""

import json
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neucobench.atomic import hidden_path, remove_leftovers, write_text
from neucobench.data.bands import modality
from neucobench.data.cube import ENDING
from neucobench.data.remote import RemoteFile, RemoteSet
from neucobench.errors import DownloadError, UnknownNameError

REPOSITORY = "embed2scale/SSL4EO-S12-downstream"
# The state of the set at the time of the 2025 challenge: cubes in data_dev/ and
# data_eval/, no labels. It is the only commit whose digest was published; the present
# layout (data/, labels/) is younger, so that "main" is the default and gets pinned.
REVISIONS = {"challenge-2025": "5c5539acd6f42e2e3547ec816fcf577e3f6800fa"}
RECORD = "download.json"
_SCHEMA = "neucobench/download/1"
_LABELS = "labels"


@dataclass(frozen=True, kw_only=True)
class DownloadReport:
    """Say what a download did.

    Attributes:
        folder: where the files are.
        repository: the data set on the hub.
        commit: the commit that the folder holds.
        files: how many files were asked for.
        downloaded: how many were not there and came from the hub.
        kept: how many were there already, size and digest checked.
        replaced: how many were there with other bytes and came from the hub again.
    """

    folder: Path
    repository: str
    commit: str
    files: int
    downloaded: int
    kept: int
    replaced: int

    def as_dict(self) -> dict[str, Any]:
        """Return the report as one JSON object."""
        return {**vars(self), "folder": str(self.folder)}


def download(
    folder: Path,
    *,
    modalities: Sequence[str] | None = None,
    labels_only: bool = False,
    revision: str | None = None,
    repository: str = REPOSITORY,
    endpoint: str | None = None,
    workers: int = 8,
    advance: Callable[[int, int], None] | None = None,
) -> DownloadReport:
    """Download cubes and labels into ``folder``; what is there and whole is kept.

    Files keep their paths: ``data/<modality>/part-000000/<id>.zarr.zip`` and
    ``labels/<task>__<type>.csv``.

    Args:
        folder: the destination, made where it is missing.
        modalities: the ones wanted (the labels come along); all by default.
        labels_only: whether to leave the cubes away.
        revision: a branch, tag, commit, or a name in `REVISIONS`; by default the commit
            that the folder's ``download.json`` names, else ``main``.
        repository: the data set on the hub.
        endpoint: the hub's address; by default ``HF_ENDPOINT``, else the public hub.
        workers: how many files are fetched at a time.
        advance: called with how many files are done, and of how many.

    Raises:
        DownloadError: when the hub cannot be reached, does not have what is wanted, or
            sends other bytes than it lists; what is whole stays, and the same call
            goes on from there.
        UnknownNameError: when a modality is not known.
        OSError: when the disk is full or the folder cannot be written.
    """
    names = None if modalities is None else {modality(name).name for name in modalities}
    remote = RemoteSet(repository, endpoint=endpoint)
    commit = _pin(folder, remote, revision)
    files = _select(remote, commit, names, labels_only=labels_only)
    remove_leftovers(folder)
    staging = hidden_path(folder / "download")
    staging.mkdir()
    counts = {"downloaded": 0, "kept": 0, "replaced": 0}
    pool = ThreadPoolExecutor(workers)
    try:
        jobs = [
            pool.submit(_bring, remote, commit, file, folder, staging) for file in files
        ]
        for done, job in enumerate(as_completed(jobs), 1):
            counts[job.result()] += 1
            if advance:
                advance(done, len(files))
    finally:
        pool.shutdown(cancel_futures=True)
        shutil.rmtree(staging, ignore_errors=True)
    return DownloadReport(
        folder=folder,
        repository=repository,
        commit=commit,
        files=len(files),
        **counts,
    )


def _pin(folder: Path, remote: RemoteSet, revision: str | None) -> str:
    """Return the commit for this folder, and record it when it is the first."""
    recorded = _recorded(folder, remote.repository)
    if revision is None and recorded:
        return recorded
    asked = revision or "main"
    commit = remote.commit(REVISIONS.get(asked, asked))
    if recorded and commit != recorded:
        raise DownloadError(
            f"{folder} holds files of commit {recorded}, and {asked!r} is {commit}; "
            "download that into another folder, or leave --revision away."
        )
    if not recorded:
        record = {
            "schema": _SCHEMA,
            "repository": remote.repository,
            "commit": commit,
            "revision": asked,
        }
        write_text(folder / RECORD, json.dumps(record, indent=2) + "\n")
    return commit


def _recorded(folder: Path, repository: str) -> str | None:
    path = folder / RECORD
    if not path.exists():
        return None
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        found, commit = record["repository"], str(record["commit"])
    except (ValueError, KeyError, TypeError) as error:
        raise DownloadError(
            f"{path} does not say which commit the folder holds; remove it, and the "
            "next download checks every file against the revision that you give."
        ) from error
    if found != repository:
        raise DownloadError(
            f"{folder} holds files of {found}; download {repository} into another "
            "folder."
        )
    return commit


def _select(
    remote: RemoteSet, commit: str, names: set[str] | None, *, labels_only: bool
) -> list[RemoteFile]:
    top = remote.folders(commit)
    files: list[RemoteFile] = []
    if _LABELS in top:
        files += [
            file for file in remote.files(commit, _LABELS) if file.path.endswith(".csv")
        ]
    elif labels_only:
        raise DownloadError(
            f"{remote.repository} at {commit} has no folder {_LABELS!r}, only "
            f"{', '.join(top) or 'none'}; choose another revision."
        )
    if labels_only:
        return files
    found = _modality_folders(remote, commit, top)
    lacking = sorted((names or set()) - set(found.values()))
    if lacking or not found:
        raise DownloadError(
            f"{remote.repository} at {commit} has no cubes of "
            f"{', '.join(lacking) or 'any modality'}, only "
            f"{', '.join(found) or 'other files'}; choose another revision."
        )
    for path, name in found.items():
        if names is None or name in names:
            files += [
                file for file in remote.files(commit, path) if _is_cube(file.path)
            ]
    return files


def _modality_folders(
    remote: RemoteSet, commit: str, top: Sequence[str]
) -> dict[str, str]:
    """Return the folders that hold cubes, path to modality."""
    # Before the present layout the cubes lay in data_dev/ and data_eval/; a few copies
    # for looking at lie in data_example/.
    early = [
        name for name in top if name.startswith("data_") and name != "data_example"
    ]
    found = {}
    for base in ["data"] if "data" in top else early:
        for path in remote.folders(commit, base):
            try:
                found[path] = modality(path.rpartition("/")[2].lower()).name
            except UnknownNameError:
                continue
    return found


def _is_cube(path: str) -> bool:
    return path.endswith(ENDING)


def _bring(
    remote: RemoteSet, commit: str, file: RemoteFile, folder: Path, staging: Path
) -> str:
    """Put one file in its place; return which count it belongs to."""
    target = folder / file.path
    known = target.exists()
    if known and file.matches(target):
        return "kept"
    arrived = remote.fetch(file, commit, staging)
    target.parent.mkdir(parents=True, exist_ok=True)
    arrived.replace(target)
    return "replaced" if known else "downloaded"
