"""The commands of ``admin`` that are about a server as a whole."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neucobench.cli import console
from neucobench.cli.admin_folder import DatabaseOption, DirOption, open_server
from neucobench.errors import MissingExtraError, UsageError

if TYPE_CHECKING:
    from neucobench.server.settings import Settings


def add_to(group: typer.Typer) -> None:
    """Add backup, restore, export and import to the group ``admin``."""
    for command in (backup, restore, export):
        group.command()(command)
    group.command("import")(import_leaderboard)


def backup(
    file: Annotated[Path, typer.Argument(help="The tar file to write.")],
    folder: DirOption = Path(),
    database: DatabaseOption = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a file that exists.")
    ] = False,
    as_json: console.JsonOption = False,
) -> None:
    """Write everything that a server keeps into one file; it may be running.

    The file holds the hidden labels, the server's secret, password hashes and all
    uploads: whoever can read it can win the challenge. Only its owner can.

    Example: neucobench admin backup backup.tar --dir server/
    """
    settings = _settings(folder, database)
    from neucobench.server.operations.backup import back_up

    report = back_up(settings, file, overwrite=overwrite)
    for problem in report.problems:
        console.say(f"Warning: {problem}")
    rows = sum(report.manifest.tables.values())
    console.say(
        f"{file}: {rows:,} rows and {len(report.manifest.members):,} files, "
        f"{report.bytes:,} bytes. It holds labels and secrets; keep it where only the "
        "hosts can read it."
    )
    if as_json:
        console.print_json(report.as_dict())


def restore(
    file: Annotated[Path, typer.Argument(help="A file that 'admin backup' wrote.")],
    folder: DirOption = Path(),
    database: DatabaseOption = None,
    as_json: console.JsonOption = False,
) -> None:
    """Make a server from a backup, in an empty folder and an empty database.

    The backup may be of an older version, and from the other kind of database. What
    was being scored is queued again when the server starts.

    Example: neucobench admin restore backup.tar --dir restored/
    """
    settings = _settings(folder, database)
    from neucobench.server.operations.restore import restore as run

    report = run(file, settings)
    console.say(
        f"{folder} holds the server as of {report.manifest.created:%Y-%m-%d %H:%M:%S} "
        f"UTC: {report.manifest.tables.get('submissions', 0):,} submissions. Start it "
        f"with: neucobench serve {shlex.quote(str(folder))}"
    )
    if as_json:
        console.print_json(report.as_dict())


def export(
    out: Annotated[
        Path,
        typer.Argument(
            metavar="DIR", callback=console.require_utf8, help="The site's folder."
        ),
    ],
    phase: Annotated[
        str | None, typer.Option(help="Only this phase; default: all of them.")
    ] = None,
    folder: DirOption = Path(),
    database: DatabaseOption = None,
    as_json: console.JsonOption = False,
) -> None:
    """Write the boards as a static site, which needs no server.

    It holds what the phases reveal, and nothing else. Run again, it changes only the
    files whose content has changed.

    Example: neucobench admin export site/ --dir server/
    """
    context = open_server(folder, database)
    from neucobench.server.operations.export import export_site

    report = export_site(context, out, phase=phase)
    console.say(
        f"{out / 'index.html'}: boards of phases: {report.phases}; files: "
        f"{len(report.files):,}, of which {report.written:,} are new or changed; "
        f"removed: {report.removed:,}."
    )
    if as_json:
        console.print_json(report.as_dict())


def import_leaderboard(
    file: Annotated[
        Path, typer.Argument(help="A leaderboard as EvalAI exports it, CSV.")
    ],
    phase: Annotated[
        str | None,
        typer.Option(help="Add it to the history of this phase of the server."),
    ] = None,
    challenge: Annotated[
        str | None,
        typer.Option(help="Write it as a published board of this name instead."),
    ] = None,
    challenge_phase: Annotated[
        str | None,
        typer.Option(help="The phase in the file, where it holds several."),
    ] = None,
    score: Annotated[
        str | None, typer.Option(help="The column with mean Q, by its name.")
    ] = None,
    date: Annotated[
        str | None,
        typer.Option(help="When the board stood so, UTC; default: the newest entry."),
    ] = None,
    out: Annotated[
        Path, typer.Option(help="The folder of the published board.")
    ] = Path(),
    folder: DirOption = Path(),
    database: DatabaseOption = None,
    as_json: console.JsonOption = False,
) -> None:
    """Read a leaderboard of EvalAI: team, mean Q and time, as facts.

    With --phase it becomes a state in the history of a phase; with --challenge a file
    that 'board history' replays. Scores are not recomputed, and no account is made.

    Example: neucobench admin import leaderboard.csv --challenge embed2scale --out .
    """
    if (phase is None) == (challenge is None):
        raise UsageError(
            "Say where the board goes: --phase P into the history of a phase, or "
            "--challenge NAME into a published board. Give one of them."
        )
    from neucobench.server.operations import import_evalai

    board = import_evalai.read_leaderboard(
        file, phase=challenge_phase, score=score, date=date
    )
    if phase is not None:
        import_evalai.add_to_history(open_server(folder, database), phase, board)
        console.say(f"{len(board.rows)} rows are in the history of {phase!r}.")
    else:
        assert challenge is not None
        path = import_evalai.write_published(board, challenge, out)
        console.say(f"{len(board.rows)} rows are in {path}.")
    if as_json:
        console.print_json(board.as_dict())


def _settings(folder: Path, database: str | None) -> "Settings":
    try:
        from neucobench.server.database import schema  # noqa: F401 - asks for alembic
        from neucobench.server.settings import Settings, database_url
    except ModuleNotFoundError as error:
        raise MissingExtraError(error.name or "sqlalchemy", extra="server") from error
    return Settings(folder=folder, database=database_url(folder, database))
