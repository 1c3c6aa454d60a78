"""Whether a state was fitted on any of the cubes that it is used for."""

import hashlib
from base64 import b64decode, b64encode
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray


def fingerprints(ids: Iterable[str]) -> str:
    """Return 8 bytes of the SHA-256 of each id, sorted, as base64 text."""
    return b64encode(_hashes(ids).astype("<u8").tobytes()).decode()


def any_known(text: str, ids: Iterable[str]) -> bool:
    """Tell whether any of ``ids`` is among those of ``fingerprints``.

    Ids are compared and not pixels: the same place counts as the same cube, whatever
    was read of it.
    """
    known = np.frombuffer(b64decode(text), "<u8")
    return bool(np.isin(_hashes(ids), known).any())


def _hashes(ids: Iterable[str]) -> NDArray[np.uint64]:
    digests = (
        hashlib.sha256(cube_id.encode("utf-8", "surrogateescape")).digest()[:8]
        for cube_id in ids
    )
    return np.sort(np.frombuffer(b"".join(digests), "<u8"))
