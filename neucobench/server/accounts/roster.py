"""The roster, inside a transaction: accounts and teams found and made."""

from collections.abc import Iterable
from difflib import get_close_matches

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, joinedload

from neucobench.errors import UnknownNameError
from neucobench.server.accounts.locks import hold
from neucobench.server.accounts.names import clean_name, looks, normal_name
from neucobench.server.context import Context
from neucobench.server.refusals import Conflict, NotFound, Rejected
from neucobench.server.tables import BrowserSession, Invitation, Team, User
from neucobench.server.tables.people import ROLES


def make_user(
    context: Context,
    session: Session,
    name: str,
    *,
    team: Team | None,
    role: str,
    hashed: str | None,
) -> User:
    """Make an account in a transaction of the caller's.

    Raises:
        Conflict: when the name is taken, or looks like another one's.
        Rejected: when the name is not acceptable.
    """
    clean = clean_name(name)
    hold(session, "names")
    if _taken(clean, session.scalars(select(User.name))):
        raise Conflict(
            f"The account name {clean!r} is taken, or looks like one that is; names "
            "differ in more than case and width. Choose another."
        )
    user = User(
        name=clean,
        role=role,
        team=team,
        password=hashed,
        created=context.clock(),
        deleted=None,
    )
    session.add(user)
    session.flush()
    return user


def team_named(context: Context, session: Session, name: str) -> Team:
    """Return the team of exactly this name; it is made when there is none.

    Raises:
        Conflict: when the name looks like another team's.
        Rejected: when the name is not acceptable.
    """
    clean = clean_name(name, "team")
    hold(session, "names")
    found = session.scalar(select(Team).where(Team.name == clean))
    return found or make_team(context, session, clean)


def make_team(context: Context, session: Session, name: str) -> Team:
    """Make a team.

    Raises:
        Conflict: when the name is taken, or looks like another team's.
        Rejected: when the name is not acceptable.
    """
    clean = clean_name(name, "team")
    hold(session, "names")
    if _taken(clean, session.scalars(select(Team.name))):
        raise Conflict(
            f"The team name {clean!r} is taken, or looks like one that is; a team is "
            "joined through a member's invitation. Ask for one, or choose another name."
        )
    team = Team(name=clean, created=context.clock())
    session.add(team)
    session.flush()
    return team


def find_user(session: Session, name: str, *, lock: bool = False) -> User:
    """Return the account of this name, its team loaded.

    What changes an account locks it before its links and sessions, so that two who do
    wait for one another and not both.

    Args:
        session: a transaction.
        name: the account's name.
        lock: whether nobody else may change it until the transaction ends.

    Raises:
        NotFound: with the nearest names; for hosts' eyes only.
    """
    wanted = normal_name(name)
    users = select(User).where(User.deleted.is_(None)).options(joinedload(User.team))
    known = list(session.scalars(select(User.name).where(User.deleted.is_(None))))
    # Compared here: a database refuses some of the texts that people send.
    if wanted in known:
        one = users.where(User.name == wanted)
        found = session.scalar(one.with_for_update(of=User) if lock else one)
        if found is not None:
            return found
    near = get_close_matches(wanted, known)
    raise NotFound(
        str(UnknownNameError("account", name, near))
        if near
        else f"There is no account named {name!r}, nor one nearly so; an account goes "
        "by the name that it was made with. Look it up in the list of accounts."
    )


def keep_an_admin(session: Session, user: User) -> None:
    """Refuse to let go of the only admin.

    Raises:
        Conflict: when ``user`` is the only account with that role.
    """
    hold(session, "admins")
    admins = session.scalars(
        select(User.id).where(User.role == "admin", User.deleted.is_(None))
    ).all()
    if list(admins) == [user.id]:
        raise Conflict(
            f"{user.name!r} is the only admin, and a server needs one. Make another "
            "account an admin first."
        )


def forget_secrets(session: Session, user: User) -> None:
    """End an account's sessions and the links that would set its password."""
    for table in (BrowserSession, Invitation):
        session.execute(delete(table).where(table.user_id == user.id))


def check_role(role: str) -> str:
    """Return a role, or refuse what is none.

    Raises:
        Rejected: with the roles that there are.
    """
    if role not in ROLES:
        raise Rejected(
            f"{role!r} is no role; the roles are {', '.join(ROLES)}. Give one of them."
        )
    return role


def _taken(name: str, known: Iterable[str]) -> bool:
    wanted = looks(name)
    return any(looks(other) == wanted for other in known)
