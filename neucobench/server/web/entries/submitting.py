"""The form that takes a file: what a team has left, and the answer of the check."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from neucobench.errors import InputError
from neucobench.reports.phase_words import quota_sentence
from neucobench.server.accounts.requests import (
    SignedIn,
    context_of,
    from_elsewhere,
    require_form,
    signed_in,
)
from neucobench.server.accounts.visitor import Visitor
from neucobench.server.challenges.desk import announcements
from neucobench.server.challenges.phases import PhaseRecord, phase_of
from neucobench.server.challenges.quota import Quota, quota
from neucobench.server.context import Context
from neucobench.server.submissions.admission import upload_limit
from neucobench.server.submissions.form import SubmissionForm
from neucobench.server.submissions.hand_in import hand_in
from neucobench.server.tables import Announcement
from neucobench.server.web.board.view import dates_sentence, heading
from neucobench.server.web.forms import CSRF_FIELD
from neucobench.server.web.problem import Problem, problem_of
from neucobench.server.web.rendering import page
from neucobench.server.web.words import file_sentence

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, kw_only=True)
class SubmitView:
    """Hold what the page with the form says.

    Attributes:
        phase: where the file is handed in.
        heading: of that phase.
        state: where it stands.
        dates: the same as a sentence.
        announcements: of its challenge.
        left: how many submissions the team has left now.
        waiting: how many of the team's wait for a score.
        quota: the rule behind that, as a sentence.
        limit: bytes of the largest file.
        files: which files are accepted.
        closed_because: why there is no form, or nothing.
        given: what was typed into the form.
        problem: why it was refused, or None.
        address: of the phase, for a terminal.
        api: the route, for a program.
        now: the server's clock.
    """

    phase: PhaseRecord
    heading: str
    state: str
    dates: str
    announcements: Sequence[Announcement]
    left: str
    waiting: int
    quota: str
    limit: int
    files: str
    closed_because: str
    given: SubmissionForm
    problem: Problem | None
    address: str
    api: str
    now: datetime


@router.get("/phases/{key}/submit")
def submit_form(request: Request, key: str, who: SignedIn) -> Response:
    """Return the form."""
    context = context_of(request)
    return _show(request, _view(context, phase_of(context, key), who))


@router.post("/phases/{key}/submit")
async def submit_file(request: Request, key: str) -> Response:
    """Take a file, or say in sentences why not."""
    context = context_of(request)
    who = await run_in_threadpool(signed_in, request)
    phase = await run_in_threadpool(phase_of, context, key)
    if from_elsewhere(request):
        # Before the upload is counted: another site must not use a team's uploads up.
        await run_in_threadpool(require_form, request, None)
    said: dict[str, str] = {}

    def require(given: Mapping[str, str]) -> None:
        said.update(given)
        require_form(request, given.get(CSRF_FIELD))

    try:
        accepted = await hand_in(request, context, phase, who, require=require)
    except InputError as error:
        return await run_in_threadpool(
            _refuse, request, context, phase, who, _typed(said), problem_of(error)
        )
    return RedirectResponse(f"/submissions/{accepted.id}", status_code=303)


def _refuse(
    request: Request,
    context: Context,
    phase: PhaseRecord,
    who: Visitor,
    given: SubmissionForm,
    problem: Problem,
) -> Response:
    view = _view(context, phase, who)
    return _show(request, replace(view, given=given, problem=problem))


def _show(request: Request, view: SubmitView) -> Response:
    status = view.problem.status if view.problem else 200
    return page(request, "submit.html", view, section="challenges", status=status)


def _typed(said: Mapping[str, str]) -> SubmissionForm:
    """Return what was typed as far as the form can show it again."""
    texts = {
        field.name: said.get(field.name, "")
        for field in fields(SubmissionForm)
        if field.type in (str, "str")
    }
    return SubmissionForm(
        **texts,
        public=said.get("public", "true") != "false",
        transductive=said.get("transductive") == "true",
        baseline=said.get("baseline") == "true",
    )


def _view(context: Context, phase: PhaseRecord, who: Visitor) -> SubmitView:
    now = context.clock()
    found = _quota(context, phase, who, now)
    limit = upload_limit(context, phase)
    address = context.settings.address
    return SubmitView(
        phase=phase,
        heading=heading(phase),
        state=phase.state(now),
        dates=dates_sentence(phase, now),
        announcements=announcements(context, phase.challenge),
        left="no limit" if found is None or found.left is None else str(found.left),
        waiting=found.waiting if found else 0,
        quota=quota_sentence(phase.rules),
        limit=limit,
        files=file_sentence(phase, limit),
        closed_because=_closed_because(phase, who, found, now),
        given=SubmissionForm(method=""),
        problem=None,
        address=f"{address}/phases/{phase.key}",
        api=f"{address}/api/v1/phases/{phase.key}/submissions",
        now=now,
    )


def _quota(
    context: Context, phase: PhaseRecord, who: Visitor, now: datetime
) -> Quota | None:
    if who.team_id is None:
        return None
    with context.database.read() as session:
        return quota(session, phase, who.team_id, now)


def _closed_because(
    phase: PhaseRecord, who: Visitor, found: Quota | None, now: datetime
) -> str:
    """Return why a visitor cannot hand anything in now, or nothing."""
    state = phase.state(now)
    if state == "archived" or (state != "open" and not who.may_host):
        return "Nothing can be handed in now. " + dates_sentence(phase, now)
    if who.team_id is None and not who.may_host:
        return (
            "Your account belongs to no team, and submissions are a team's. Ask a "
            "member of a team, or the host, for an invitation."
        )
    if found is not None and found.left == 0 and not who.may_host:
        more = " There is more after midnight, UTC." if found.used_up_by_day else ""
        return "Your team has no submission left now." + more
    return ""
