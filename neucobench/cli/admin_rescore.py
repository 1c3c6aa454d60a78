"""The command ``admin rescore``."""

from pathlib import Path
from typing import Annotated

import typer

from neucobench.cli.admin_folder import DatabaseOption, DirOption, open_server
from neucobench.cli.console import JsonOption, print_json, say
from neucobench.errors import UsageError


def add_to(group: typer.Typer) -> None:
    """Add the command to the group ``admin``."""
    group.command("rescore")(rescore_submissions)


def rescore_submissions(
    phase: Annotated[
        str | None, typer.Option(help="The phase; default: all of them.")
    ] = None,
    submission: Annotated[
        str | None, typer.Option(help="One submission, by its id.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    folder: DirOption = Path(),
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Score submissions again: those that have a score, and those that failed.

    Old scores are kept beside the new ones, of which the newest counts. The running
    server, or the next one, does the work.

    Example: neucobench admin rescore --phase practice --dir server/
    """
    if phase is not None and submission is not None:
        raise UsageError(
            "Both --phase and --submission are given; name a phase, or one submission."
        )
    context = open_server(folder, database)
    from neucobench.server.audit import COMMAND_LINE
    from neucobench.server.submissions.rescore import rescorable, rescore

    count = len(rescorable(context, phase=phase, submission=submission))
    if count and not yes:
        where = f" of the phase {phase!r}" if phase else "" if submission else " in all"
        plural = "s" if count > 1 else ""
        question = f"Score {count} submission{plural}{where} again?"
        typer.confirm(question, abort=True, err=True)
    queued = rescore(context, phase=phase, submission=submission, actor=COMMAND_LINE)
    say(f"Queued to be scored again: {queued}. Old scores are kept.")
    if as_json:
        print_json({"queued": queued})
