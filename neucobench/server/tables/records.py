"""What the server writes down for its hosts: the audit log, and attempts to count."""

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from neucobench.server.tables.base import Base, Moment


class AuditEntry(Base):
    """Hold one act: who did what to what; no secret and no label is ever in it.

    Attributes:
        id: its number.
        created: when.
        actor: the account's name, or ``command line``.
        action: a stable, hyphenated name, e.g. ``"submission-withdrawn"``.
        target: what it was done to.
        detail: what else there is to say.
    """

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True)
    created: Mapped[datetime] = mapped_column(Moment, index=True)
    actor: Mapped[str] = mapped_column(String(80))
    action: Mapped[str] = mapped_column(String(40))
    target: Mapped[str] = mapped_column(String(255))
    detail: Mapped[str] = mapped_column(Text, default="")


class Attempt(Base):
    """Hold one attempt of a kind that is limited, e.g. a login that failed."""

    __tablename__ = "attempts"
    __table_args__ = (Index("ix_attempts_key_created", "key", "created"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(160))
    created: Mapped[datetime] = mapped_column(Moment)
