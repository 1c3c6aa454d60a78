"""Who asks: the account behind a request, as the other parts of the server see it."""

from dataclasses import dataclass
from typing import cast

from neucobench.server.tables import User
from neucobench.server.tables.people import Role


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Hold who asks; an anonymous visitor is None instead.

    Attributes:
        user_id: the account's number.
        name: the account's name; markup in it is data.
        role: participant, host or admin.
        team_id: the team's number; None for hosts and admins who take no part.
        team: the team's name.
    """

    user_id: int
    name: str
    role: Role
    team_id: int | None
    team: str | None

    @property
    def may_host(self) -> bool:
        """Return whether the host's desk is open to the visitor."""
        return self.role in ("host", "admin")

    @property
    def may_admin(self) -> bool:
        """Return whether accounts and the server are the visitor's to change."""
        return self.role == "admin"


def visitor_of(user: User) -> Visitor:
    """Return the visitor that an account makes, while its transaction is open."""
    return Visitor(
        user_id=user.id,
        name=user.name,
        role=cast("Role", user.role),
        team_id=user.team_id,
        team=user.team.name if user.team else None,
    )
