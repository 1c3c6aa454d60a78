"""How far a role reaches: nobody makes, resets or deletes one above their own."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from neucobench.server.audit import COMMAND_LINE
from neucobench.server.refusals import NotAllowed
from neucobench.server.tables import User
from neucobench.server.tables.people import ROLES


def require_reach(session: Session, actor: str, role: str) -> None:
    """Refuse an act on an account of ``role`` by someone whom that is not up to.

    The command line may do everything: who can run it can read the database. A host
    may act on participants and hosts, an admin on all.

    Args:
        session: a transaction.
        actor: the name of the account that acts, or ``COMMAND_LINE``.
        role: the role that is given, or that the other account has.

    Raises:
        NotAllowed: when the actor's role does not reach that far.
    """
    if actor == COMMAND_LINE:
        return
    found = session.scalar(select(User.role).where(User.name == actor))
    if found not in ("host", "admin") or ROLES.index(found) < ROLES.index(role):
        raise NotAllowed(
            f"This is about an account with the role {role}, which the role "
            f"{found or 'of an unknown account'} does not reach; a host may change "
            "participants and hosts, an admin everybody. Ask an admin."
        )
