"""The command ``submit``."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from neucobench.cli import console
from neucobench.errors import UsageError

TOKEN_VARIABLE = "NEUCOBENCH_TOKEN"  # noqa: S105 - the variable's name


def submit(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="An embedding file.")
    ] = None,
    url: Annotated[
        str, typer.Option(help="The server, or any of its pages; https://...")
    ] = "",
    phase: Annotated[
        str | None,
        typer.Option(help="The phase; default: the one whose page --url names."),
    ] = None,
    method: Annotated[
        str | None, typer.Option(help="The method's name on the board.")
    ] = None,
    private: Annotated[
        bool, typer.Option("--private", help="Keep it off the board.")
    ] = False,
    transductive: Annotated[
        bool,
        typer.Option("--transductive", help="The encoder has seen the scored cubes."),
    ] = False,
    baseline: Annotated[
        bool, typer.Option("--baseline", help="For hosts: enter it as a baseline.")
    ] = False,
    description: Annotated[
        str | None, typer.Option(help="What the method does, for its card.")
    ] = None,
    code: Annotated[str | None, typer.Option(help="Where its code is.")] = None,
    weights: Annotated[str | None, typer.Option(help="Where its weights are.")] = None,
    training_data: Annotated[
        str | None, typer.Option(help="What it was trained on.")
    ] = None,
    ids: Annotated[
        Path | None,
        typer.Option(help="The ids that the phase asks for; checked before sending."),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(
            envvar=TOKEN_VARIABLE,
            help="An API token; better in the variable, which no history keeps.",
        ),
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for the result.")] = False,
    status: Annotated[
        str | None, typer.Option(metavar="ID", help="Ask about a submission instead.")
    ] = None,
    withdraw: Annotated[
        str | None, typer.Option(metavar="ID", help="Withdraw a submission instead.")
    ] = None,
    choose: Annotated[
        str | None,
        typer.Option(
            metavar="ID", help="Choose the submission that counts, where one may."
        ),
    ] = None,
    list_all: Annotated[
        bool, typer.Option("--list", help="List the team's submissions instead.")
    ] = False,
    as_json: console.JsonOption = False,
) -> None:
    """Hand an embedding file in to a challenge, checked here before it is sent.

    The phase's rules come from the server; a file that they refuse is not sent. Exits
    with 1 when the file is refused, or --wait sees the submission fail.

    Example: neucobench submit mine.parquet --url URL --phase test --method mine --wait
    """
    from neucobench.cli import submit_steps as steps
    from neucobench.client.address import named_in
    from neucobench.client.connection import Connection
    from neucobench.client.submissions import Form

    _require_one_act(url, [file, status, withdraw, choose, list_all or None])
    with steps.told(as_json=as_json), Connection(url, token=token) as connection:
        steps.warn_of_listeners(connection)
        if list_all:
            steps.list_own(connection, as_json=as_json)
        elif status is not None:
            steps.show_one(connection, status, wait=wait, as_json=as_json)
        elif withdraw is not None:
            steps.withdraw(connection, withdraw, as_json=as_json)
        elif choose is not None:
            steps.choose(connection, choose, as_json=as_json)
        else:
            card = {
                "description": description,
                "code": code,
                "weights": weights,
                "training_data": training_data,
            }
            form = Form(
                method=_name("--method", method),
                public=not private,
                transductive=transductive,
                baseline=baseline,
                card={name: text for name, text in card.items() if text},
            )
            assert file is not None
            steps.hand_in(
                connection,
                file,
                _name("--phase", phase or named_in(url, "phases")),
                form,
                ids=ids,
                wait=wait,
                as_json=as_json,
            )


def _require_one_act(url: str, acts: Sequence[object]) -> None:
    if sum(act is not None for act in acts) != 1:
        raise UsageError(
            "One thing at a time: give a FILE to hand in, or one of --status ID, "
            "--withdraw ID, --choose ID and --list."
        )
    if not url:
        raise UsageError("--url is missing; give the server's address, https://...")


def _name(option: str, given: str | None) -> str:
    from neucobench.names import is_text

    if given is None or not (given.strip() and is_text(given)):
        raise UsageError(
            f"{option} is missing, or not a name; it takes UTF-8 text that is not "
            "blank."
        )
    return given
