"""The group ``admin``: the desk of a challenge server, on its own machine."""

import typer

from neucobench.cli import (
    admin_challenges,
    admin_operations,
    admin_people,
    admin_rescore,
    admin_secrets,
)


def admin_group() -> typer.Typer:
    """Return the group with its commands."""
    group = typer.Typer(
        name="admin",
        help="The desk of a challenge server.\n\n"
        "Example: neucobench admin user add ada --team lovelace --dir server/",
        no_args_is_help=True,
    )
    admin_challenges.add_to(group)
    admin_people.add_to(group)
    admin_secrets.add_to(group)
    admin_rescore.add_to(group)
    admin_operations.add_to(group)
    return group
