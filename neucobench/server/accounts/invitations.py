"""Links that make an account, or set a new password: each works once, for a while.

The host hands them over as they like; the server sends no mail.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from neucobench.server.accounts.limits import forget, name_key
from neucobench.server.accounts.links import (
    WEEK,
    linked_user,
    make_link,
    names_team,
    valid_link,
)
from neucobench.server.accounts.locks import hold
from neucobench.server.accounts.passwords import check_password, hash_password
from neucobench.server.accounts.reach import require_reach
from neucobench.server.accounts.roster import (
    check_role,
    find_user,
    forget_secrets,
    make_team,
    make_user,
    team_named,
)
from neucobench.server.accounts.sessions import begin_session
from neucobench.server.audit import record
from neucobench.server.context import Context
from neucobench.server.refusals import Rejected
from neucobench.server.tables import Invitation, User
from neucobench.server.tables.people import Role


@dataclass(frozen=True, kw_only=True)
class Guest:
    """Hold what a link is for, for the form that it opens.

    Attributes:
        role: of the account to be made.
        team: the team to join; None where the guest names a new one, or takes no part.
        account: the account whose password is set; None where one is made.
        names_team: whether the guest has to name a new team.
        expires: when the link stops working.
    """

    role: str
    team: str | None
    account: str | None
    names_team: bool
    expires: datetime


def invite(
    context: Context,
    *,
    role: Role,
    team: str | None,
    actor: str,
    hours: float = WEEK,
) -> str:
    """Return the secret of a link that makes an account.

    Args:
        context: the server.
        role: of the account.
        team: the team to join, made when it is new; None lets a participant name a
            new one.
        actor: who invites: a host, an admin, or ``COMMAND_LINE``.
        hours: how long the link works.

    Raises:
        NotAllowed: when the actor's role does not reach ``role``.
        Rejected: when the role or the team's name is not acceptable.
    """
    with context.database.write() as session:
        require_reach(session, actor, check_role(role))
        joined = None if team is None else team_named(context, session, team)
        record(context, session, actor, "user-invited", role)
        return make_link(context, session, role=role, team=joined, hours=hours)


def reset_link(context: Context, name: str, *, actor: str, hours: float = WEEK) -> str:
    """Return the secret of a link that sets an account's password.

    A link that was made before, and not used, stops working.

    Args:
        context: the server.
        name: the account's name.
        actor: a host, an admin, or ``COMMAND_LINE``.
        hours: how long the link works.

    Raises:
        NotAllowed: when the actor's role does not reach the account.
        NotFound: when there is no such account.
    """
    with context.database.write() as session:
        user = find_user(session, name, lock=True)
        require_reach(session, actor, user.role)
        session.execute(delete(Invitation).where(Invitation.user_id == user.id))
        record(context, session, actor, "user-reset-link", user.name)
        return make_link(context, session, role=user.role, user=user, hours=hours)


def first_admin(context: Context) -> str | None:
    """Return the secret of a link that makes the first admin; None once there is one.

    A link for an admin that was made before, and not used, stops working.
    """
    with context.database.write() as session:
        hold(session, "admins")
        admins = select(User.id).where(User.role == "admin", User.deleted.is_(None))
        if session.scalar(admins.limit(1)) is not None:
            return None
        session.execute(
            delete(Invitation).where(
                Invitation.role == "admin", Invitation.used.is_(None)
            )
        )
        return make_link(context, session, role="admin")


def open_invitation(context: Context, secret: str) -> Guest:
    """Return what a link is for; looking does not use it.

    Raises:
        NotFound: when the link is unknown, was used, or has expired.
    """
    with context.database.read() as session:
        found = valid_link(context, session, secret)
        user = session.get(User, found.user_id) if found.user_id else None
        return Guest(
            role=found.role,
            team=found.team.name if found.team else None,
            account=user.name if user else None,
            names_team=names_team(found),
            expires=found.expires,
        )


def accept(
    context: Context,
    secret: str,
    *,
    name: str | None = None,
    password: str,
    team: str | None = None,
) -> str:
    """Use a link, and return the secret of the session that it begins.

    A link that is refused for its name or password still works afterwards.

    Args:
        context: the server.
        secret: of the link.
        name: of the account to be made.
        password: of the account; a link for a new password ends all its sessions.
        team: the new team's name, where the guest has to name one.

    Raises:
        Conflict: when the account's or the team's name is taken.
        NotFound: when the link is unknown, was used, or has expired.
        Rejected: when a name or the password is not acceptable.
    """
    guest = open_invitation(context, secret)
    check_password(password, name=guest.account or name or "")
    # Hashed before the transaction: it takes as long as many transactions.
    hashed = hash_password(context.settings, password)
    with context.database.write() as session:
        user = linked_user(session, secret)
        found = valid_link(context, session, secret, lock=True)
        found.used = context.clock()
        if user is None:
            user = _make_account(context, session, found, name or "", team, hashed)
        else:
            _reset(context, session, user, hashed)
        begun = begin_session(context, session, user)
    forget(context, name_key("login", user.name))
    return begun


def _make_account(
    context: Context,
    session: Session,
    found: Invitation,
    name: str,
    team: str | None,
    hashed: str,
) -> User:
    joined = found.team
    if names_team(found):
        if team is None:
            raise Rejected(
                "No team was named, and a participant takes part in one; a team has "
                "one member or more. Name a new team."
            )
        joined = make_team(context, session, team)
    user = make_user(
        context, session, name, team=joined, role=found.role, hashed=hashed
    )
    record(context, session, user.name, "user-joined", user.name, f"role {user.role}")
    return user


def _reset(context: Context, session: Session, user: User, hashed: str) -> None:
    user.password = hashed
    forget_secrets(session, user)
    record(context, session, user.name, "user-password", user.name, "by a link")
