"""Which submissions a board shows: one per team, and the baselines beside them.

A team's entry is chosen among its public submissions that have a score and were not
withdrawn. ``last-public`` takes the one handed in last, ``best-public`` the one with
the highest mean Q, ``chosen`` the one that the team chose, and the last one while it
has chosen none.
"""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, select
from sqlalchemy.orm import Session, aliased

from neucobench.leaderboard.card import Phase
from neucobench.leaderboard.reveal import MEAN_Q_DIGITS
from neucobench.server.challenges.phases import PhaseRecord
from neucobench.server.tables import Score, Submission, Team

_FIELDS = (
    Submission.id,
    Submission.method,
    Submission.team_id,
    Submission.baseline,
    Submission.chosen,
    Submission.transductive,
    Submission.verified,
    Submission.card,
    Submission.created,
    Submission.scored,
    Submission.dims,
    Submission.bytes_per_vector,
)


@dataclass(frozen=True, kw_only=True)
class EntryFacts:
    """Hold what a board's page says about an entry beside its scores.

    Attributes:
        id: the submission's.
        label: what the entry is called on the board; unique there.
        method: the method's name.
        team: the team's name; empty for a baseline.
        team_id: the team's number, or None.
        baseline: whether it is a baseline.
        transductive: whether its encoder has seen the cubes that are scored.
        verified: whether a host has reproduced it.
        card: the method card.
        created: when it was handed in.
        scored: when it was first scored.
        dims: dimensions of a vector.
        bytes_per_vector: as stored.
        version: which version of its score counts, the newest.
        scorer: the version of NeuCo-Bench that made it.
    """

    id: str
    label: str
    method: str
    team: str
    team_id: int | None
    baseline: bool
    transductive: bool
    verified: bool
    card: Mapping[str, str]
    created: datetime
    scored: datetime | None
    dims: int
    bytes_per_vector: int
    version: int
    scorer: str


def counted_entries(session: Session, phase: PhaseRecord) -> dict[int, EntryFacts]:
    """Return the entries of a phase's board, sorted by what they are called there.

    Returns:
        The number of the score that counts, to the facts about its entry.
    """
    chosen: dict[Hashable, Row[Any]] = {}
    for row in sorted(_candidates(session, phase.id), key=_order(phase.rules)):
        owner = ("baseline", row.method) if row.baseline else ("team", row.team_id)
        chosen[owner] = row
    rows = list(chosen.values())
    labels = _labels(rows, reserved=phase.card.baselines)
    found = {
        row.score_id: _facts(row, label=label)
        for row, label in zip(rows, labels, strict=True)
    }
    return dict(sorted(found.items(), key=lambda item: item[1].label))


def _candidates(session: Session, phase_id: int) -> list[Row[Any]]:
    """Return the public entries that have a score, each with its newest.

    The evaluations are large, and left where they are.
    """
    later = aliased(Score)
    wanted = (
        select(
            *_FIELDS,
            Team.name.label("team"),
            Score.id.label("score_id"),
            Score.version,
            Score.scorer,
            Score.mean_q,
        )
        .join(Score, Score.submission_id == Submission.id)
        .outerjoin(Team, Team.id == Submission.team_id)
        .where(
            Submission.phase_id == phase_id,
            Submission.public,
            Submission.status == "scored",
            Submission.withdrawn.is_(None),
            Score.version == _newest_version(later),
        )
    )
    rows: list[Row[Any]] = list(session.execute(wanted))
    return rows


def _newest_version(later: type[Score]) -> ColumnElement[int | None]:
    return (
        select(func.max(later.version))
        .where(and_(later.submission_id == Submission.id))
        .correlate(Submission)
        .scalar_subquery()
    )


def _order(rules: Phase) -> Any:
    """Return the key that sorts a team's entry to the end of its submissions.

    The best one is the best of what is shown: which of two that look the same is on the
    board would otherwise tell which has the larger hidden digits.
    """
    digits = None if rules.reveals == "everything" else MEAN_Q_DIGITS

    def key(row: Row[Any]) -> tuple[Any, ...]:
        last = (row.created, row.id)
        if rules.counts == "best-public" and not row.baseline:
            mean = row.mean_q or 0.0
            shown = mean if digits is None else round(mean, digits)
            return (row.mean_q is not None, shown, *last)
        return (rules.counts == "chosen" and row.chosen, *last)

    return key


def _labels(rows: Sequence[Row[Any]], *, reserved: Sequence[str]) -> list[str]:
    """Return what the entries are called: their method, and the team where needed.

    It is needed where two entries have the same name, where a team uses the name of a
    baseline, and where a team's name would look like that of another entry.
    """
    baselines = {*reserved, *(row.method for row in rows if row.baseline)}
    count = Counter(row.method for row in rows)

    def long(row: Row[Any]) -> str:
        return f"{row.method} ({row.team})" if row.team else str(row.method)

    clear = {
        row.id: not row.baseline and (count[row.method] > 1 or row.method in baselines)
        for row in rows
    }
    given = {long(row) for row in rows if clear[row.id]}
    labels: list[str] = []
    for row in rows:
        label = long(row) if clear[row.id] or row.method in given else str(row.method)
        while label in labels:
            label += " #2"
        labels.append(label)
    return labels


def _facts(row: Row[Any], *, label: str) -> EntryFacts:
    return EntryFacts(
        id=row.id,
        label=label,
        method=row.method,
        team="" if row.baseline else row.team or "",
        team_id=row.team_id,
        baseline=row.baseline,
        transductive=row.transductive,
        verified=row.verified,
        card=row.card,
        created=row.created,
        scored=row.scored,
        dims=row.dims,
        bytes_per_vector=row.bytes_per_vector,
        version=row.version,
        scorer=row.scorer,
    )
