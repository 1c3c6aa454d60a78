"""The rules of a challenge's phase in words, for pages and for ``RULES.md``."""

from collections.abc import Iterator
from dataclasses import dataclass

from neucobench.leaderboard.card import Phase
from neucobench.reports.rules import rule_text

COUNTS = {
    "last-public": "A team's last public submission counts, even if an earlier one was "
    "better.",
    "best-public": "A team's best public submission counts.",
    "chosen": "The submission that a team has chosen counts; until it chooses, its "
    "last public one.",
}
REVEALS = {
    "mean-q": "Ranks and mean Q, rounded to three digits after the point. Nothing is "
    "shown about single tasks.",
    "coded-tasks": "Mean Q, and Q and rank per task under code names, rounded. Which "
    "name is which task stays hidden.",
    "everything": "All scores of all tasks.",
}


@dataclass(frozen=True, kw_only=True)
class Saying:
    """Hold one rule: what it is about, and a sentence."""

    term: str
    sentence: str


def phase_sayings(
    phase: Phase, *, suite: str, protocol: str, rule: str, baselines_count: bool
) -> list[Saying]:
    """Return the rules of a phase, one saying for each.

    Args:
        phase: the phase.
        suite: the name of the suite that is scored.
        protocol: the name of the protocol that scores it.
        rule: how scores become ranks.
        baselines_count: whether baselines are ranked as any other entry.
    """
    said = [
        ("Opens", _moment_sentence(phase, opens=True)),
        ("Closes", _moment_sentence(phase, opens=False)),
        ("Tasks", f"Those of the suite {suite}, scored under {protocol}."),
        ("File", _file_sentence(phase)),
        ("Ranking", rule_text(rule).sentence),
        *_conduct(phase),
        ("Baselines", _baselines_sentence(count=baselines_count)),
    ]
    return [Saying(term=term, sentence=sentence) for term, sentence in said]


def quota_sentence(phase: Phase) -> str:
    """Return how many scores a team may ask for."""
    day, total = phase.quota_per_day, phase.quota_total
    if day and total:
        limit = f"{day} a day (UTC) and {total} in all"
    elif day or total:
        limit = f"{day} a day (UTC)" if day else f"{total} in all"
    else:
        return "A team may hand in as many files as it likes."
    return (
        f"A team has {limit}. Only a score uses one up: a file that is refused, or a "
        "run that fails, does not."
    )


def _conduct(phase: Phase) -> Iterator[tuple[str, str]]:
    yield "Which entry counts", COUNTS[phase.counts]
    yield "What is shown", REVEALS[phase.reveals]
    yield "Quota", quota_sentence(phase)
    yield (
        "Private submissions",
        "A team may keep a submission private: it is scored, uses quota, and stays "
        "off the board."
        if phase.private_submissions
        else "Every submission is public.",
    )
    yield "Transductive entries", _transductive_sentence(phase.transductive)
    yield "Failures", _failures_sentence(phase.failed_probes_allowed)


def _moment_sentence(phase: Phase, *, opens: bool) -> str:
    if opens:
        return f"{phase.opens:%Y-%m-%d %H:%M:%S} UTC"
    return f"{phase.closes:%Y-%m-%d %H:%M:%S} UTC; the last second counts"


def _file_sentence(phase: Phase) -> str:
    length = f" Vectors have at most {phase.dims:,} dimensions." if phase.dims else ""
    if phase.max_vector_bytes:
        length += f" A vector takes at most {phase.max_vector_bytes:,} bytes."
    limit = phase.max_upload_bytes
    size = f" The file has at most {limit:,} bytes." if limit else ""
    return (
        "CSV, Parquet or npz, with one vector per cube and the cube's id beside it."
        f"{length}{size}"
    )


def _transductive_sentence(allowed: bool | None) -> str:
    if allowed is None:
        return (
            "The card does not say whether an encoder may have seen the cubes that are "
            "scored; entries that have are marked."
        )
    if allowed:
        return (
            "An encoder may have seen the cubes that are scored; such entries are "
            "marked."
        )
    return "An encoder must not have seen the cubes that are scored."


def _failures_sentence(allowed: int) -> str:
    if not allowed:
        return (
            "Every fold of every task must end with a score; otherwise the run fails, "
            "with a sentence, and uses no quota."
        )
    return (
        f"Up to {allowed} folds of a task may end without a score; with more, the run "
        "fails, with a sentence, and uses no quota."
    )


def _baselines_sentence(*, count: bool) -> str:
    if count:
        return "Baselines are ranked as any other entry."
    return (
        "Baselines stand where their score puts them, without a rank; they change "
        "nobody's rank and no weight."
    )
