"""The commands ``admin challenge``: make a challenge, and run it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neucobench.cli.admin_folder import DatabaseOption, DirOption, open_server
from neucobench.cli.admin_split import challenge_split
from neucobench.cli.console import JsonOption, output, print_json, say
from neucobench.errors import UsageError

if TYPE_CHECKING:
    from neucobench.server.challenges.phases import PhaseRecord

PhaseArgument = Annotated[str, typer.Argument(metavar="PHASE", help="A phase.")]
Challenge = Annotated[str, typer.Argument(metavar="NAME", help="A challenge.")]
Moment = Annotated[
    str | None, typer.Option(help="UTC, e.g. 2026-05-01T00:00:00Z or 2026-05-01.")
]


def add_to(group: typer.Typer) -> None:
    """Add the commands ``challenge`` to the group ``admin``."""
    challenge = typer.Typer(
        name="challenge",
        help="Challenges: create, list, dates, announce, close, archive, split.\n\n"
        "Example: neucobench admin challenge list --dir server/",
        no_args_is_help=True,
    )
    challenge.command("create")(challenge_create)
    challenge.command("list")(challenge_list)
    challenge.command("dates")(challenge_dates)
    challenge.command("close")(challenge_close)
    challenge.command("archive")(challenge_archive)
    challenge.command("announce")(challenge_announce)
    challenge.command("split")(challenge_split)
    group.add_typer(challenge)


def challenge_create(
    board: Annotated[
        str, typer.Argument(metavar="BOARD", help="A board card with phases.")
    ],
    labels: Annotated[
        Path,
        typer.Option(help="Label files; those of one phase in a folder of its name."),
    ],
    ids: Annotated[
        Path | None,
        typer.Option(help="The cubes to be covered; default: the labeled ones."),
    ] = None,
    folder: DirOption = Path(),
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a challenge from a board card; its labels are copied into the folder.

    Example: neucobench admin challenge create cvpr2025 --labels labels/ --dir server/
    """
    context = open_server(folder, database, begin=True)
    from neucobench.server.audit import COMMAND_LINE
    from neucobench.server.challenges.create import create_challenge

    phases = create_challenge(
        context, board, labels=labels, ids=ids, actor=COMMAND_LINE
    )
    say(f"The challenge {board} has {len(phases)} phases; its labels are in {folder}.")
    _show(phases, context.clock(), as_json=as_json)


def challenge_list(
    folder: DirOption = Path(),
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the challenges and their phases.

    Example: neucobench admin challenge list --dir server/
    """
    context = open_server(folder, database)
    from neucobench.server.challenges.phases import list_phases

    _show(list_phases(context), context.clock(), as_json=as_json)


def challenge_dates(
    phase: PhaseArgument,
    opens: Moment = None,
    closes: Moment = None,
    folder: DirOption = Path(),
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change when a phase opens or closes; one that was closed is open again.

    A day without a time begins at midnight; as a closing date it is its last second.

    Example: neucobench admin challenge dates dev --closes 2026-05-31 --dir server/
    """
    first, last = _moment(opens, end=False), _moment(closes, end=True)
    if first is None and last is None:
        raise UsageError("Nothing is to be changed; give --opens, --closes or both.")
    context = open_server(folder, database)
    from neucobench.server.audit import COMMAND_LINE
    from neucobench.server.challenges.desk import set_dates

    changed = set_dates(context, phase, opens=first, closes=last, actor=COMMAND_LINE)
    say(f"The dates of {changed.key} are changed.")
    _show([changed], context.clock(), as_json=as_json)


def challenge_close(
    phase: PhaseArgument,
    folder: DirOption = Path(),
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Close a phase now; what is in the queue is still scored.

    Example: neucobench admin challenge close dev --dir server/
    """
    context = open_server(folder, database)
    from neucobench.server.audit import COMMAND_LINE
    from neucobench.server.challenges.desk import close_phase

    closed = close_phase(context, phase, actor=COMMAND_LINE)
    say(f"The phase {closed.key} is closed.")
    _show([closed], context.clock(), as_json=as_json)


def challenge_archive(
    name: Challenge,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    folder: DirOption = Path(),
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Archive a challenge: its boards stay, nothing is accepted any more.

    Example: neucobench admin challenge archive cvpr2025 --dir server/
    """
    context = open_server(folder, database)
    from neucobench.server.audit import COMMAND_LINE
    from neucobench.server.challenges.desk import archive

    if not yes:
        question = f"Archive the challenge {name!r}? It cannot be opened again."
        typer.confirm(question, abort=True, err=True)
    archive(context, name, actor=COMMAND_LINE)
    say(f"The challenge {name} is archived.")
    if as_json:
        print_json({"challenge": name, "archived": True})


def challenge_announce(
    name: Challenge,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What to say.")],
    folder: DirOption = Path(),
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a message on every page of a challenge.

    Example: neucobench admin challenge announce cvpr2025 "The test phase opens soon."
    """
    context = open_server(folder, database)
    from neucobench.server.audit import COMMAND_LINE
    from neucobench.server.challenges.desk import announce

    number = announce(context, name, text, actor=COMMAND_LINE)
    say(f"Announcement {number} is on the pages of {name}.")
    if as_json:
        print_json({"challenge": name, "announcement": number, "text": text.strip()})


def _moment(text: str | None, *, end: bool) -> datetime | None:
    """Return a date that was typed; a day alone is its first, or last, second."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"{text!r} is not a date; give one such as 2026-05-01T00:00:00Z or "
            "2026-05-01, in UTC."
        ) from error
    if moment.utcoffset():
        raise UsageError(f"{text!r} is not in UTC; convert it and end it with Z.")
    if len(text) <= len("2026-05-01") and end:
        moment = moment.replace(hour=23, minute=59, second=59)
    return moment.replace(tzinfo=UTC, microsecond=0)


def _show(phases: list["PhaseRecord"], now: datetime, *, as_json: bool) -> None:
    if as_json:
        print_json([_describe(phase, now) for phase in phases])
        return
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("challenge", "phase", "state", "opens", "closes", "reveals"):
        table.add_column(column)
    for phase in phases:
        opens, closes = phase.rules.opens, phase.closes
        table.add_row(
            phase.challenge,
            phase.key,
            phase.state(now),
            f"{opens:%Y-%m-%d %H:%M}",
            f"{closes:%Y-%m-%d %H:%M}",
            phase.rules.reveals,
        )
    output.print(table)


def _describe(phase: "PhaseRecord", now: datetime) -> dict[str, Any]:
    from neucobench.server.clock import stamp

    return {
        "challenge": phase.challenge,
        "phase": phase.key,
        "name": phase.name,
        "state": phase.state(now),
        "opens": stamp(phase.rules.opens),
        "closes": stamp(phase.closes),
        "rules": phase.rules.model_dump(mode="json"),
    }
