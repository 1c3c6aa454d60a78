"""The pages of an exported site beside the boards: the first one, and the rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from neucobench import __version__
from neucobench.reports.phase_words import Saying, phase_sayings
from neucobench.reports.templating import environment
from neucobench.server.challenges.desk import announcements
from neucobench.server.challenges.phases import PhaseRecord
from neucobench.server.context import Context

_PACKAGE = "neucobench.server.operations"


@dataclass(frozen=True, kw_only=True)
class PhaseLink:
    """Hold one phase as the first page lists it, its folder and the files in it."""

    name: str
    opens: str
    closes: str
    entries: int
    folder: str
    files: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Message:
    """Hold an announcement and when it was made."""

    text: str
    created: str


@dataclass(frozen=True, kw_only=True)
class ChallengeView:
    """Hold one challenge of the first page."""

    name: str
    title: str
    description: str
    announcements: tuple[Message, ...]
    phases: tuple[PhaseLink, ...]


@dataclass(frozen=True, kw_only=True)
class IndexView:
    """Hold what the first page says."""

    version: str
    title: str
    challenges: tuple[ChallengeView, ...]


@dataclass(frozen=True, kw_only=True)
class RulesView:
    """Hold what the page with a phase's rules says."""

    version: str
    title: str
    phase: str
    description: str
    home: str
    sayings: list[Saying]


def index_page(
    context: Context, phases: Sequence[tuple[PhaseRecord, PhaseLink]]
) -> str:
    """Return the first page.

    Args:
        context: the server's.
        phases: the phases with their links, those of one challenge together.
    """
    links: dict[str, list[PhaseLink]] = {}
    records: dict[str, PhaseRecord] = {}
    for record, link in phases:
        links.setdefault(record.challenge, []).append(link)
        records.setdefault(record.challenge, record)
    challenges = tuple(
        ChallengeView(
            name=name,
            title=record.title,
            description=record.card.description,
            announcements=_announcements(context, name),
            phases=tuple(links[name]),
        )
        for name, record in records.items()
    )
    title = challenges[0].title if len(challenges) == 1 else "Challenges"
    view = IndexView(version=__version__, title=title, challenges=challenges)
    return environment(_PACKAGE).get_template("index.html").render(view=view)


def rules_page(phase: PhaseRecord, *, home: str) -> str:
    """Return the page with a phase's rules; ``home`` leads to the first one."""
    view = RulesView(
        version=__version__,
        title=phase.title,
        phase=phase.name,
        description=phase.card.description,
        home=home,
        sayings=phase_sayings(
            phase.rules.model_copy(update={"closes": phase.closes}),
            suite=phase.card.suite,
            protocol=phase.card.protocol,
            rule=phase.card.rule,
            baselines_count=phase.card.baselines_count,
        ),
    )
    return environment(_PACKAGE).get_template("rules.html").render(view=view)


def clock_time(moment: datetime) -> str:
    """Return a moment as the pages show it."""
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def _announcements(context: Context, challenge: str) -> tuple[Message, ...]:
    return tuple(
        Message(text=row.text, created=clock_time(row.created))
        for row in announcements(context, challenge)
    )
