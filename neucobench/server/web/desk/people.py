"""Accounts and teams on the host's desk: invite, reset, change, revoke, delete."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from sqlalchemy import select
from starlette.responses import Response

from neucobench.errors import InputError
from neucobench.server.accounts.invitations import invite, reset_link
from neucobench.server.accounts.people import (
    Person,
    delete_user,
    list_users,
    set_role,
)
from neucobench.server.accounts.requests import Host, context_of
from neucobench.server.accounts.tokens import revoke_token
from neucobench.server.refusals import Rejected
from neucobench.server.tables import Team
from neucobench.server.tables.people import ROLES
from neucobench.server.web.forms import Form
from neucobench.server.web.people.entering import invitation_address
from neucobench.server.web.problem import Problem, problem_of
from neucobench.server.web.rendering import page

router = APIRouter(include_in_schema=False)

_PEOPLE = "/host/people"


@dataclass(frozen=True, kw_only=True)
class PeopleView:
    """Hold accounts, teams, and a link that was just made."""

    people: Sequence[Person]
    teams: Sequence[str]
    roles: Sequence[str]
    link: str
    link_for: str
    problem: Problem | None


@router.get("/host/people")
def people(request: Request, _who: Host) -> Response:
    """Return accounts and teams."""
    return show_people(request)


@router.post("/host/invitations")
def invite_somebody(request: Request, who: Host, form: Form) -> Response:
    """Make an invitation link and show it, this once."""
    role: Any = form.get("role", "participant")
    team = form.get("team", "").strip() or None
    return _link(
        request,
        f"a new account, {role}" + (f", in {team}" if team else ""),
        lambda: invite(context_of(request), role=role, team=team, actor=who.name),
    )


@router.post("/host/people/reset")
def reset_somebody(request: Request, who: Host, form: Form) -> Response:
    """Make a link that sets a password and show it, this once."""
    name = form.get("name", "")
    return _link(
        request,
        f"a new password of {name}",
        lambda: reset_link(context_of(request), name, actor=who.name),
    )


@router.post("/host/people/role")
def change_role(request: Request, who: Host, form: Form) -> Response:
    """Give an account another role."""
    name, role = form.get("name", ""), form.get("role", "")
    return _do_people(
        request,
        lambda: set_role(
            context_of(request),
            name,
            role,  # type: ignore[arg-type]  # refused there when it is none
            actor=who.name,
        ),
    )


@router.post("/host/people/revoke")
def revoke_tokens(request: Request, who: Host, form: Form) -> Response:
    """Revoke all tokens of an account."""
    name = form.get("name", "")
    return _do_people(
        request, lambda: revoke_token(context_of(request), name, actor=who.name)
    )


@router.post("/host/people/delete")
def delete_somebody(request: Request, who: Host, form: Form) -> Response:
    """Delete an account, when its name was typed to confirm it."""
    name, typed = form.get("name", ""), form.get("confirm", "").strip()

    def act() -> None:
        if typed != name:
            raise Rejected(
                "The name that was typed is another one; an account is deleted when "
                "its own name is typed beside it. Type it again."
            )
        delete_user(context_of(request), name, actor=who.name)

    return _do_people(request, act)


def show_people(
    request: Request,
    *,
    link: str = "",
    link_for: str = "",
    problem: Problem | None = None,
) -> Response:
    """Return accounts and teams, with the answer to a form of the page."""
    context = context_of(request)
    with context.database.read() as session:
        teams = session.scalars(select(Team.name).order_by(Team.id)).all()
    view = PeopleView(
        people=list_users(context),
        teams=teams,
        roles=ROLES,
        link=link,
        link_for=link_for,
        problem=problem,
    )
    status = problem.status if problem else 200
    return page(
        request, "host_people.html", view, section="host", status=status, wide=True
    )


def _do_people(request: Request, act: Callable[[], object]) -> Response:
    try:
        act()
    except InputError as error:
        return show_people(request, problem=problem_of(error))
    return RedirectResponse(_PEOPLE, status_code=303)


def _link(request: Request, what: str, make: Callable[[], str]) -> Response:
    try:
        link = invitation_address(request, make())
    except InputError as error:
        return show_people(request, problem=problem_of(error))
    return show_people(request, link=link, link_for=what)
