"""What a reader noticed about its input, to be judged by a protocol."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

Level = Literal["info", "warning", "error"]


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
