"""The scores that count: of each submission, those of the newest version."""

from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from neucobench.server.tables import Score


def newest_means(session: Session, ids: Collection[str]) -> dict[str, float | None]:
    """Return the mean Q of submissions that have a score, in one query."""
    newest = (
        select(Score.submission_id, func.max(Score.version).label("version"))
        .where(Score.submission_id.in_(ids))
        .group_by(Score.submission_id)
        .subquery()
    )
    found = session.execute(
        select(Score.submission_id, Score.mean_q).join(
            newest,
            (Score.submission_id == newest.c.submission_id)
            & (Score.version == newest.c.version),
        )
    )
    return {row.submission_id: row.mean_q for row in found}
