"""Challenges, their phases, what hosts announce, and how the standings changed."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from neucobench.server.tables.base import Base, Moment


class Challenge(Base):
    """Hold a challenge: the board card as it was when the challenge was created.

    Attributes:
        id: the challenge's number.
        name: the card's name, unique.
        card: the card, as ``BoardCard.as_dict`` gives it.
        created: when it was made.
        archived: when it was archived; an archived challenge is read-only.
    """

    __tablename__ = "challenges"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    card: Mapped[dict[str, Any]] = mapped_column(JSON)
    created: Mapped[datetime] = mapped_column(Moment)
    archived: Mapped[datetime | None] = mapped_column(Moment)
    phases: Mapped[list["ChallengePhase"]] = relationship(
        back_populates="challenge", order_by="ChallengePhase.id"
    )


class ChallengePhase(Base):
    """Hold a phase of a challenge.

    Attributes:
        id: the phase's number.
        challenge_id: its challenge.
        key: what addresses name it by, unique on the server: the phase's name, or
            ``<challenge>-<name>`` where another challenge has that name.
        name: the name on the card.
        settings: the phase as the card has it (``leaderboard.card.Phase``); a host may
            change its dates.
        labels: the folder of its label files, relative to the server's folder; read
            by workers only.
        ids: the file with the ids that a submission must cover, relative to the
            server's folder.
        codes: task to code name, e.g. ``{"forest": "task-03"}``; drawn once.
        closed: when a host closed it before its time.
        revision: goes up with every change that a board may show.
    """

    __tablename__ = "phases"

    id: Mapped[int] = mapped_column(primary_key=True)
    challenge_id: Mapped[int] = mapped_column(ForeignKey("challenges.id"), index=True)
    key: Mapped[str] = mapped_column(String(160), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    settings: Mapped[dict[str, Any]] = mapped_column(JSON)
    labels: Mapped[str] = mapped_column(String(255))
    ids: Mapped[str] = mapped_column(String(255))
    codes: Mapped[dict[str, str]] = mapped_column(JSON)
    closed: Mapped[datetime | None] = mapped_column(Moment)
    revision: Mapped[int] = mapped_column(default=0)
    challenge: Mapped[Challenge] = relationship(back_populates="phases")


class Announcement(Base):
    """Hold a host's message; shown on every page of its challenge."""

    __tablename__ = "announcements"

    id: Mapped[int] = mapped_column(primary_key=True)
    challenge_id: Mapped[int] = mapped_column(ForeignKey("challenges.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    created: Mapped[datetime] = mapped_column(Moment)
    withdrawn: Mapped[datetime | None] = mapped_column(Moment)


class Standing(Base):
    """Hold one state of a phase's board; the states in a row are its history.

    Attributes:
        id: the state's number.
        phase_id: its phase.
        revision: the phase's revision that it shows.
        created: when that revision was made.
        rows: ``[{"rank": .., "team": .., "method": .., "mean_q": ..}, ...]`` as the
            phase reveals them.
    """

    __tablename__ = "standings"
    __table_args__ = (UniqueConstraint("phase_id", "revision"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    phase_id: Mapped[int] = mapped_column(ForeignKey("phases.id"), index=True)
    revision: Mapped[int]
    created: Mapped[datetime] = mapped_column(Moment)
    rows: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
