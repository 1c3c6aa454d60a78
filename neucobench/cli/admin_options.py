"""What commands about people are told: names, teams and roles."""

from typing import TYPE_CHECKING, Annotated, cast

import typer

from neucobench.errors import UnknownNameError

if TYPE_CHECKING:
    from neucobench.server.tables.people import Role

_ROLES = ("participant", "host", "admin")

TeamOption = Annotated[
    str | None, typer.Option(help="The team; it is made when it is new.")
]
RoleOption = Annotated[str, typer.Option(help="participant, host or admin.")]
Name = Annotated[str, typer.Argument(help="The account's name.")]


def known_role(name: str) -> "Role":
    """Return a role by its name.

    Raises:
        UnknownNameError: with the nearest names.
    """
    if name not in _ROLES:
        raise UnknownNameError("role", name, _ROLES)
    return cast("Role", name)
