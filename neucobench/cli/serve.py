"""The command ``serve``."""

from pathlib import Path
from typing import Annotated

import typer

from neucobench.cli import console
from neucobench.errors import MissingExtraError

_EXTRA = ("alembic", "argon2", "fastapi", "sqlalchemy", "starlette", "uvicorn")


def serve(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Where everything is kept.")
    ] = Path(),
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="The port; 0 takes a free one.")
    ] = 8000,
    database: Annotated[
        str | None,
        typer.Option(help="postgresql://USER@HOST/NAME; default: SQLite in DIR."),
    ] = None,
    workers: Annotated[
        int, typer.Option(min=1, help="Scoring processes of this machine.")
    ] = 2,
    url: Annotated[
        str | None,
        typer.Option(help="The address that participants use, e.g. https://..."),
    ] = None,
    proxy: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ADDRESS",
            help="A reverse proxy that is believed about visitors; may be repeated.",
        ),
    ] = None,
    empty: Annotated[
        bool, typer.Option("--empty", help="Begin without the sample challenge.")
    ] = False,
    no_registration: Annotated[
        bool,
        typer.Option("--no-registration", help="Accounts by invitation only."),
    ] = False,
    as_json: console.JsonOption = False,
) -> None:
    """Run a challenge server: accounts, submissions, scoring, boards.

    Everything is kept in DIR. The first start makes a challenge on synthetic cubes,
    and prints a link for the first admin. NEUCOBENCH_SCHEDULER names a Dask cluster
    to score on, NEUCOBENCH_DATABASE a database. Ctrl-C stops the server; what is not
    scored yet is scored after the next start. --json prints the server's address and
    the admin's link once it begins.

    Example: neucobench serve server/ --port 8000
    """
    try:
        from neucobench.cli.serving import ServeRequest, run_server
    except ModuleNotFoundError as error:
        if error.name not in _EXTRA:
            raise
        raise MissingExtraError(error.name, extra="server") from error
    run_server(
        ServeRequest(
            folder=folder,
            host=host,
            port=port,
            database=database,
            workers=workers,
            url=url,
            proxies=tuple(proxy or ()),
            empty=empty,
            registration=not no_registration,
        ),
        say=console.say,
        tell=console.print_json if as_json else None,
    )
