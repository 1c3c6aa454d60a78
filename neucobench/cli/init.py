"""The command ``init``."""

from pathlib import Path
from typing import Annotated

import typer

from neucobench.cli import console


def init(
    url: Annotated[
        str,
        typer.Argument(
            metavar="CHALLENGE-URL", help="SERVER/challenges/NAME, or the server."
        ),
    ],
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="[DIR]",
            callback=console.require_utf8,
            help="The kit's folder; default: the challenge's name.",
        ),
    ] = None,
    phase: Annotated[
        str | None, typer.Option(help="The phase; default: the one that is open.")
    ] = None,
    as_json: console.JsonOption = False,
) -> None:
    """Write a starter kit for a challenge: an encoder, the rules, the commands.

    The encoder works as it is: encode, check and submit can be tried before a line is
    changed.

    Example: neucobench init https://challenge.example.org/challenges/water
    """
    from neucobench.client.address import named_in
    from neucobench.client.connection import Connection
    from neucobench.client.kit import write_kit

    with Connection(url) as connection:
        kit = write_kit(
            connection,
            challenge=named_in(url, "challenges"),
            phase=phase or named_in(url, "phases"),
            folder=folder,
        )
    others = [name for name in kit.phases if name != kit.rules.phase]
    more = f" (also there: {', '.join(others)})" if others else ""
    console.say(
        f"{kit.folder} is ready for the phase {kit.rules.phase!r}{more}; begin with "
        f"{kit.folder / 'README.md'}."
    )
    if as_json:
        console.print_json(kit.as_dict())
