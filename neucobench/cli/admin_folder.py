"""What the commands of ``admin`` share: which server they are about."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neucobench.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    from neucobench.server.context import Context

DirOption = Annotated[Path, typer.Option("--dir", help="The server's folder.")]
DatabaseOption = Annotated[
    str | None,
    typer.Option(help="A database URL; default: NEUCOBENCH_DATABASE, or SQLite."),
]


def open_server(
    folder: Path, database: str | None, *, begin: bool = False
) -> "Context":
    """Return the context of a server's folder, as a command was told it.

    Args:
        folder: from ``DirOption``.
        database: from ``DatabaseOption``.
        begin: whether a folder that no server has used is made one.

    Raises:
        InputError: when there is no server in the folder.
        MissingExtraError: when the extra ``server`` is not installed.
    """
    try:
        from neucobench.server.context import open_folder
    except ModuleNotFoundError as error:
        raise MissingExtraError(error.name or "sqlalchemy", extra="server") from error
    if not begin and not (folder / "secret").is_file():
        raise InputError(
            f"There is no server in {str(folder)!r}; a server's folder is one in which "
            "'neucobench serve' ran. Name it with --dir."
        )
    return open_folder(folder, database=database)
