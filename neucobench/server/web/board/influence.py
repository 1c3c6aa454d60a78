"""Who changes places on a board when an entry is left out."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import Response

from neucobench.reports.influence_view import InfluenceView
from neucobench.server.accounts.requests import context_of
from neucobench.server.boards.influence import influence_of
from neucobench.server.challenges.phases import PhaseRecord, phase_of
from neucobench.server.web.board.view import RULE_TITLES, heading
from neucobench.server.web.rendering import page

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, kw_only=True)
class InfluencePageView:
    """Hold what the page says; ``influence`` is None where the board shows too little.

    Attributes:
        phase: the phase.
        heading: of the phase.
        rule: the title of the rule.
        influence: who moves whom.
    """

    phase: PhaseRecord
    heading: str
    rule: str
    influence: InfluenceView | None


@router.get("/phases/{key}/influence")
def influence_page(request: Request, key: str, rule: str = "") -> Response:
    """Return who moves whom, made from nothing but what the board shows."""
    context = context_of(request)
    phase = phase_of(context, key)
    found = influence_of(context, phase, rule=rule or None)
    view = InfluencePageView(
        phase=phase,
        heading=heading(phase),
        rule=RULE_TITLES[rule or phase.card.rule],
        influence=found,
    )
    return page(request, "influence_page.html", view, section="challenges")
