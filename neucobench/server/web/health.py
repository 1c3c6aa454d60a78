"""How the server is: what waits, what runs, how long the first one has waited."""

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request
from starlette.responses import Response

from neucobench.server.accounts.requests import context_of
from neucobench.server.submissions.queue import Health, health
from neucobench.server.web.rendering import page

router = APIRouter(include_in_schema=False)

_MINUTE = 60
_HOUR = 3600


@dataclass(frozen=True, kw_only=True)
class HealthView:
    """Hold what the health page says."""

    health: Health
    waited: str
    now: datetime


@router.get("/health")
def health_page(request: Request) -> Response:
    """Return how the server is."""
    context = context_of(request)
    found = health(context)
    view = HealthView(
        health=found, waited=span(found.oldest_queued_seconds), now=context.clock()
    )
    return page(request, "health.html", view, section="health")


def span(seconds: float | None) -> str:
    """Return a span of time for people."""
    if not seconds:
        return "–"
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    return f"{seconds / _HOUR:.1f} h"
