"""The audit log: acts of people, in the order in which they happened."""

from sqlalchemy.orm import Session

from neucobench.server.context import Context
from neucobench.server.tables import AuditEntry

COMMAND_LINE = "command line"


def record(
    context: Context,
    session: Session,
    actor: str,
    action: str,
    target: str,
    detail: str = "",
) -> None:
    """Add an act to the log, in the transaction that does it.

    Args:
        context: the server's.
        session: the transaction.
        actor: the account's name, or ``COMMAND_LINE``.
        action: a stable, hyphenated name.
        target: what it was done to; neither a secret nor a label.
        detail: what else there is to say.
    """
    session.add(
        AuditEntry(
            created=context.clock(),
            actor=actor[:80],
            action=action,
            target=target[:255],
            detail=detail,
        )
    )
