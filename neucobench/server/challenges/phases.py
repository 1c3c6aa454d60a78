"""The phases of a server's challenges, as the database has them now."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from neucobench.leaderboard.card import BoardCard, Phase
from neucobench.names import printable
from neucobench.server.context import Context
from neucobench.server.refusals import NotFound
from neucobench.server.tables import ChallengePhase

State = Literal["upcoming", "open", "closed", "archived"]


@dataclass(frozen=True, kw_only=True)
class PhaseRecord:
    """Hold what the server knows about one phase.

    Attributes:
        id: the phase's number.
        key: what addresses name it by, unique on the server.
        name: its name on the card.
        challenge: the challenge's name.
        title: the challenge's heading.
        card: the challenge's card, as it was when the challenge was created.
        rules: the phase's own rules, with the dates as they are now.
        labels: the folder of its label files; for workers only.
        ids: the file with the ids that a submission must cover, one in each line.
        codes: task to code name.
        revision: goes up with every change that a board may show.
        closed: when a host closed it before its time.
        archived: whether its challenge is archived, and so read-only.
    """

    id: int
    key: str
    name: str
    challenge: str
    title: str
    card: BoardCard
    rules: Phase
    labels: Path
    ids: Path
    codes: Mapping[str, str]
    revision: int
    closed: datetime | None
    archived: bool

    def state(self, now: datetime) -> State:
        """Return where the phase stands; its last second is part of it."""
        if self.archived:
            return "archived"
        if now < self.rules.opens:
            return "upcoming"
        if self.closed is not None and now >= self.closed:
            return "closed"
        late = now.replace(microsecond=0) > self.rules.closes
        return "closed" if late else "open"

    @property
    def closes(self) -> datetime:
        """Return when it closes, or was closed."""
        return min(self.closed or self.rules.closes, self.rules.closes)


def list_phases(context: Context) -> list[PhaseRecord]:
    """Return every phase, those of one challenge together, in the card's order."""
    with context.database.read() as session:
        rows = session.scalars(
            select(ChallengePhase)
            .options(joinedload(ChallengePhase.challenge))
            .order_by(ChallengePhase.challenge_id, ChallengePhase.id)
        )
        return [record_of(context, row) for row in rows]


def phase_of(context: Context, key: str) -> PhaseRecord:
    """Return a phase by its key, or by ``<challenge>-<name>``.

    Raises:
        NotFound: when there is none; the message names the nearest ones.
    """
    with context.database.read() as session:
        row = session.scalar(
            select(ChallengePhase)
            .options(joinedload(ChallengePhase.challenge))
            .where(ChallengePhase.key == key)
        )
        if row is not None:
            return record_of(context, row)
    phases = list_phases(context)
    for phase in phases:
        if f"{phase.challenge}-{phase.name}" == key:
            return phase
    raise NotFound(_unknown(key, [phase.key for phase in phases]))


def phase_numbered(context: Context, session: Session, phase_id: int) -> PhaseRecord:
    """Return a phase as a transaction sees it.

    Raises:
        NotFound: when there is none of that number.
    """
    row = session.get(
        ChallengePhase,
        phase_id,
        options=[joinedload(ChallengePhase.challenge)],
        populate_existing=True,
    )
    if row is None:
        raise NotFound("The phase is no longer there; look for another one.")
    return record_of(context, row)


def bump(session: Session, phase_id: int) -> None:
    """Raise a phase's revision: its board may have changed with this transaction."""
    session.execute(
        update(ChallengePhase)
        .where(ChallengePhase.id == phase_id)
        .values(revision=ChallengePhase.revision + 1)
    )


def record_of(context: Context, row: ChallengePhase) -> PhaseRecord:
    """Return a row, whose challenge is loaded, as a record."""
    card = card_from(row.challenge.card)
    return PhaseRecord(
        id=row.id,
        key=row.key,
        name=row.name,
        challenge=row.challenge.name,
        title=card.title,
        card=card,
        rules=rules_from(row.settings),
        labels=context.settings.folder / row.labels,
        ids=context.settings.folder / row.ids,
        codes=MappingProxyType(row.codes),
        revision=row.revision,
        closed=row.closed,
        archived=row.challenge.archived is not None,
    )


def card_from(stored: Mapping[str, Any]) -> BoardCard:
    """Return a board card from its JSON in the database."""
    return _card(json.dumps(stored))


def rules_from(stored: Mapping[str, Any]) -> Phase:
    """Return a phase's rules from their JSON in the database."""
    return _rules(json.dumps(stored))


@lru_cache(maxsize=64)
def _card(text: str) -> BoardCard:
    return BoardCard.model_validate_json(text)


@lru_cache(maxsize=256)
def _rules(text: str) -> Phase:
    return Phase.model_validate_json(text)


def _unknown(key: str, known: list[str]) -> str:
    near = get_close_matches(key, known, n=3, cutoff=0.5)
    if near:
        hint = "Did you mean " + " or ".join(repr(name) for name in near) + "?"
    else:
        hint = "There are: " + (", ".join(known[:20]) or "none yet") + "."
    return f"There is no phase {printable(key)[:80]!r} here. {hint}"
