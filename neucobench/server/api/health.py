"""``GET /health``: is the server well, and how much has it to do?"""

from fastapi import APIRouter

from neucobench.server.api.asking import Server, refusals
from neucobench.server.api.documents import HealthDocument
from neucobench.server.submissions.queue import health

router = APIRouter(tags=["server"])


@router.get("/health", responses=refusals(503))
def read_health(context: Server) -> HealthDocument:
    """Say how many submissions wait, and for how long the first of them has."""
    found = health(context)
    return HealthDocument(
        queued=found.queued,
        running=found.running,
        oldest_queued_seconds=found.oldest_queued_seconds,
    )
