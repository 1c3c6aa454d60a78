"""What the rules of a board do, as a column title and a sentence beside it."""

from dataclasses import dataclass
from typing import Literal

from neucobench.errors import UnknownNameError


@dataclass(frozen=True, kw_only=True)
class RuleText:
    """Explain one rule.

    Attributes:
        score_name: the title of the score column.
        sentence: how the score is made, and which end is better.
        better: ``"ascending"`` when smaller is better, else ``"descending"``.
        digits: digits after the point that tell entries apart.
    """

    score_name: str
    sentence: str
    better: Literal["ascending", "descending"]
    digits: int


_RULES = {
    "weighted": RuleText(
        score_name="Weighted rank",
        sentence="Score: the ranks by Q in the single tasks, summed with weights. A "
        "task weighs more the more its Q differs between the methods. Smaller is "
        "better; 1 means first in every task.",
        better="ascending",
        digits=3,
    ),
    "uniform": RuleText(
        score_name="Average rank",
        sentence="Score: the ranks by Q in the single tasks, averaged with equal "
        "weights. Smaller is better; 1 means first in every task.",
        better="ascending",
        digits=3,
    ),
    "mean-q": RuleText(
        score_name="Score",
        sentence="Score: Q averaged over the tasks. Larger is better; 100 is the "
        "maximum.",
        better="descending",
        digits=2,
    ),
    "borda": RuleText(
        score_name="Borda points",
        sentence="Score: in each task, one point for every method beaten and half a "
        "point for every one tied, by Q; summed over the tasks. Larger is better.",
        better="descending",
        digits=1,
    ),
}


def rule_text(rule: str) -> RuleText:
    """Return the text of a rule.

    Raises:
        UnknownNameError: when there is no such rule.
    """
    if rule not in _RULES:
        raise UnknownNameError("rule", rule, _RULES)
    return _RULES[rule]
