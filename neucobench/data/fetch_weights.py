"""Fetch published weights from the hub or by https, pinned, checked and kept.

Files of the hub stay in its own cache (``HF_HOME``). Others are kept in
``~/.cache/neucobench``, or in the folder that ``NEUCOBENCH_CACHE`` names, under the
name of their digest. What arrives is used only when its SHA-256 is that on the card.
"""

import errno
import hashlib
import os
import shutil
from http.client import HTTPException
from pathlib import Path
from typing import Protocol
from urllib.request import urlopen

from neucobench.atomic import whole_file
from neucobench.errors import DownloadError

CACHE_VARIABLE = "NEUCOBENCH_CACHE"
_SECONDS = 60.0
# What this machine's disk says, not the other side: these errors pass through.
_LOCAL = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO}
)


class WeightsSource(Protocol):
    """Say where weights are published, as a card does: on the hub, or at a url."""

    @property
    def repo(self) -> str | None:
        """Return the repository on the hub, or None."""

    @property
    def url(self) -> str | None:
        """Return the https address, or None; then the digest is known."""

    @property
    def file(self) -> str:
        """Return the path in the repository, or the file's name."""

    @property
    def revision(self) -> str | None:
        """Return the commit that is meant; None: the newest."""

    @property
    def sha256(self) -> str | None:
        """Return the digest or its start, where it is known."""

    @property
    def address(self) -> str:
        """Return the place, for people."""


def download_weights(name: str, source: WeightsSource) -> Path:
    """Return the file that ``source`` names, from the cache where it is there already.

    Args:
        name: the encoder's or the codec's name, for the messages.
        source: the address on its card.

    Raises:
        DownloadError: when it cannot be reached, or has another digest.
        OSError: when the cache cannot be written.
    """
    if source.repo is not None:
        path = _from_hub(name, source)
        _check(
            name, source, path, remedy=f"Remove {path} and run the same command again"
        )
        return path
    path = cached_path(source)
    if path.exists():
        _check(
            name, source, path, remedy=f"Remove {path} and run the same command again"
        )
    else:
        with whole_file(path) as hidden:
            _from_address(name, source, hidden)
            _check(name, source, hidden, remedy="Run the same command again")
    return path


def cached_path(source: WeightsSource) -> Path:
    """Return where a file that is fetched by its address is kept."""
    return cache_folder() / "weights" / f"{source.sha256}-{Path(source.file).name}"


def cache_folder() -> Path:
    """Return the folder of what can be fetched or computed again."""
    folder = os.environ.get(CACHE_VARIABLE)
    return Path(folder) if folder else Path.home() / ".cache" / "neucobench"


def _from_hub(name: str, source: WeightsSource) -> Path:
    from huggingface_hub import hf_hub_download

    try:
        return Path(
            hf_hub_download(
                str(source.repo),
                source.file,
                revision=source.revision,
                endpoint=os.environ.get("HF_ENDPOINT") or None,
                library_name="neucobench",
            )
        )
    # The hub's client has changed its network library twice, each with exceptions of
    # its own.
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _LOCAL:
            raise
        raise _unreachable(name, source, error) from error


def _from_address(name: str, source: WeightsSource, path: Path) -> None:
    address = str(source.url)
    try:
        # The card's model accepts https addresses alone.
        with urlopen(address, timeout=_SECONDS) as answer, path.open("wb") as file:  # noqa: S310
            shutil.copyfileobj(answer, file)
    except (OSError, HTTPException, ValueError) as error:
        if isinstance(error, OSError) and error.errno in _LOCAL:
            raise
        raise _unreachable(name, source, error) from error


def _check(name: str, source: WeightsSource, path: Path, *, remedy: str) -> None:
    """Refuse a file whose digest is not the card's; a card may know its start alone."""
    if source.sha256 is None:
        return
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if not digest.startswith(source.sha256):
        raise DownloadError(
            f"The weights of {name!r} from {source.address} have the SHA-256 {digest}, "
            f"and the card says {source.sha256}; they are not used. {remedy}, or give "
            "a file that you trust with --weights FILE."
        )


def _unreachable(name: str, source: WeightsSource, error: Exception) -> DownloadError:
    lines = str(error).strip().splitlines() or [""]
    return DownloadError(
        f"The weights of {name!r} cannot be fetched from {source.address} "
        f"({type(error).__name__}: {lines[0]}). Check the connection, or fetch the "
        "file elsewhere and give it with --weights FILE."
    )
