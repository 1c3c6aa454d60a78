"""Limits on how often something may be tried.

Attempts are counted in the database, so that a restart forgets none.
"""

import hashlib
import ipaddress
from datetime import timedelta
from math import ceil

from sqlalchemy import delete, select

from neucobench.server.accounts.locks import hold
from neucobench.server.context import Context
from neucobench.server.refusals import TooMany
from neucobench.server.tables import Attempt

_KEPT = timedelta(days=1)
_SWEPT_EVERY = 100
_NETWORK = 64


def spend(context: Context, key: str, *, limit: int, seconds: float) -> int:
    """Count one attempt and return its number, or refuse it.

    A refused attempt is not counted: who waits as long as the answer says gets in.

    Args:
        context: the server.
        key: what is limited, and whose it is, e.g. ``"upload:17"``; without secrets.
        limit: attempts in any span of ``seconds``.
        seconds: the span; a day at most.

    Raises:
        TooMany: when the limit is reached.
    """
    now = context.clock()
    start = now - timedelta(seconds=seconds)
    with context.database.write() as session:
        hold(session, key)
        recent = session.scalars(
            select(Attempt.created)
            .where(Attempt.key == key, Attempt.created > start)
            .order_by(Attempt.created.desc())
            .limit(limit)
        ).all()
        if len(recent) == limit:
            wait = max(1, ceil((recent[-1] - start).total_seconds()))
            raise TooMany(
                f"This was tried {limit} times in {_span(seconds)}, which is as often "
                f"as it may be. Try again in {_span(wait)}.",
                retry_after=wait,
            )
        attempt = Attempt(key=key, created=now)
        session.add(attempt)
        session.flush()
        if attempt.id % _SWEPT_EVERY == 0:
            session.execute(delete(Attempt).where(Attempt.created < now - _KEPT))
        return attempt.id


def refund(context: Context, *attempts: int) -> None:
    """Take attempts back that need not count, e.g. a login that worked."""
    with context.database.write() as session:
        session.execute(delete(Attempt).where(Attempt.id.in_(attempts)))


def forget(context: Context, key: str) -> None:
    """Take back all attempts of a key."""
    with context.database.write() as session:
        session.execute(delete(Attempt).where(Attempt.key == key))


def name_key(action: str, name: str) -> str:
    """Return the key of an action on an account, whether it exists or not.

    The name is kept as a digest: people type their passwords into the wrong field.
    """
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{action}:name:{digest}"


def address_key(action: str, address: str) -> str:
    """Return the key of an action from an address.

    One household has a whole IPv6 network of 64 bits, which counts as one address.
    """
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return f"{action}:address:{address[:64]}"
    if known.version == 6 and known.ipv4_mapped is not None:
        known = known.ipv4_mapped
    if known.version == 6:
        network = ipaddress.ip_network((int(known), _NETWORK), strict=False)
        return f"{action}:address:{network}"
    return f"{action}:address:{known}"


def _span(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} seconds"
    if seconds < 7200:
        return f"{ceil(seconds / 60)} minutes"
    return f"{ceil(seconds / 3600)} hours"
