"""A new password for an account: every session of it ends."""

from neucobench.server.accounts.limits import forget, name_key, refund
from neucobench.server.accounts.passwords import (
    check_password,
    hash_password,
    verify_password,
)
from neucobench.server.accounts.reach import require_reach
from neucobench.server.accounts.roster import find_user, forget_secrets
from neucobench.server.accounts.sessions import begin_session, spend_login
from neucobench.server.accounts.visitor import Visitor
from neucobench.server.audit import record
from neucobench.server.context import Context
from neucobench.server.refusals import NotSignedIn


def set_password(context: Context, name: str, password: str, *, actor: str) -> None:
    """Give an account a new password, without asking for the old one.

    Args:
        context: the server.
        name: the account's name.
        password: the new one.
        actor: who does it; nobody but the command line knows others' passwords.

    Raises:
        NotAllowed: when the actor's role does not reach the account.
        NotFound: when there is no such account.
        Rejected: when the password is not acceptable.
    """
    check_password(password, name=name)
    hashed = hash_password(context.settings, password)
    with context.database.write() as session:
        user = find_user(session, name, lock=True)
        require_reach(session, actor, user.role)
        user.password = hashed
        forget_secrets(session, user)
        record(context, session, actor, "user-password", user.name)
        found = user.name
    forget(context, name_key("login", found))


def change_password(
    context: Context, visitor: Visitor, *, old: str, new: str, address: str
) -> str:
    """Replace a visitor's password, and return the secret of their only session.

    Args:
        context: the server.
        visitor: who asks.
        old: the present password, so that a browser left open is not enough.
        new: the one to come.
        address: where the request came from.

    Raises:
        NotSignedIn: when ``old`` is wrong.
        Rejected: when ``new`` is not acceptable.
        TooMany: when the account, or the address, has had too many wrong passwords.
    """
    check_password(new, name=visitor.name)
    attempts = spend_login(context, visitor.name, address)
    with context.database.read() as session:
        stored = find_user(session, visitor.name).password
    if not verify_password(context.settings, stored, old):
        raise NotSignedIn(
            "The present password is another one; a new one is set by who knows the "
            "present one. Type it again, or ask the host for a link."
        )
    refund(context, *attempts)
    hashed = hash_password(context.settings, new)
    with context.database.write() as session:
        user = find_user(session, visitor.name, lock=True)
        user.password = hashed
        forget_secrets(session, user)
        record(context, session, user.name, "user-password", user.name)
        return begin_session(context, session, user)
