"""What a reader noticed about its input, to be judged by a protocol."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

Level = Literal["info", "warning", "error"]

SYNTHETIC = "synthetic"
SYNTHETIC_PREFIX = "synthetic-"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """State one observation about an input; nothing is repaired silently.

    Attributes:
        code: a stable, hyphenated name, e.g. ``"missing-ids"``.
        level: ``"info"``, ``"warning"`` or ``"error"``.
        message: a sentence for the user.
        task: the task it concerns, or None for the whole input.
        count: how many rows, cells or files it concerns.
    """

    code: str
    level: Level
    message: str
    task: str | None = None
    count: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Return the finding as it stands in ``evaluation.json``."""
        return asdict(self)


def synthetic_findings(ids: Iterable[str]) -> list[Finding]:
    """Return a finding when some ids are those of made-up cubes, of a sample world."""
    count = sum(id_.startswith(SYNTHETIC_PREFIX) for id_ in ids)
    if not count:
        return []
    message = "The cubes are synthetic: the scores say nothing about real data."
    return [Finding(code=SYNTHETIC, level="info", message=message, count=count)]
