"""Ways in and out: log in, register, use a link, log out."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from neucobench.errors import InputError
from neucobench.server.accounts.addresses import link
from neucobench.server.accounts.invitations import Guest, accept, open_invitation
from neucobench.server.accounts.passwords import SHORTEST
from neucobench.server.accounts.registration import register
from neucobench.server.accounts.requests import (
    address_of,
    clear_session_cookie,
    context_of,
    session_secret,
    set_session_cookie,
)
from neucobench.server.accounts.sessions import log_in, log_out
from neucobench.server.refusals import NotAllowed
from neucobench.server.web.forms import Form
from neucobench.server.web.frame import local_address
from neucobench.server.web.problem import Problem, problem_of
from neucobench.server.web.rendering import page

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, kw_only=True)
class EntryView:
    """Hold what a form that leads in says, and what was typed into it.

    Attributes:
        problem: why it was refused, or None.
        name: the account's name as it was typed.
        team: the team's name as it was typed.
        then: where to go afterwards.
        shortest: characters that a password needs.
        guest: what a link is for; None without one.
        secret: of that link.
    """

    problem: Problem | None = None
    name: str = ""
    team: str = ""
    then: str = "/"
    shortest: int = SHORTEST
    guest: Guest | None = None
    secret: str = ""


@router.get("/login")
def login_form(request: Request, next: str = "/") -> Response:  # noqa: A002
    """Return the form to log in."""
    return _show(request, "login.html", EntryView(then=local_address(next)))


@router.post("/login")
def login(request: Request, form: Form) -> Response:
    """Begin a session."""
    name, then = form.get("name", ""), local_address(form.get("next", "/"))
    return _enter(
        request,
        "login.html",
        EntryView(name=name, then=then),
        lambda: log_in(
            context_of(request),
            name,
            form.get("password", ""),
            address=address_of(request),
        ),
    )


@router.get("/register")
def register_form(request: Request) -> Response:
    """Return the form that makes an account and a team."""
    if not context_of(request).settings.registration:
        raise NotAllowed(
            "This server takes accounts by invitation only. Ask the host for a link."
        )
    return _show(request, "register.html", EntryView())


@router.post("/register")
def register_account(request: Request, form: Form) -> Response:
    """Make an account with a team of its own, and begin a session."""
    name, team = form.get("name", ""), form.get("team", "")
    return _enter(
        request,
        "register.html",
        EntryView(name=name, team=team),
        lambda: register(
            context_of(request),
            name=name,
            team=team,
            password=form.get("password", ""),
            address=address_of(request),
        ),
    )


@router.get("/invitations/{secret}")
def invitation_form(request: Request, secret: str) -> Response:
    """Return the form that a link opens; looking does not use it up."""
    guest = open_invitation(context_of(request), secret)
    return _show(request, "invitation.html", EntryView(guest=guest, secret=secret))


@router.post("/invitations/{secret}")
def use_invitation(request: Request, secret: str, form: Form) -> Response:
    """Make the account, or set the password, that a link is for."""
    context = context_of(request)
    guest = open_invitation(context, secret)
    name, team = form.get("name", ""), form.get("team", "")
    return _enter(
        request,
        "invitation.html",
        EntryView(name=name, team=team, guest=guest, secret=secret),
        lambda: accept(
            context,
            secret,
            name=name or None,
            password=form.get("password", ""),
            team=team or None,
        ),
    )


@router.post("/logout")
def logout(request: Request, _form: Form) -> Response:
    """End the session."""
    context = context_of(request)
    secret = session_secret(request)
    if secret:
        log_out(context, secret)
    answer = RedirectResponse("/", status_code=303)
    clear_session_cookie(answer, context)
    return answer


def invitation_address(request: Request, secret: str) -> str:
    """Return the link that hands a secret over."""
    return link(context_of(request).settings.address, secret)


def _enter(
    request: Request, template: str, view: EntryView, begin: Callable[[], str]
) -> Response:
    """Begin a session and lead on, or show the form again with what is wrong."""
    context = context_of(request)
    try:
        secret = begin()
    except InputError as error:
        # The password is not shown again.
        return _show(request, template, view, problem=problem_of(error))
    before = session_secret(request)
    if before:
        log_out(context, before)
    answer = RedirectResponse(view.then, status_code=303)
    set_session_cookie(answer, context, secret)
    return answer


def _show(
    request: Request, template: str, view: EntryView, *, problem: Problem | None = None
) -> Response:
    shown = replace(view, problem=problem)
    status = problem.status if problem else 200
    section = template.removesuffix(".html")
    answer = page(request, template, shown, section=section, status=status, forms=True)
    if view.guest is not None:
        # The address holds a secret.
        answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
