"""The process that opens one uploaded file, so that the server never does.

It reads an order from standard input, limits itself, and writes one JSON document to
standard output. It has no part in the database, the secret or the labels::

    python -P -m neucobench.server.submissions.check_file < order > answer
"""

import json
import resource
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

MOST_FINDINGS = 50
LONGEST_MESSAGE = 2000
OUT_OF_MEMORY = "memory"
_STATM = Path("/proc/self/statm")


def main() -> None:
    """Answer the order on standard input."""
    order = json.load(sys.stdin)
    _limit(cpu_seconds=order["cpu_seconds"])
    try:
        answer = _check(order)
    except MemoryError:
        answer = {"refused": OUT_OF_MEMORY}
    json.dump(answer, sys.stdout, allow_nan=False)


def _check(order: dict[str, Any]) -> dict[str, Any]:
    """Return what is to be said about a file, with the participant's name for it."""
    from neucobench.embeddings.check import check_table
    from neucobench.embeddings.files import read_embeddings
    from neucobench.embeddings.id_list import read_id_list
    from neucobench.embeddings.storage import bytes_per_vector
    from neucobench.errors import InputError

    path = Path(order["path"])
    expected = read_id_list(Path(order["ids"]))
    _load_reader(path)
    _limit_memory(order["memory"])
    try:
        table = read_embeddings(path, strict=order["strict"])
        findings = check_table(
            table,
            expected_ids=expected,
            dims=order["dims"],
            max_bytes=order["max_vector_bytes"],
            hidden_rows=True,
            name_ids=order["name_ids"],
        )
    except InputError as error:
        if isinstance(error.__cause__, MemoryError):
            return {"refused": OUT_OF_MEMORY}
        return {"refused": "unreadable", "message": _shown(str(error), order)}
    shown = [finding.as_dict() for finding in (*table.findings, *findings)]
    shown.sort(key=lambda finding: finding["level"] != "error")
    for finding in shown:
        finding["message"] = _shown(finding["message"], order)
    return {
        "rows": table.rows,
        "dims": table.dims,
        "bytes_per_vector": bytes_per_vector(table),
        "findings": shown[:MOST_FINDINGS],
    }


def _shown(message: str, order: dict[str, Any]) -> str:
    """Return a message with the participant's name of the file, not our path."""
    path = Path(order["path"])
    for ours in (str(path), path.name, path.stem):
        message = message.replace(ours, order["file_name"])
    return message[:LONGEST_MESSAGE]


def _load_reader(path: Path) -> None:
    """Load what will read the file, so that the limit is on the file's own needs."""
    import numpy  # noqa: F401

    if path.suffix == ".csv":
        from neucobench.embeddings import csv_reader  # noqa: F401
    elif path.suffix == ".parquet":
        from neucobench.embeddings import parquet  # noqa: F401
    else:
        from neucobench.embeddings import npz  # noqa: F401


def _limit(*, cpu_seconds: int) -> None:
    """Allow so much work, no core file, and no writing to any file."""
    limits = (
        # The first ends it by a signal that says why, the second by force.
        (resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 5)),
        (resource.RLIMIT_CORE, (0, 0)),
        (resource.RLIMIT_FSIZE, (0, 0)),
    )
    for kind, bounds in limits:
        # A system that has set less is obeyed.
        with suppress(ValueError, OSError):
            resource.setrlimit(kind, bounds)


def _limit_memory(more: int) -> None:
    """Allow so many bytes beyond what the loaded code takes."""
    taken = 2**30
    if _STATM.exists():
        pages = int(_STATM.read_text(encoding="ascii").split()[0])
        taken = pages * resource.getpagesize()
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (taken + more, taken + more))


if __name__ == "__main__":
    main()
