"""Sessions of browsers: begun by a login, recognized by a cookie, ended.

A login makes a new secret, whatever the browser sent: a secret that somebody else
planted is worth nothing afterwards.
"""

from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, joinedload

from neucobench.server.accounts.digests import digest_of, new_secret
from neucobench.server.accounts.limits import address_key, name_key, refund, spend
from neucobench.server.accounts.names import is_name, normal_name
from neucobench.server.accounts.passwords import (
    hash_password,
    is_outdated,
    verify_password,
)
from neucobench.server.accounts.visitor import Visitor, visitor_of
from neucobench.server.context import Context
from neucobench.server.refusals import NotSignedIn
from neucobench.server.tables import BrowserSession, User

LASTS = timedelta(days=14)
QUARTER_HOUR = 900

_WRONG = (
    "There is no account with this name and this password. Type both again, or ask the "
    "host for a link that sets a new password."
)


def log_in(context: Context, name: str, password: str, *, address: str) -> str:
    """Return the secret of a new session, for the cookie.

    An unknown name takes as long, counts as much and is answered the same as a wrong
    password.

    Args:
        context: the server.
        name: the account's name.
        password: as it was typed.
        address: where the request came from.

    Raises:
        NotSignedIn: when the name or the password is wrong.
        TooMany: when the account, or the address, has had too many failed logins.
    """
    wanted = normal_name(name)
    attempts = spend_login(context, wanted, address)
    user = _user_named(context, wanted)
    stored = user.password if user else None
    right = verify_password(context.settings, stored, password)
    if user is None or stored is None or not right:
        raise NotSignedIn(_WRONG)
    refund(context, *attempts)
    renewed = None
    if is_outdated(context.settings, stored):
        renewed = hash_password(context.settings, password)
    with context.database.write() as session:
        return _begin_checked(context, session, user.id, stored, renewed)


def spend_login(context: Context, name: str, address: str) -> tuple[int, int]:
    """Count a login before its password is looked at, and return the two attempts.

    Counted first, so that a hundred at once are not looked at a hundred times.

    Raises:
        TooMany: when the account, or the address, has had too many failed logins.
    """
    limit = context.settings.logins_per_quarter_hour
    place = address_key("login", address)
    first = spend(context, place, limit=limit, seconds=QUARTER_HOUR)
    key = name_key("login", name)
    return first, spend(context, key, limit=limit, seconds=QUARTER_HOUR)


def visitor_of_session(context: Context, secret: str) -> Visitor | None:
    """Return whose session this is; None for one that is unknown, ended or expired."""
    query = (
        select(BrowserSession)
        .where(BrowserSession.digest == digest_of(secret))
        .options(joinedload(BrowserSession.user).joinedload(User.team))
    )
    with context.database.read() as session:
        found = session.scalar(query)
        if found is None or found.expires <= context.clock():
            return None
        return None if found.user.deleted is not None else visitor_of(found.user)


def log_out(context: Context, secret: str) -> None:
    """End a session; its cookie is worth nothing from now on."""
    with context.database.write() as session:
        session.execute(
            delete(BrowserSession).where(BrowserSession.digest == digest_of(secret))
        )


def begin_session(context: Context, session: Session, user: User) -> str:
    """Return the secret of a new session, and forget the account's expired ones."""
    now = context.clock()
    session.execute(
        delete(BrowserSession).where(
            BrowserSession.user_id == user.id, BrowserSession.expires <= now
        )
    )
    secret = new_secret()
    session.add(
        BrowserSession(
            user_id=user.id, digest=digest_of(secret), created=now, expires=now + LASTS
        )
    )
    return secret


def _user_named(context: Context, name: str) -> User | None:
    # A database refuses some of the texts that people send; those are no names.
    if not is_name(name):
        return None
    with context.database.read() as session:
        return session.scalar(
            select(User).where(User.name == name, User.deleted.is_(None))
        )


def _begin_checked(
    context: Context, session: Session, user_id: int, stored: str, renewed: str | None
) -> str:
    # The password may have been changed while this one was being verified.
    user = session.scalar(
        select(User)
        .where(User.id == user_id, User.password == stored, User.deleted.is_(None))
        .with_for_update()
    )
    if user is None:
        raise NotSignedIn(_WRONG)
    user.password = renewed or stored
    return begin_session(context, session, user)
