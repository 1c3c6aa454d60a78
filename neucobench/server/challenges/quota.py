"""How many submissions a team has left in a phase; only scores use them up."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from neucobench.server.challenges.phases import PhaseRecord
from neucobench.server.clock import day_start
from neucobench.server.tables import Submission


@dataclass(frozen=True, kw_only=True)
class Quota:
    """Hold what a team may submit, and has submitted, in a phase.

    Attributes:
        per_day: scores for each UTC day; None: no limit.
        total: scores in the whole phase; None: no limit.
        used_today: submissions of today that have a score.
        used: submissions that have a score, withdrawn ones included.
        waiting_today: submissions of today that are queued or being scored.
        waiting: submissions that are queued or being scored.
    """

    per_day: int | None
    total: int | None
    used_today: int
    used: int
    waiting_today: int
    waiting: int

    @property
    def left(self) -> int | None:
        """Return how many may be handed in now; None: no limit."""
        return min(
            (
                max(0, rest)
                for rest in (self._today(), self._in_all())
                if rest is not None
            ),
            default=None,
        )

    @property
    def used_up_by_day(self) -> bool:
        """Return whether it is the day's limit alone that leaves nothing."""
        in_all = self._in_all()
        return self.left == 0 and (in_all is None or in_all > 0)

    def _today(self) -> int | None:
        if self.per_day is None:
            return None
        return self.per_day - self.used_today - self.waiting_today

    def _in_all(self) -> int | None:
        return None if self.total is None else self.total - self.used - self.waiting


def quota(session: Session, phase: PhaseRecord, team_id: int, now: datetime) -> Quota:
    """Return a team's quota in a phase, as a transaction sees it.

    A submission that is queued or running reserves its place; one that failed, or was
    withdrawn before it had a score, gives it back. A day is one of UTC, and that of
    the submission's acceptance.

    Args:
        session: the transaction; to count and then add, it must hold the team's row.
        phase: the phase.
        team_id: the team.
        now: says which day is today.
    """
    scored = Submission.scored.is_not(None)
    waiting = and_(~scored, Submission.status.in_(("queued", "running")))
    today = Submission.created >= day_start(now)
    used_today, used, waiting_today, waiting_in_all = session.execute(
        select(
            _count(and_(scored, today)),
            _count(scored),
            _count(and_(waiting, today)),
            _count(waiting),
        ).where(
            Submission.phase_id == phase.id,
            Submission.team_id == team_id,
            Submission.baseline.is_(False),
        )
    ).one()
    return Quota(
        per_day=phase.rules.quota_per_day,
        total=phase.rules.quota_total,
        used_today=used_today,
        used=used,
        waiting_today=waiting_today,
        waiting=waiting_in_all,
    )


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count(Submission.id).filter(condition)
