"""The commands of ``admin`` that hand out secrets: tokens, passwords, links."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neucobench.cli.admin_folder import DatabaseOption, DirOption, open_server
from neucobench.cli.admin_options import Name, RoleOption, TeamOption, known_role
from neucobench.cli.console import JsonOption, print_json, say

if TYPE_CHECKING:
    from neucobench.server.context import Context

UrlOption = Annotated[
    str | None,
    typer.Option(help="The address that participants use, for the link."),
]
HoursOption = Annotated[
    float, typer.Option(min=0.1, help="How long the link works, in hours.")
]


def add_to(group: typer.Typer) -> None:
    """Add the commands to the group ``admin``."""
    for command in (token, password, invite):
        group.command(command.__name__)(command)


def token(
    name: Name,
    revoke: Annotated[
        bool, typer.Option("--revoke", help="Revoke all of its tokens; make none.")
    ] = False,
    label: Annotated[
        str, typer.Option(help="What the list of tokens calls it.")
    ] = "command line",
    folder: DirOption = Path(),
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print a new API token of an account, or revoke those that it has.

    Example: neucobench admin token ada --dir server/
    """
    context = open_server(folder, database)
    from neucobench.server.accounts.tokens import issue_token, revoke_token

    if revoke:
        count = revoke_token(context, name)
        say(f"{count} token{'' if count == 1 else 's'} revoked.")
        if as_json:
            print_json({"name": name, "revoked": count})
        return
    secret = issue_token(context, name, label=label)
    say("The token is shown this once:")
    if as_json:
        print_json({"name": name, "token": secret})
    else:
        typer.echo(secret)


def password(
    name: Name,
    link: Annotated[
        bool,
        typer.Option("--link", help="Print a link, for the owner to choose one."),
    ] = False,
    hours: HoursOption = 168,
    url: UrlOption = None,
    folder: DirOption = Path(),
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Set an account's password, or print a link that lets its owner choose one.

    It is asked for without showing it, or read from standard input where that is no
    terminal. The account's sessions end when the new password is set.

    Example: neucobench admin password ada --link --url https://challenge.example
    """
    context = open_server(folder, database)
    from neucobench.server.accounts.invitations import reset_link
    from neucobench.server.accounts.new_password import set_password
    from neucobench.server.audit import COMMAND_LINE

    if link:
        secret = reset_link(context, name, actor=COMMAND_LINE, hours=hours)
        _print_link(context, secret, url=url, hours=hours, as_json=as_json)
        return
    set_password(context, name, _ask_password(), actor=COMMAND_LINE)
    say(f"The password of {name} is set; its sessions have ended.")
    if as_json:
        print_json({"name": name})


def invite(
    team: TeamOption = None,
    role: RoleOption = "participant",
    hours: HoursOption = 168,
    url: UrlOption = None,
    folder: DirOption = Path(),
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print a link that makes an account, once.

    Without --team a participant names a new team.

    Example: neucobench admin invite --team lovelace --url https://challenge.example
    """
    kind = known_role(role)
    context = open_server(folder, database, begin=True)
    from neucobench.server.accounts.invitations import invite as make_invitation
    from neucobench.server.audit import COMMAND_LINE

    secret = make_invitation(
        context, role=kind, team=team, actor=COMMAND_LINE, hours=hours
    )
    _print_link(context, secret, url=url, hours=hours, as_json=as_json)


def _ask_password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    chosen: str = typer.prompt(
        "New password", hide_input=True, confirmation_prompt=True, err=True
    )
    return chosen


def _print_link(
    context: "Context", secret: str, *, url: str | None, hours: float, as_json: bool
) -> None:
    from neucobench.server.accounts.addresses import link

    address = link(url or context.settings.address, secret)
    say(f"The link works once, for {hours:g} hours; it is shown this once:")
    if url is None:
        say("It leads to this machine; --url names the address of participants.")
    if as_json:
        print_json({"link": address, "hours": hours})
    else:
        typer.echo(address)
