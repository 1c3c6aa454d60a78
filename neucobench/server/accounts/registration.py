"""Accounts that visitors make for themselves, and members that they bring."""

from neucobench.server.accounts.limits import address_key, spend
from neucobench.server.accounts.links import make_link
from neucobench.server.accounts.names import clean_name
from neucobench.server.accounts.passwords import check_password, hash_password
from neucobench.server.accounts.roster import make_team, make_user
from neucobench.server.accounts.sessions import begin_session
from neucobench.server.accounts.visitor import Visitor
from neucobench.server.audit import record
from neucobench.server.context import Context
from neucobench.server.refusals import NotAllowed
from neucobench.server.tables import Team

PER_HOUR = 30
INVITATIONS_PER_DAY = 50

_HOUR = 3600
_DAY = 86400


def register(
    context: Context, *, name: str, team: str, password: str, address: str
) -> str:
    """Make an account with a team of its own; return the secret of its session.

    Args:
        context: the server.
        name: the account's name.
        team: the new team's name; an existing team is joined by invitation.
        password: the account's password.
        address: where the request came from.

    Raises:
        Conflict: when the account's or the team's name is taken.
        NotAllowed: when the server takes accounts by invitation only.
        Rejected: when a name or the password is not acceptable.
        TooMany: when the address has tried too often.
    """
    if not context.settings.registration:
        raise NotAllowed(
            "This server takes accounts by invitation only, and this form makes them "
            "without. Ask the host for an invitation link."
        )
    clean_name(name)
    clean_name(team, "team")
    check_password(password, name=name)
    spend(context, address_key("register", address), limit=PER_HOUR, seconds=_HOUR)
    hashed = hash_password(context.settings, password)
    with context.database.write() as session:
        joined = make_team(context, session, team)
        user = make_user(
            context, session, name, team=joined, role="participant", hashed=hashed
        )
        record(context, session, user.name, "user-registered", user.name)
        return begin_session(context, session, user)


def invite_member(context: Context, visitor: Visitor) -> str:
    """Return the secret of a link to the visitor's own team.

    Raises:
        NotAllowed: when the visitor has no team.
        TooMany: when the team has made many links today.
    """
    if visitor.team_id is None:
        raise NotAllowed(
            f"The account {visitor.name!r} has no team, and members invite to their "
            "own. Use the invitations of the host's desk."
        )
    key = f"invite:{visitor.team_id}"
    spend(context, key, limit=INVITATIONS_PER_DAY, seconds=_DAY)
    with context.database.write() as session:
        team = session.get_one(Team, visitor.team_id)
        record(context, session, visitor.name, "user-invited", "participant")
        return make_link(context, session, role="participant", team=team)
