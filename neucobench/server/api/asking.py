"""What the routes are given: the server's context, and who asks."""

from typing import Annotated, Any

from fastapi import Depends, Path

from neucobench.server.accounts import requests
from neucobench.server.accounts.visitor import Visitor
from neucobench.server.api.documents import ErrorDocument
from neucobench.server.challenges.phases import PhaseRecord, phase_of
from neucobench.server.context import Context

_REASONS = {
    400: "The request cannot be read.",
    401: "No token, or one that is not valid.",
    403: "The account may not do that.",
    404: "There is nothing of that name that the visitor may see.",
    408: "The file came too slowly.",
    409: "The quota is used, or the phase is not open.",
    413: "The file is larger than the phase accepts.",
    415: "The request is no form with a file.",
    422: "The file, or what came with it, has errors; see the findings.",
    429: "Too many requests; `Retry-After` says when to come again.",
    503: "No room for the moment; the same request works later.",
}
SIGNED_IN: dict[str, Any] = {"security": [{"token": []}]}
ANYONE: dict[str, Any] = {"security": [{}, {"token": []}]}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what the schema says about the refusals of a route."""
    return {
        status: {"model": ErrorDocument, "description": _REASONS[status]}
        for status in statuses
    }


Server = Annotated[Context, Depends(requests.context_of)]
MaybeVisitor = Annotated[Visitor | None, Depends(requests.visitor)]
SignedIn = requests.SignedIn
PhaseKey = Annotated[
    str, Path(description="The phase's key.", examples=["practice"], max_length=160)
]
SubmissionId = Annotated[str, Path(description="32 hexadecimal digits.", max_length=64)]


def named_phase(phase: PhaseKey, context: Server) -> PhaseRecord:
    """Return the phase that an address names."""
    return phase_of(context, phase)


Phase = Annotated[PhaseRecord, Depends(named_phase)]
