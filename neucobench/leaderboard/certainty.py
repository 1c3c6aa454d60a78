"""What a board knows about how sure it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Interval = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Group:
    """Hold entries that cannot be told apart.

    Attributes:
        letter: ``"a"`` for the group at the top, then ``"b"``, after ``"z"`` ``"aa"``.
        methods: its entries, in the order of the board.
    """

    letter: str
    methods: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Certainty:
    """Hold the intervals and groups of a board; every interval is one of 95 %.

    Attributes:
        reason: why there are no intervals of ranks and no groups, as a sentence; empty
            where there are.
        mean_q: method to the interval of its mean Q, over the tasks.
        folds: method to task to the interval of Q, over the folds; where fold scores
            are known.
        groups: the entries that cannot be told apart, from the top; they may overlap.
    """

    reason: str = ""
    mean_q: Mapping[str, Interval] = field(default_factory=dict)
    folds: Mapping[str, Mapping[str, Interval]] = field(default_factory=dict)
    groups: tuple[Group, ...] = ()

    def letters(self, method: str) -> str:
        """Return the groups of an entry: ``"b"``, ``"a–c"``, or nothing.

        The groups of one entry follow each other.
        """
        own = [group.letter for group in self.groups if method in group.methods]
        if len(own) > 1:
            return f"{own[0]}–{own[-1]}"
        return own[0] if own else ""


def group_letter(number: int) -> str:
    """Return the letter of a group, counted from 0: a to z, then aa, ab, and so on."""
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("a") + rest) + letters
    return letters
