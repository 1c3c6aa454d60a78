"""Links with a secret, inside a transaction: made, and recognized once."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from neucobench.server.accounts.digests import digest_of, new_secret
from neucobench.server.context import Context
from neucobench.server.refusals import NotFound
from neucobench.server.tables import Invitation, Team, User

WEEK = 168


def make_link(
    context: Context,
    session: Session,
    *,
    role: str,
    team: Team | None = None,
    user: User | None = None,
    hours: float = WEEK,
) -> str:
    """Return the secret of a new link, in a transaction of the caller's."""
    secret, now = new_secret(), context.clock()
    session.add(
        Invitation(
            digest=digest_of(secret),
            role=role,
            team_id=team.id if team else None,
            user_id=user.id if user else None,
            created=now,
            expires=now + timedelta(hours=hours),
        )
    )
    return secret


def valid_link(
    context: Context, session: Session, secret: str, *, lock: bool = False
) -> Invitation:
    """Return a link that works, its team loaded; locked for the one who uses it.

    Raises:
        NotFound: when the link is unknown, was used, or has expired.
    """
    query = (
        select(Invitation)
        .where(Invitation.digest == digest_of(secret))
        .options(joinedload(Invitation.team))
    )
    if lock:
        query = query.with_for_update(of=Invitation)
    found = session.scalar(query)
    if found is None or found.used is not None or found.expires <= context.clock():
        raise NotFound(
            "This link does not work: it was used, has expired, or was replaced by a "
            "newer one; a link works once. Ask who sent it for another."
        )
    return found


def linked_user(session: Session, secret: str) -> User | None:
    """Return the account whose password a link sets, locked; None where it sets none.

    An account is locked before its links, see ``roster.find_user``.
    """
    return session.scalar(
        select(User)
        .join(Invitation, Invitation.user_id == User.id)
        .where(Invitation.digest == digest_of(secret))
        .with_for_update(of=User)
    )


def names_team(found: Invitation) -> bool:
    """Return whether who uses a link has to name a new team."""
    new = found.user_id is None and found.team_id is None
    return new and found.role == "participant"
