"""API tokens: issued, recognized and revoked."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import joinedload

from neucobench.names import printable
from neucobench.server.accounts.digests import digest_of, new_secret
from neucobench.server.accounts.reach import require_reach
from neucobench.server.accounts.roster import find_user
from neucobench.server.accounts.visitor import Visitor, visitor_of
from neucobench.server.audit import COMMAND_LINE, record
from neucobench.server.context import Context
from neucobench.server.refusals import NotAllowed
from neucobench.server.tables import AccessToken, User

PREFIX = "nb_"
_LABEL = 80
# Often enough to see which token sleeps, seldom enough that reading stays reading.
_USE_NOTED = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class TokenFacts:
    """Hold what is known of a token; the token itself is not."""

    number: int
    label: str
    created: datetime
    used: datetime | None


def issue_token(
    context: Context,
    name: str,
    *,
    label: str = "command line",
    actor: str = COMMAND_LINE,
) -> str:
    """Return a new token of an account; it cannot be shown a second time.

    Args:
        context: the server.
        name: the account's name.
        label: what the owner calls it.
        actor: the account itself, or ``COMMAND_LINE``.

    Raises:
        NotAllowed: when somebody else asks.
        NotFound: when there is no such account.
    """
    token = new_secret(PREFIX)
    with context.database.write() as session:
        user = find_user(session, name)
        if actor not in (user.name, COMMAND_LINE):
            raise NotAllowed(
                "A token lets its holder act as the account, so only the account "
                "itself gets one; what a host or admin does goes by their own name. "
                "Use a token of yours."
            )
        session.add(
            AccessToken(
                user_id=user.id,
                name=printable(label)[:_LABEL],
                digest=digest_of(token),
                created=context.clock(),
            )
        )
        record(context, session, actor, "user-token", user.name)
    return token


def revoke_token(
    context: Context,
    name: str,
    *,
    number: int | None = None,
    actor: str = COMMAND_LINE,
) -> int:
    """Revoke a token of an account, or all of them; return how many that were.

    Args:
        context: the server.
        name: the account's name.
        number: which token, by ``TokenFacts.number``; None revokes all.
        actor: the account itself, a host, an admin, or ``COMMAND_LINE``.

    Raises:
        NotAllowed: when the actor's role does not reach the account.
        NotFound: when there is no such account.
    """
    with context.database.write() as session:
        user = find_user(session, name)
        if actor != user.name:
            require_reach(session, actor, user.role)
        query = select(AccessToken).where(
            AccessToken.user_id == user.id, AccessToken.revoked.is_(None)
        )
        if number is not None:
            query = query.where(AccessToken.id == number)
        tokens = session.scalars(query).all()
        for token in tokens:
            token.revoked = context.clock()
        if tokens:
            record(context, session, actor, "user-token-revoked", user.name)
        return len(tokens)


def list_tokens(context: Context, name: str) -> list[TokenFacts]:
    """Return an account's tokens that are not revoked, oldest first.

    Raises:
        NotFound: when there is no such account.
    """
    with context.database.read() as session:
        user = find_user(session, name)
        tokens = session.scalars(
            select(AccessToken)
            .where(AccessToken.user_id == user.id, AccessToken.revoked.is_(None))
            .order_by(AccessToken.id)
        )
        return [
            TokenFacts(
                number=token.id,
                label=token.name,
                created=token.created,
                used=token.used,
            )
            for token in tokens
        ]


def visitor_of_token(context: Context, token: str) -> Visitor | None:
    """Return whose token this is; None for one that is unknown or revoked."""
    if not token.startswith(PREFIX):
        return None
    query = (
        select(AccessToken)
        .where(AccessToken.digest == digest_of(token), AccessToken.revoked.is_(None))
        .options(joinedload(AccessToken.user).joinedload(User.team))
    )
    with context.database.read() as session:
        found = session.scalar(query)
        if found is None or found.user.deleted is not None:
            return None
        visitor, number, used = visitor_of(found.user), found.id, found.used
    if used is None or context.clock() - used > _USE_NOTED:
        _note_use(context, number)
    return visitor


def _note_use(context: Context, number: int) -> None:
    try:
        with context.database.write() as session:
            session.execute(
                update(AccessToken)
                .where(AccessToken.id == number)
                .values(used=context.clock())
            )
    except OperationalError:
        # A full disk must not lock out those who only want to read.
        return
