"""Who moves whom on a phase's board, made once for each of its revisions."""

from neucobench.reports.influence_view import InfluenceView, influence_view
from neucobench.server.boards.standing import cache_of, standing
from neucobench.server.challenges.phases import PhaseRecord
from neucobench.server.context import Context


def influence_of(
    context: Context, phase: PhaseRecord, *, rule: str | None = None
) -> InfluenceView | None:
    """Return who changes places when an entry is left out, as far as that is revealed.

    It is made from what the board shows; None where that does not say.

    Raises:
        NotFound: when there is no such rule.
        NotAllowed: when the phase does not reveal what the rule needs.
    """
    board = standing(context, phase, rule=rule).board
    key = ("influence", phase.id, phase.revision, board.rule)
    return cache_of(context).get(key, lambda: influence_view(board))
