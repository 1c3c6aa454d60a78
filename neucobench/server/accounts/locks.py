"""Locks that last as long as a transaction, for what no row stands for yet.

SQLite has one writer at a time, so a transaction that writes already holds the lock.
"""

import hashlib

from sqlalchemy import text
from sqlalchemy.orm import Session


def hold(session: Session, subject: str) -> None:
    """Let transactions that hold the same subject follow one another.

    Args:
        session: a transaction that writes.
        subject: what must not change meanwhile, e.g. ``"names"``.
    """
    if session.get_bind().dialect.name != "postgresql":
        return
    digest = hashlib.sha256(subject.encode("utf-8")).digest()
    key = int.from_bytes(digest[:8], signed=True)
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})
