"""One's own account: tokens, password, team, and leaving."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from sqlalchemy import select
from starlette.responses import Response

from neucobench.errors import InputError
from neucobench.server.accounts.new_password import change_password
from neucobench.server.accounts.passwords import SHORTEST
from neucobench.server.accounts.people import delete_user
from neucobench.server.accounts.registration import invite_member
from neucobench.server.accounts.requests import (
    SignedIn,
    address_of,
    clear_session_cookie,
    context_of,
    set_session_cookie,
)
from neucobench.server.accounts.tokens import (
    TokenFacts,
    issue_token,
    list_tokens,
    revoke_token,
)
from neucobench.server.accounts.visitor import Visitor
from neucobench.server.context import Context
from neucobench.server.refusals import Rejected
from neucobench.server.tables import User
from neucobench.server.web.forms import Form
from neucobench.server.web.people.entering import invitation_address
from neucobench.server.web.problem import Problem, problem_of
from neucobench.server.web.rendering import page

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, kw_only=True)
class AccountView:
    """Hold what the page of one's own account says.

    Attributes:
        visitor: who asks.
        tokens: of the account.
        members: names of the team's accounts.
        shortest: characters that a password needs.
        token: a new token, shown once, or nothing.
        link: a new invitation, shown once, or nothing.
        done: what has just been done, or nothing.
        problem: why a form was refused, or None.
    """

    visitor: Visitor
    tokens: Sequence[TokenFacts]
    members: Sequence[str]
    shortest: int = SHORTEST
    token: str = ""
    link: str = ""
    done: str = ""
    problem: Problem | None = None


@router.get("/account")
def account(request: Request, who: SignedIn) -> Response:
    """Return the visitor's own account."""
    return _show(request, _view(context_of(request), who))


@router.post("/account/tokens")
def make_token(request: Request, who: SignedIn, form: Form) -> Response:
    """Make a token and show it, this once."""
    context = context_of(request)
    label = form.get("label", "").strip() or "token"
    token = issue_token(context, who.name, label=label, actor=who.name)
    return _show(request, replace(_view(context, who), token=token))


@router.post("/account/tokens/{number}/revoke")
def end_token(request: Request, number: int, who: SignedIn, _form: Form) -> Response:
    """Revoke one of the visitor's tokens."""
    revoke_token(context_of(request), who.name, number=number, actor=who.name)
    return RedirectResponse("/account", status_code=303)


@router.post("/account/invitations")
def invite_to_team(request: Request, who: SignedIn, _form: Form) -> Response:
    """Make a link to the visitor's team and show it, this once."""
    context = context_of(request)
    link = invitation_address(request, invite_member(context, who))
    return _show(request, replace(_view(context, who), link=link))


@router.post("/account/password")
def new_password(request: Request, who: SignedIn, form: Form) -> Response:
    """Change the visitor's password; every other session ends."""
    context = context_of(request)
    try:
        secret = change_password(
            context,
            who,
            old=form.get("old", ""),
            new=form.get("new", ""),
            address=address_of(request),
        )
    except InputError as error:
        return _show(request, replace(_view(context, who), problem=problem_of(error)))
    answer = RedirectResponse("/account", status_code=303)
    set_session_cookie(answer, context, secret)
    return answer


@router.post("/account/delete")
def leave(request: Request, who: SignedIn, form: Form) -> Response:
    """Delete the visitor's account, when its name was typed to confirm it."""
    context = context_of(request)
    try:
        if form.get("name", "").strip() != who.name:
            raise Rejected(
                "The name that was typed is another one; an account is deleted when "
                "its own name is typed. Type it as it stands at the top of this page."
            )
        delete_user(context, who.name, actor=who.name)
    except InputError as error:
        return _show(request, replace(_view(context, who), problem=problem_of(error)))
    answer = RedirectResponse("/", status_code=303)
    clear_session_cookie(answer, context)
    return answer


def _view(context: Context, who: Visitor) -> AccountView:
    members: Sequence[str] = ()
    if who.team_id is not None:
        with context.database.read() as session:
            members = session.scalars(
                select(User.name)
                .where(User.team_id == who.team_id, User.deleted.is_(None))
                .order_by(User.id)
            ).all()
    return AccountView(
        visitor=who, tokens=list_tokens(context, who.name), members=members
    )


def _show(request: Request, view: AccountView) -> Response:
    status = view.problem.status if view.problem else 200
    return page(request, "account.html", view, section="account", status=status)
