"""Hand a file in, and follow it to its end."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from neucobench.client.connection import Connection, Refused, Unreachable
from neucobench.errors import InputError

FINAL = ("scored", "failed", "withdrawn")
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 15.0
_MOST_MISSED = 20
# Too many requests, no room, no server behind the proxy.
_LATER = (429, 502, 503, 504)


@dataclass(frozen=True, kw_only=True)
class Form:
    """Hold what is said about a file.

    Attributes:
        method: the method's name.
        public: whether the board may show it.
        transductive: whether its encoder has seen the cubes that are scored.
        baseline: whether a host enters it as a baseline.
        card: ``description``, ``code``, ``weights``, ``training_data``, where given.
    """

    method: str
    public: bool = True
    transductive: bool = False
    baseline: bool = False
    card: Mapping[str, str] = field(default_factory=dict)

    def fields(self) -> dict[str, str]:
        """Return the fields of the request."""
        return {
            "method": self.method,
            "public": _word(self.public),
            "transductive": _word(self.transductive),
            **({"baseline": "true"} if self.baseline else {}),
            **{name: text for name, text in self.card.items() if text},
        }


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """Hold a server's answer about a submission.

    Attributes:
        id: the submission's.
        status: queued, running, scored, failed or withdrawn.
        position: its place in the queue; 1 is next, None where it has none.
        message: a sentence, or nothing.
        document: the whole answer.
    """

    id: str
    status: str
    position: int | None
    message: str
    document: Mapping[str, Any]

    @property
    def ended(self) -> bool:
        """Tell whether nothing more will happen to it by itself."""
        return self.status in FINAL


def hand_in(
    connection: Connection,
    phase: str,
    file: Path,
    form: Form,
    *,
    advance: Callable[[int, int], None] | None = None,
) -> Receipt:
    """Send a file to a phase and return the receipt.

    Raises:
        Refused: when the server does not take it; the findings say why.
        Unreachable: when the server does not answer.
    """
    answer = connection.upload(
        "phases",
        phase,
        "submissions",
        file=file,
        fields=form.fields(),
        advance=advance,
    )
    return _receipt(answer)


def ask(connection: Connection, id_: str) -> Receipt:
    """Return how far a submission has come.

    Raises:
        Refused: when there is none of that id that the visitor may see.
        Unreachable: when the server does not answer.
    """
    return _receipt(connection.get("submissions", id_))


def own(connection: Connection) -> list[dict[str, Any]]:
    """Return the team's submissions, as the server lists them.

    Raises:
        Refused: when the token is not known.
        Unreachable: when the server does not answer.
    """
    answer = connection.get("submissions")
    return list(answer["submissions"] if isinstance(answer, dict) else answer)


def take_back(connection: Connection, id_: str) -> Receipt:
    """Withdraw a submission and return what it is now.

    Raises:
        Refused: when there is none of that id that the team may withdraw.
        Unreachable: when the server does not answer.
    """
    answer = connection.delete("submissions", id_)
    return _receipt(answer) if answer else ask(connection, id_)


def choose(connection: Connection, id_: str) -> Receipt:
    """Make a submission the one that counts, where the phase counts the chosen one.

    Raises:
        Refused: when the phase counts another one, or this one cannot be chosen.
        Unreachable: when the server does not answer.
    """
    return _receipt(connection.post("submissions", id_, "choice"))


def follow(
    connection: Connection,
    id_: str,
    *,
    tell: Callable[[Receipt], None],
    sleep: Callable[[float], None] = time.sleep,
) -> Receipt:
    """Ask until a submission has ended; return the last answer.

    The pauses grow from one second to fifteen. A server that starts anew meanwhile has
    lost nothing, so that it is waited for, some minutes long.

    Args:
        connection: an open connection.
        id_: the submission's id.
        tell: called with every answer.
        sleep: waits for some seconds.

    Raises:
        Refused: when there is none of that id that the visitor may see.
        Unreachable: when the server does not answer for some minutes.
    """
    pause, missed = _FIRST_PAUSE, 0
    while True:
        try:
            receipt = ask(connection, id_)
        except (Refused, Unreachable) as error:
            missed += 1
            if missed > _MOST_MISSED or not _passes(error):
                raise
        else:
            missed = 0
            tell(receipt)
            if receipt.ended:
                return receipt
        sleep(pause)
        pause = min(1.5 * pause, _LONGEST_PAUSE)


def _passes(error: Refused | Unreachable) -> bool:
    """Tell whether asking again later may work."""
    return isinstance(error, Unreachable) or error.status in _LATER


def _receipt(answer: Any) -> Receipt:
    try:
        position = answer.get("position")
        return Receipt(
            id=str(answer["id"]),
            status=str(answer["status"]),
            position=None if position is None else int(position),
            message=str(answer.get("message") or ""),
            document=dict(answer),
        )
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise InputError(
            "The server's answer about the submission lacks an id or a status; it is "
            "of another version. Look at the server's page."
        ) from error


def _word(value: bool) -> str:
    return "true" if value else "false"
