"""The commands of ``admin`` that are about accounts."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neucobench.cli.admin_folder import DatabaseOption, DirOption, open_server
from neucobench.cli.admin_options import Name, RoleOption, TeamOption, known_role
from neucobench.cli.console import JsonOption, output, print_json, say

if TYPE_CHECKING:
    from neucobench.server.accounts.people import Person


def add_to(group: typer.Typer) -> None:
    """Add the commands ``user`` to the group ``admin``."""
    user = typer.Typer(
        name="user",
        help="Accounts: add, list, delete, change the role.\n\n"
        "Example: neucobench admin user list --dir server/",
        no_args_is_help=True,
    )
    user.command("add")(user_add)
    user.command("list")(user_list)
    user.command("delete")(user_delete)
    user.command("role")(user_role)
    group.add_typer(user)


def user_add(
    name: Name,
    team: TeamOption = None,
    role: RoleOption = "participant",
    folder: DirOption = Path(),
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make an account and print a token of it.

    The token is printed this once; 'admin password' lets its owner sign in with a
    browser.

    Example: neucobench admin user add ada --team lovelace --dir server/
    """
    kind = known_role(role)
    context = open_server(folder, database, begin=True)
    from neucobench.server.accounts.people import add_user
    from neucobench.server.accounts.tokens import issue_token
    from neucobench.server.audit import COMMAND_LINE

    user = add_user(context, name, team=team, role=kind, actor=COMMAND_LINE)
    secret = issue_token(context, user.name)
    if user.team is None and kind == "participant":
        say("Without a team this account can read, but not submit.")
    say(f"The account {user.name} is made; its token is shown this once:")
    if as_json:
        named = user.team.name if user.team else None
        print_json({"name": user.name, "role": kind, "team": named, "token": secret})
    else:
        typer.echo(secret)


def user_list(
    folder: DirOption = Path(),
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the accounts, deleted ones included.

    Example: neucobench admin user list --dir server/
    """
    context = open_server(folder, database)
    from neucobench.server.accounts.people import list_users

    people = list_users(context)
    if as_json:
        print_json([person.as_dict() for person in people])
    else:
        _print_people(people)


def user_delete(
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    folder: DirOption = Path(),
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Delete an account: its name and secrets go, its team's submissions stay.

    Example: neucobench admin user delete ada --dir server/
    """
    context = open_server(folder, database)
    from neucobench.server.accounts.people import delete_user
    from neucobench.server.audit import COMMAND_LINE

    if not yes:
        question = f"Delete the account {name!r}? This cannot be undone."
        typer.confirm(question, abort=True, err=True)
    stands = delete_user(context, name, actor=COMMAND_LINE)
    say(f"The account is deleted; '{stands}' stands in its place.")
    if as_json:
        print_json({"name": stands})


def user_role(
    name: Name,
    role: Annotated[str, typer.Argument(help="participant, host or admin.")],
    folder: DirOption = Path(),
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give an account another role; it counts from its next request.

    Example: neucobench admin user role ada host --dir server/
    """
    kind = known_role(role)
    context = open_server(folder, database)
    from neucobench.server.accounts.people import set_role
    from neucobench.server.audit import COMMAND_LINE

    set_role(context, name, kind, actor=COMMAND_LINE)
    say(f"The role of {name} is {kind}.")
    if as_json:
        print_json({"name": name, "role": kind})


def _print_people(people: list["Person"]) -> None:
    from rich.table import Table
    from rich.text import Text

    from neucobench.names import printable

    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("account", "role", "team", "made", "signs in with"):
        table.add_column(column)
    for person in people:
        table.add_row(
            Text(printable(person.name), overflow="fold"),
            person.role,
            Text(printable(person.team or "-"), overflow="fold"),
            f"{person.created:%Y-%m-%d}",
            _ways_in(person),
        )
    output.print(table)


def _ways_in(person: "Person") -> str:
    if person.deleted is not None:
        return f"deleted {person.deleted:%Y-%m-%d}"
    ways = ["a password"] if person.password else []
    ways += [f"tokens ({person.tokens})"] if person.tokens else []
    return " or ".join(ways) or "nothing"
