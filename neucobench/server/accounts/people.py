"""Accounts: made, listed, given another role, and deleted."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session, joinedload

from neucobench.server.accounts.names import DELETED
from neucobench.server.accounts.passwords import check_password, hash_password
from neucobench.server.accounts.reach import require_reach
from neucobench.server.accounts.roster import (
    check_role,
    find_user,
    forget_secrets,
    keep_an_admin,
    make_user,
    team_named,
)
from neucobench.server.audit import record
from neucobench.server.clock import stamp
from neucobench.server.context import Context
from neucobench.server.tables import (
    AccessToken,
    AuditEntry,
    Invitation,
    User,
)
from neucobench.server.tables.people import ROLES, Role


@dataclass(frozen=True, kw_only=True)
class Person:
    """Hold what the host's desk shows of an account; no secret, no hash."""

    name: str
    role: str
    team: str | None
    created: datetime
    deleted: datetime | None
    password: bool
    tokens: int

    def as_dict(self) -> dict[str, Any]:
        """Return the facts as JSON."""
        return {
            "name": self.name,
            "role": self.role,
            "team": self.team,
            "created": stamp(self.created),
            "deleted": stamp(self.deleted) if self.deleted else None,
            "password": self.password,
            "tokens": self.tokens,
        }


def add_user(
    context: Context,
    name: str,
    *,
    team: str | None,
    role: Role = "participant",
    password: str | None = None,
    actor: str,
) -> User:
    """Make an account, and its team when that is new.

    Args:
        context: the server.
        name: the account's name.
        team: the team's name; None for hosts and admins who take no part.
        role: what the account may do.
        password: None where only tokens or links open the account.
        actor: who makes it: an account's name, or ``COMMAND_LINE``.

    Raises:
        Conflict: when the name is taken, or looks like another one's.
        NotAllowed: when the actor's role does not reach ``role``.
        Rejected: when a name, the role or the password is not acceptable.
    """
    hashed = None
    if password is not None:
        check_password(password, name=name)
        hashed = hash_password(context.settings, password)
    with context.database.write() as session:
        require_reach(session, actor, check_role(role))
        joined = None if team is None else team_named(context, session, team)
        user = make_user(context, session, name, team=joined, role=role, hashed=hashed)
        record(context, session, actor, "user-added", user.name, f"role {role}")
        return user


def list_users(context: Context) -> list[Person]:
    """Return every account, deleted ones included, in the order of their making."""
    tokens = (
        select(func.count())
        .where(AccessToken.user_id == User.id, AccessToken.revoked.is_(None))
        .scalar_subquery()
    )
    query = select(User, tokens).options(joinedload(User.team)).order_by(User.id)
    with context.database.read() as session:
        return [
            Person(
                name=user.name,
                role=user.role,
                team=user.team.name if user.team else None,
                created=user.created,
                deleted=user.deleted,
                password=user.password is not None,
                tokens=count,
            )
            for user, count in session.execute(query)
        ]


def set_role(context: Context, name: str, role: Role, *, actor: str) -> None:
    """Give an account another role; it counts from its next request.

    Unused links end where a host or admin gets a lesser one: they may know some.

    Raises:
        Conflict: when it is the last admin's.
        NotAllowed: when the actor's role does not reach the account or the role.
        NotFound: when there is no such account.
        Rejected: when there is no such role.
    """
    check_role(role)
    with context.database.write() as session:
        user = find_user(session, name, lock=True)
        require_reach(session, actor, user.role)
        require_reach(session, actor, role)
        if role != "admin":
            keep_an_admin(session, user)
        detail = f"{user.role} to {role}"
        if ROLES.index(role) < ROLES.index(user.role):
            _end_links(session, user)
        user.role = role
        record(context, session, actor, "user-role", user.name, detail)


def delete_user(context: Context, name: str, *, actor: str) -> str:
    """Delete an account and return the name that stands in its place.

    Its password, tokens, sessions and reset links are gone at once. Its name is
    replaced, in the audit log too. With a host or admin, unused links of all kinds go,
    since they may know some. Submissions stay with the team: a board does not
    change because a person leaves.

    Args:
        context: the server.
        name: the account's name.
        actor: the account itself, a host, an admin, or ``COMMAND_LINE``.

    Raises:
        Conflict: when it is the last admin's.
        NotAllowed: when the actor's role does not reach the account.
        NotFound: when there is no such account.
    """
    with context.database.write() as session:
        user = find_user(session, name, lock=True)
        if actor != user.name:
            require_reach(session, actor, user.role)
        keep_an_admin(session, user)
        former, user.name = user.name, f"{DELETED} {user.id}"
        user.password, user.deleted = None, context.clock()
        forget_secrets(session, user)
        _end_links(session, user)
        session.execute(delete(AccessToken).where(AccessToken.user_id == user.id))
        _rename_in_audit(session, former, user.name)
        who = user.name if actor == former else actor
        record(context, session, who, "user-deleted", user.name)
        return user.name


def _end_links(session: Session, user: User) -> None:
    """End the unused links, when one who could make them for others leaves the desk.

    A link does not say who made it, and may make a host or open another's account.
    """
    if user.role != "participant":
        session.execute(delete(Invitation).where(Invitation.used.is_(None)))


def _rename_in_audit(session: Session, former: str, name: str) -> None:
    # An account's name may be a team's, or a challenge's, too.
    about = AuditEntry.action.startswith("user-")
    acted, aimed = AuditEntry.actor == former, AuditEntry.target == former
    session.execute(update(AuditEntry).where(acted).values(actor=name))
    session.execute(update(AuditEntry).where(aimed, about).values(target=name))
