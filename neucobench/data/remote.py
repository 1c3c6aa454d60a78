"""Talk to a data set on the Hugging Face hub, and turn its errors into sentences."""

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Self

from neucobench.errors import DownloadError

if TYPE_CHECKING:
    from huggingface_hub import HfApi

_PIECE = 2**20
# What this machine's disk says, not the hub: these errors pass through as they are.
_LOCAL = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO}
)


@dataclass(frozen=True, kw_only=True)
class RemoteFile:
    """Describe one file of a data set as the hub lists it.

    Attributes:
        path: its path in the data set, with ``/``.
        size: its length in bytes.
        sha256: its SHA-256 where it is stored in LFS, else None.
        blob: the SHA-1 of its git blob, for files that are stored in git itself.
    """

    path: str
    size: int
    sha256: str | None
    blob: str

    def matches(self, local: Path) -> bool:
        """Tell whether a local file has this size and this digest."""
        if not local.is_file() or local.stat().st_size != self.size:
            return False
        if self.sha256 is not None:
            return _digest(local, hashlib.sha256()) == self.sha256
        header = hashlib.sha1(f"blob {self.size}\0".encode(), usedforsecurity=False)
        return _digest(local, header) == self.blob


class RemoteSet:
    """Hold the address of one data set; every method asks the hub.

    Args:
        repository: its name on the hub, ``"owner/name"``.
        endpoint: the hub's address; by default ``HF_ENDPOINT``, else the public hub.
    """

    def __init__(self, repository: str, *, endpoint: str | None = None) -> None:
        self.repository = repository
        self.endpoint = endpoint or os.environ.get("HF_ENDPOINT") or None

    def commit(self, revision: str) -> str:
        """Return the commit that a branch, tag or commit stands for.

        Raises:
            DownloadError: when there is none, or the hub cannot be reached.
        """
        with self._sentences(revision):
            found = self._api().dataset_info(self.repository, revision=revision).sha
        if not found:
            raise DownloadError(
                f"The hub does not say which commit {revision!r} of {self.repository} "
                "is; give a commit with --revision."
            )
        return found

    def folders(self, commit: str, below: str = "") -> list[str]:
        """Return the paths of the folders directly in a folder, sorted.

        Raises:
            DownloadError: when the hub cannot be reached or the folder is not there.
        """
        from huggingface_hub.hf_api import RepoFolder

        return sorted(
            item.path
            for item in self._tree(commit, below, recursive=False)
            if isinstance(item, RepoFolder)
        )

    def files(self, commit: str, below: str) -> list[RemoteFile]:
        """Return all files below a folder, sorted by path.

        Raises:
            DownloadError: when the hub cannot be reached, the folder is not there, or
                a path leads out of it.
        """
        from huggingface_hub.hf_api import RepoFile

        found = []
        for item in self._tree(commit, below, recursive=True):
            if isinstance(item, RepoFile):
                _require_inside(item.path, below)
                digest = item.lfs.sha256 if item.lfs else None
                found.append(
                    RemoteFile(
                        path=item.path,
                        size=item.size,
                        sha256=digest,
                        blob=item.blob_id,
                    )
                )
        return sorted(found, key=lambda file: file.path)

    def fetch(self, file: RemoteFile, commit: str, folder: Path) -> Path:
        """Download one file below ``folder`` and return where it is; check its digest.

        Raises:
            DownloadError: when the hub cannot be reached or sends other bytes.
            OSError: when the file cannot be written.
        """
        from huggingface_hub import hf_hub_download

        silent: Any = _NoBar
        with self._sentences(commit):
            place = hf_hub_download(
                self.repository,
                file.path,
                repo_type="dataset",
                revision=commit,
                local_dir=folder,
                endpoint=self.endpoint,
                library_name="neucobench",
                tqdm_class=silent,
            )
        local = Path(place)
        if not file.matches(local):
            local.unlink()
            raise DownloadError(
                f"{file.path}: what arrived is not what the hub lists "
                f"({file.size:,} bytes, digest {file.sha256 or file.blob}); it was "
                "removed. Run the same command again."
            )
        return local

    def _tree(self, commit: str, below: str, *, recursive: bool) -> Iterator[Any]:
        with self._sentences(commit):
            yield from self._api().list_repo_tree(
                self.repository,
                path_in_repo=below or None,
                recursive=recursive,
                revision=commit,
                repo_type="dataset",
            )

    def _api(self) -> "HfApi":
        from huggingface_hub import HfApi

        return HfApi(endpoint=self.endpoint, library_name="neucobench")

    @contextmanager
    def _sentences(self, revision: str) -> Iterator[None]:
        from huggingface_hub import errors

        where = self.endpoint or "the Hugging Face hub"
        try:
            yield
        except errors.RevisionNotFoundError as error:
            raise DownloadError(
                f"{self.repository} has no revision {revision!r} on {where}; give a "
                "branch, a tag or a commit of it, or leave --revision away."
            ) from error
        except errors.RepositoryNotFoundError as error:
            raise DownloadError(
                f"{where} has no data set {self.repository!r}, or it is private; check "
                "the address, or log in with: hf auth login."
            ) from error
        except errors.EntryNotFoundError as error:
            if isinstance(error, errors.LocalEntryNotFoundError):
                raise DownloadError(_unreachable(where, error)) from error
            raise DownloadError(
                f"{self.repository} at {revision} lacks a file or folder that it "
                f"should have ({_first_line(error)}); choose another revision."
            ) from error
        # The hub's client has changed its network library twice (requests, httpx,
        # httpx2), each with exceptions of its own.
        except Exception as error:
            if isinstance(error, OSError) and error.errno in _LOCAL:
                raise
            raise DownloadError(_unreachable(where, error)) from error


class _NoBar:
    """Stand in for a progress bar: the caller shows the progress of all files."""

    def __init__(self, *_args: Any, **_options: Any) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        pass

    def update(self, count: float | None = 1) -> None:
        """Take note of ``count`` more bytes, and show nothing."""


def _unreachable(where: str, error: Exception) -> str:
    return (
        f"{where} cannot be reached, or broke off ({_first_line(error)}); check the "
        "connection and run the same command again: it goes on where it was."
    )


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


def _require_inside(path: str, below: str) -> None:
    parts = PurePosixPath(path).parts
    start = PurePosixPath(below).parts
    if parts[: len(start)] != start or ".." in parts or "\\" in path:
        raise DownloadError(
            f"The hub lists {path!r} below {below!r}; nothing is written outside of "
            "the folder, so this data set is not downloaded."
        )


def _digest(path: Path, digest: "hashlib._Hash") -> str:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()
