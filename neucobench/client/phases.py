"""What a server says about its challenges and phases."""

from neucobench.client.connection import Connection, Refused, Unreachable
from neucobench.client.rules import Rules, rules_of
from neucobench.errors import InputError, UnknownNameError


def phase_rules(connection: Connection, phase: str) -> Rules:
    """Return the rules of a phase.

    Raises:
        Refused: when the server knows no such phase.
        Unreachable: when it does not answer.
        InputError: when its answer lacks something.
    """
    return rules_of(connection.get("phases", phase), server=connection.url)


def challenge_phases(connection: Connection, challenge: str | None) -> list[Rules]:
    """Return the rules of all phases of a challenge.

    Args:
        connection: an open connection.
        challenge: its name; None where the server has only one.

    Raises:
        UnknownNameError: when the server has no challenge of that name.
        InputError: when no name was given and the server has several, or none.
        Unreachable: when the server does not answer.
    """
    known = _challenges(connection)
    if challenge is None:
        if len(known) != 1:
            names = ", ".join(sorted(known)) or "none"
            raise InputError(
                f"The server {connection.url} has {len(known)} challenges ({names}); "
                "give the address of one, SERVER/challenges/NAME."
            )
        challenge = next(iter(known))
    if challenge not in known:
        raise UnknownNameError("challenge on this server", challenge, known)
    return [phase_rules(connection, key) for key in known[challenge]]


def asked_ids(connection: Connection, phase: str) -> str | None:
    """Return the ids that a phase asks for, one per line; None where it keeps them."""
    try:
        return connection.get_bytes("phases", phase, "ids").decode("utf-8")
    except (Refused, Unreachable, UnicodeDecodeError):
        return None


def _challenges(connection: Connection) -> dict[str, list[str]]:
    """Return the keys of the phases of every challenge."""
    try:
        return {
            item["challenge"]: [phase["phase"] for phase in item["phases"]]
            for item in connection.get("challenges")
        }
    except (LookupError, TypeError) as error:
        raise InputError(
            f"{connection.url} lists its challenges in a way that this version does "
            "not know. Update NeuCo-Bench to the server's version."
        ) from error
