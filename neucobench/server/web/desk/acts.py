"""What hosts do from their desk; each act stands in the audit log."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from neucobench.errors import InputError
from neucobench.names import printable
from neucobench.server.accounts.requests import Host, context_of
from neucobench.server.challenges.desk import (
    announce,
    archive,
    close_phase,
    set_dates,
    verify,
    withdraw_announcement,
)
from neucobench.server.challenges.phases import phase_of
from neucobench.server.refusals import Rejected
from neucobench.server.submissions.own import submission_for
from neucobench.server.submissions.rescore import rescorable, rescore
from neucobench.server.web.desk.desk import show_desk
from neucobench.server.web.forms import Form
from neucobench.server.web.problem import problem_of
from neucobench.server.web.rendering import page

router = APIRouter(include_in_schema=False)

_DESK = "/host"


@dataclass(frozen=True, kw_only=True)
class ConfirmView:
    """Hold a question that is asked before an act.

    Attributes:
        heading: the question.
        sentences: what will happen.
        action: where the answer goes.
        button: what agrees.
        back: where the visitor goes who does not.
    """

    heading: str
    sentences: tuple[str, ...]
    action: str
    button: str
    back: str


@router.post("/host/phases/{key}/dates")
def change_dates(request: Request, key: str, who: Host, form: Form) -> Response:
    """Change when a phase opens and closes."""
    return _do(
        request,
        lambda: set_dates(
            context_of(request),
            key,
            opens=_moment(form.get("opens", "")),
            closes=_moment(form.get("closes", "")),
            actor=who.name,
        ),
    )


@router.get("/host/phases/{key}/close")
def ask_close(request: Request, key: str, _who: Host) -> Response:
    """Ask before a phase is closed."""
    view = ConfirmView(
        heading=f"Close {key} now?",
        sentences=(
            "Submissions are refused from now on; those in the queue are still scored.",
            "A later closing time opens the phase again.",
        ),
        action=f"/host/phases/{quote(key, safe='')}/close",
        button="Close the phase",
        back=_DESK,
    )
    return page(request, "confirm.html", view, section="host")


@router.post("/host/phases/{key}/close")
def close_now(request: Request, key: str, who: Host, _form: Form) -> Response:
    """Close a phase now."""
    return _do(request, lambda: close_phase(context_of(request), key, actor=who.name))


@router.post("/host/challenges/{name}/announce")
def announce_now(request: Request, name: str, who: Host, form: Form) -> Response:
    """Announce something on the pages of a challenge."""
    text = form.get("text", "")
    return _do(
        request, lambda: announce(context_of(request), name, text, actor=who.name)
    )


@router.post("/host/announcements/{number}/withdraw")
def hide_announcement(
    request: Request, number: int, who: Host, _form: Form
) -> Response:
    """Hide an announcement."""
    return _do(
        request,
        lambda: withdraw_announcement(context_of(request), number, actor=who.name),
    )


@router.get("/host/challenges/{name}/archive")
def ask_archive(request: Request, name: str, _who: Host) -> Response:
    """Ask before a challenge is archived."""
    view = ConfirmView(
        heading=f"Archive {name}?",
        sentences=(
            "Its boards stay as they are and can be read.",
            "Nothing is accepted, withdrawn or announced any more.",
            "This cannot be undone here.",
        ),
        action=f"/host/challenges/{quote(name, safe='')}/archive",
        button="Archive the challenge",
        back=_DESK,
    )
    return page(request, "confirm.html", view, section="host")


@router.post("/host/challenges/{name}/archive")
def archive_now(request: Request, name: str, who: Host, _form: Form) -> Response:
    """Archive a challenge."""
    return _do(request, lambda: archive(context_of(request), name, actor=who.name))


@router.post("/host/submissions/{number}/verify")
def verify_one(request: Request, number: str, who: Host, form: Form) -> Response:
    """Mark a submission as reproduced, or take the mark back."""
    context = context_of(request)
    item = submission_for(context, number, who)
    marked = form.get("verified") == "true"
    return _do(
        request,
        lambda: verify(context, number, verified=marked, actor=who.name),
        then=f"/host/phases/{quote(item.phase.key, safe='')}",
    )


@router.get("/host/rescore")
def ask_rescore(
    request: Request, _who: Host, phase: str = "", submission: str = ""
) -> Response:
    """Ask before submissions are scored again, and say how many."""
    context = context_of(request)
    found = rescorable(context, phase=phase or None, submission=submission or None)
    target, back = _target(phase, submission), _DESK
    if phase:
        back = f"/host/phases/{quote(phase_of(context, phase).key, safe='')}"
    one, named = len(found) == 1, printable(submission or phase or "all phases")
    view = ConfirmView(
        heading="Score again?",
        sentences=(
            f"Of {named}, {len(found)} submission{'' if one else 's'} will be queued.",
            "Old scores are kept, with the scorer's version; the newest counts.",
            "Ranks may change. What has failed gets another try. No quota is used.",
        ),
        action=f"/host/rescore{target}",
        button=f"Score {'it' if one else 'them'} again",
        back=back,
    )
    return page(request, "confirm.html", view, section="host")


@router.post("/host/rescore")
def rescore_now(
    request: Request, who: Host, _form: Form, phase: str = "", submission: str = ""
) -> Response:
    """Queue submissions to be scored again."""
    context = context_of(request)
    answer = _do(
        request,
        lambda: rescore(
            context,
            phase=phase or None,
            submission=submission or None,
            actor=who.name,
        ),
    )
    dispatcher = request.app.state.dispatcher
    if dispatcher is not None:
        dispatcher.wake()
    return answer


def _do(request: Request, act: Callable[[], object], *, then: str = _DESK) -> Response:
    try:
        act()
    except InputError as error:
        return show_desk(request, problem=problem_of(error))
    return RedirectResponse(then, status_code=303)


def _moment(text: str) -> datetime | None:
    """Return a moment as a date field sends it, in UTC; None where it is empty."""
    if not text.strip():
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise Rejected(
            f"{printable(text)[:40]!r} is no date; a date is e.g. 2026-05-04T12:00, "
            "in UTC. Type it again."
        ) from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _target(phase: str, submission: str) -> str:
    given = {"phase": phase, "submission": submission}
    pairs = [
        f"{name}={quote(value, safe='')}" for name, value in given.items() if value
    ]
    return "?" + "&".join(pairs) if pairs else ""
