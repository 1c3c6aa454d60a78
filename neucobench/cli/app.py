"""The command ``neucobench``: the table of its commands, and its exit codes.

Exit 0: done. Exit 1: the input is bad or missing. Exit 2: the command line is wrong.
Exit 130: interrupted.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from neucobench.cli import console
from neucobench.cli import data as data_commands
from neucobench.cli.admin import admin_group
from neucobench.cli.board import board_build, board_history
from neucobench.cli.check import check
from neucobench.cli.codec import codec_group
from neucobench.cli.content import content_groups
from neucobench.cli.demo import demo
from neucobench.cli.encode import encode
from neucobench.cli.evaluate import evaluate
from neucobench.cli.init import init
from neucobench.cli.rehearse import rehearse
from neucobench.cli.report import report
from neucobench.cli.sample import data_sample
from neucobench.cli.serve import serve
from neucobench.cli.submit import submit
from neucobench.content import PATH_VARIABLE
from neucobench.errors import NeucoError, UsageError

INTERRUPTED = 130

app = typer.Typer(
    name="neucobench",
    help="Judge Earth-observation embeddings: encode, probe, rank.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        from neucobench.cli.version import describe_environment

        typer.echo(describe_environment())
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_version,
            is_eager=True,
            help="Print the version and the environment.",
        ),
    ] = False,
    content: Annotated[
        list[Path] | None,
        typer.Option(help="A folder with cards of your own; may be repeated."),
    ] = None,
) -> None:
    """Judge Earth-observation embeddings: encode, probe, rank."""
    if content:
        known = os.environ.get(PATH_VARIABLE)
        folders = [*([known] if known else []), *map(str, content)]
        os.environ[PATH_VARIABLE] = os.pathsep.join(folders)


def _add_commands() -> None:
    commands: tuple[Callable[..., None], ...] = (
        *(demo, encode, check, evaluate, report),
        *(init, rehearse, submit, serve),
    )
    for command in commands:
        app.command()(command)
    data = typer.Typer(
        help="Data cubes: sample world, download, check.\n\n"
        "Example: neucobench data sample world/"
    )
    data.command("sample")(data_sample)
    data.command("download")(data_commands.download)
    data.command("check")(data_commands.check)
    board = typer.Typer(
        help="Boards: rank results, replay published states.\n\n"
        "Example: neucobench board build results/"
    )
    board.command("build")(board_build)
    board.command("history")(board_history)
    for name, group in (("data", data), ("board", board)):
        group.info.no_args_is_help = True
        app.add_typer(group, name=name)
    for group in (admin_group(), codec_group(), *content_groups()):
        app.add_typer(group)


_add_commands()


def main() -> None:
    """Run the command line and leave with its exit code."""
    if sys.stdout is not None and hasattr(sys.stdout, "reconfigure"):
        # Tables draw lines; an ASCII locale gets escapes instead of a traceback.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        _run()
    except UsageError as error:
        console.say(f"Error: {error}")
        sys.exit(2)
    except NeucoError as error:
        console.say(f"Error: {error}")
        sys.exit(1)
    except OSError as error:
        console.say(f"Error: {console.explain(error)}")
        sys.exit(1)
    except MemoryError as error:
        reason = f" ({error})" if str(error) else ""
        console.say(
            f"Error: There is not enough memory{reason}; give the process more, or "
            "the command less to do."
        )
        sys.exit(1)
    except KeyboardInterrupt:
        console.say("Interrupted; nothing is half written.")
        sys.exit(INTERRUPTED)


def _run() -> None:
    """Run the command line; what it printed is written when this returns."""
    try:
        app()
    except SystemExit as stopped:
        if stopped.code == INTERRUPTED:
            # typer has caught Ctrl-C, and would leave without a word.
            raise KeyboardInterrupt from None
        raise
    finally:
        try:
            if sys.stdout is not None:
                sys.stdout.flush()
        except OSError:
            # Otherwise the interpreter would try, and complain, once more at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise
