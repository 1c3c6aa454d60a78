"""``GET /challenges`` and ``GET /phases/{phase}``: what there is, and its rules."""

from fastapi import APIRouter
from sqlalchemy import select
from starlette.responses import PlainTextResponse

from neucobench.server.api.asking import (
    ANYONE,
    MaybeVisitor,
    Phase,
    Server,
    refusals,
)
from neucobench.server.api.describe import describe_phase, summarize_phase
from neucobench.server.api.documents import (
    AnnouncementDocument,
    ChallengeDocument,
    PhaseDocument,
)
from neucobench.server.challenges.phases import PhaseRecord, list_phases
from neucobench.server.clock import stamp
from neucobench.server.context import Context
from neucobench.server.refusals import NotAllowed
from neucobench.server.tables import Announcement, Challenge

router = APIRouter(tags=["challenges"])


@router.get("/challenges")
def list_challenges(context: Server) -> list[ChallengeDocument]:
    """List the challenges of this server with their phases and announcements."""
    by_challenge: dict[str, list[PhaseRecord]] = {}
    for phase in list_phases(context):
        by_challenge.setdefault(phase.challenge, []).append(phase)
    announced = _announcements(context)
    return [
        ChallengeDocument(
            challenge=name,
            title=phases[0].title,
            description=phases[0].card.description,
            suite=phases[0].card.suite,
            protocol=phases[0].card.protocol,
            rule=phases[0].card.rule,
            archived=phases[0].archived,
            phases=[summarize_phase(context, phase) for phase in phases],
            announcements=announced.get(name, []),
        )
        for name, phases in by_challenge.items()
    ]


@router.get("/phases/{phase}", responses=refusals(401, 404), openapi_extra=ANYONE)
def read_phase(phase: Phase, context: Server, visitor: MaybeVisitor) -> PhaseDocument:
    """Say where a phase stands, what its rules are, and what one's team has left."""
    return describe_phase(context, phase, visitor)


@router.get(
    "/phases/{phase}/ids",
    response_class=PlainTextResponse,
    responses=refusals(403, 404),
)
def list_ids(phase: Phase) -> str:
    """List the ids that a submission must cover, one in each line.

    Where a phase does not name its ids (403), the cubes that were handed out are what
    a submission covers.
    """
    if not phase.rules.names_ids:
        raise NotAllowed(
            f"The phase {phase.key!r} does not say which cubes are scored; cover all "
            "of those that the hosts have handed out."
        )
    return phase.ids.read_text(encoding="utf-8")


def _announcements(context: Context) -> dict[str, list[AnnouncementDocument]]:
    """Return the announcements that stand, by challenge, the newest first."""
    found: dict[str, list[AnnouncementDocument]] = {}
    with context.database.read() as session:
        rows = session.execute(
            select(Challenge.name, Announcement)
            .join(Announcement, Announcement.challenge_id == Challenge.id)
            .where(Announcement.withdrawn.is_(None))
            .order_by(Announcement.created.desc(), Announcement.id.desc())
        )
        for name, row in rows:
            found.setdefault(name, []).append(
                AnnouncementDocument(text=row.text, created=stamp(row.created))
            )
    return found
