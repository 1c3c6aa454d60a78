"""Submissions: hand in, look, withdraw."""

from typing import Any

from fastapi import APIRouter, Request

from neucobench.server.api.asking import (
    ANYONE,
    SIGNED_IN,
    MaybeVisitor,
    Phase,
    Server,
    SignedIn,
    SubmissionId,
    refusals,
)
from neucobench.server.api.describe import describe_submission, summarize_submissions
from neucobench.server.api.documents import (
    AcceptedDocument,
    SubmissionDocument,
    SubmissionSummaryDocument,
)
from neucobench.server.boards.history import record_change
from neucobench.server.challenges.phases import phase_of
from neucobench.server.submissions.form import CARD_FIELDS, LONGEST_METHOD, LONGEST_TEXT
from neucobench.server.submissions.hand_in import hand_in
from neucobench.server.submissions.own import (
    choose,
    own_submissions,
    submission_for,
    withdraw,
)

router = APIRouter(tags=["submissions"])

_TRUTH = {"type": "string", "enum": ["true", "false"]}
_FORM: dict[str, Any] = {
    "type": "object",
    "required": ["file", "method"],
    "additionalProperties": False,
    "properties": {
        "file": {
            "type": "string",
            "format": "binary",
            "description": "An embedding file: .csv, .parquet or .npz.",
        },
        "method": {"type": "string", "minLength": 1, "maxLength": LONGEST_METHOD},
        "public": {**_TRUTH, "default": "true"},
        "transductive": {**_TRUTH, "default": "false"},
        "baseline": {**_TRUTH, "default": "false", "description": "For hosts."},
        **{name: {"type": "string", "maxLength": LONGEST_TEXT} for name in CARD_FIELDS},
    },
}
# The body is streamed to the disk; FastAPI would keep it, and cannot describe it.
_UPLOAD: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"multipart/form-data": {"schema": _FORM}},
    }
}


@router.post(
    "/phases/{phase}/submissions",
    status_code=202,
    responses=refusals(401, 403, 404, 408, 409, 413, 422, 429, 503),
    openapi_extra={**SIGNED_IN, **_UPLOAD},
)
async def submit(
    visitor: SignedIn, phase: Phase, context: Server, request: Request
) -> AcceptedDocument:
    """Hand in an embedding file.

    The file is checked before it counts: a refusal (422) says what is wrong with it,
    and uses no quota. An accepted file stands in the queue.
    """
    accepted = await hand_in(request, context, phase, visitor)
    dispatcher = request.app.state.dispatcher
    if dispatcher is not None:
        dispatcher.wake()
    return AcceptedDocument(id=accepted.id, status="queued", position=accepted.position)


@router.get("/submissions", responses=refusals(401, 404), openapi_extra=SIGNED_IN)
def list_own(
    context: Server, visitor: SignedIn, phase: str | None = None
) -> list[SubmissionSummaryDocument]:
    """List what one's own team handed in, the newest first."""
    found = None if phase is None else phase_of(context, phase)
    return summarize_submissions(context, own_submissions(context, visitor, found))


@router.get("/submissions/{id}", responses=refusals(401, 404), openapi_extra=ANYONE)
def read_submission(
    id: SubmissionId,  # noqa: A002 - the schema's word
    context: Server,
    visitor: MaybeVisitor,
) -> SubmissionDocument:
    """Say how far a submission has come, and what the phase reveals of its score."""
    found = submission_for(context, id, visitor)
    return describe_submission(context, found, visitor)


@router.post(
    "/submissions/{id}/choice",
    responses=refusals(401, 403, 404, 409),
    openapi_extra=SIGNED_IN,
)
def make_choice(
    id: SubmissionId,  # noqa: A002 - the schema's word
    context: Server,
    visitor: SignedIn,
) -> SubmissionDocument:
    """Choose the submission that counts, where the phase counts the chosen one."""
    choose(context, id, visitor)
    record_change(context, id)
    return describe_submission(context, submission_for(context, id, visitor), visitor)


@router.delete(
    "/submissions/{id}",
    responses=refusals(401, 403, 404, 409),
    openapi_extra=SIGNED_IN,
)
def take_back(
    id: SubmissionId,  # noqa: A002 - the schema's word
    context: Server,
    visitor: SignedIn,
) -> SubmissionDocument:
    """Withdraw a submission: it is hidden for good, and a score stays used."""
    withdraw(context, id, visitor)
    found = submission_for(context, id, visitor)
    record_change(context, id)
    return describe_submission(context, found, visitor)
