"""What a visitor asks a board to show; the address says all of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import urlencode

Order = Literal["ascending", "descending"]
ONLY = {
    "all": "all entries",
    "ranked": "without baselines",
    "verified": "verified",
    "not-transductive": "not transductive",
}

_LONGEST_FIND = 80


@dataclass(frozen=True, kw_only=True)
class BoardQuery:
    """Hold a view of a board; what equals the start is left out of the address.

    Attributes:
        rule: how scores become ranks; "" is the board's official one.
        sort: the key of a column.
        order: ``"ascending"``, ``"descending"``, or "" for the column's own.
        find: part of a method's or a team's name.
        only: which entries; a key of ``ONLY``.
    """

    rule: str = ""
    sort: str = "rank"
    order: str = ""
    find: str = ""
    only: str = "all"

    @property
    def address(self) -> str:
        """Return the query, with its question mark, or nothing at the start."""
        start = BoardQuery()
        pairs = {
            name: value
            for name, value in vars(self).items()
            if value != getattr(start, name)
        }
        return f"?{urlencode(pairs)}" if pairs else ""

    @property
    def filtered(self) -> bool:
        """Tell whether entries are left out."""
        return bool(self.find) or self.only != "all"

    def sorted_by(self, key: str, order: Order) -> "BoardQuery":
        """Return the same view in another order."""
        return replace(self, sort=key, order=order)

    def under(self, rule: str) -> "BoardQuery":
        """Return the same view under another rule."""
        return replace(self, rule=rule)


def board_query(given: Mapping[str, str]) -> BoardQuery:
    """Return the view that an address asks for; what it misspells is ignored."""
    only = given.get("only", "all")
    order = given.get("order", "")
    return BoardQuery(
        rule=given.get("rule", "")[:40],
        sort=given.get("sort", "")[:120] or "rank",
        order=order if order in ("ascending", "descending") else "",
        find=given.get("find", "").strip()[:_LONGEST_FIND],
        only=only if only in ONLY else "all",
    )
