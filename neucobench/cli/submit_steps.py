"""What the command ``submit`` does, one function for each thing it is asked for."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import typer

from neucobench.cli import console, submit_report
from neucobench.cli.transfer import transfer
from neucobench.client import submissions
from neucobench.client.connection import Connection, Refused
from neucobench.client.inspect import inspect_file
from neucobench.client.phases import phase_rules
from neucobench.client.rules import Rules
from neucobench.client.submissions import Form, Receipt
from neucobench.embeddings.id_list import read_id_list
from neucobench.errors import EmbeddingError, InputError, UsageError
from neucobench.findings import Finding

_NOT_FOUND = 404


class _UnfitError(InputError):
    """The phase would refuse the file; carries the findings."""

    def __init__(self, message: str, findings: Sequence[Finding]) -> None:
        super().__init__(message)
        self.findings = findings


@contextmanager
def told(*, as_json: bool) -> Iterator[None]:
    """Print why something is refused as JSON, where that was asked for."""
    try:
        yield
    except InputError as error:
        if as_json:
            findings = [item.as_dict() for item in _findings(error)]
            console.print_json({"error": str(error), "findings": findings})
        raise


def warn_of_listeners(connection: Connection) -> None:
    """Say so when a token would travel where others can read it."""
    if connection.token and connection.open_to_listeners:
        console.say(
            "Warning: the address begins with http://, so that others on the way can "
            "read the token; use https:// where the server has it."
        )


def hand_in(
    connection: Connection,
    file: Path,
    phase: str,
    form: Form,
    *,
    ids: Path | None,
    wait: bool,
    as_json: bool,
) -> None:
    """Check a file against the phase's rules, send it, and show what becomes of it.

    Args:
        connection: an open connection.
        file: the embedding file.
        phase: the phase's name.
        form: what is said about the file.
        ids: the list of ids that the phase asks for, where it is known.
        wait: whether to wait for the result.
        as_json: whether to print JSON.

    Raises:
        InputError: when the file, or the server, does not allow it.
    """
    if connection.token is None:
        raise InputError(
            "There is no token to hand the file in with. Make one on your account's "
            "page and put it into NEUCOBENCH_TOKEN."
        )
    _check(connection, file, phase, form, ids)
    try:
        with transfer(f"Sending {file.name}") as advance:
            receipt = submissions.hand_in(
                connection, phase, file, form, advance=advance
            )
    except Refused as refusal:
        console.show_findings(refusal.findings)
        raise
    submit_report.tell(receipt)
    _finish(connection, receipt, wait=wait, as_json=as_json)


def show_one(connection: Connection, id_: str, *, wait: bool, as_json: bool) -> None:
    """Show how far a submission has come, or wait for its end."""
    receipt = submissions.ask(connection, id_)
    submit_report.tell(receipt)
    _finish(connection, receipt, wait=wait, as_json=as_json)


def list_own(connection: Connection, *, as_json: bool) -> None:
    """Show the team's submissions."""
    found = submissions.own(connection)
    if as_json:
        console.print_json(found)
    else:
        submit_report.show_list(found)


def withdraw(connection: Connection, id_: str, *, as_json: bool) -> None:
    """Take a submission back."""
    receipt = submissions.take_back(connection, id_)
    console.say(f"{receipt.id} is {receipt.status}; the board does not show it.")
    if as_json:
        console.print_json(dict(receipt.document))


def choose(connection: Connection, id_: str, *, as_json: bool) -> None:
    """Let a submission be the one that counts."""
    receipt = submissions.choose(connection, id_)
    console.say(f"{receipt.id} is now the submission of its team that counts.")
    if as_json:
        console.print_json(dict(receipt.document))


def _check(
    connection: Connection,
    file: Path,
    phase: str,
    form: Form,
    ids: Path | None,
) -> None:
    """Stop before the upload when the phase would refuse the file."""
    rules = _rules(connection, phase)
    if not form.public and not rules.settings.private_submissions:
        raise UsageError(
            f"The phase {phase!r} takes no private submissions; leave --private out."
        )
    found = inspect_file(
        file,
        rules.settings,
        protocol_name=rules.protocol,
        transductive=form.transductive,
        ids=None if ids is None else read_id_list(ids),
    )
    console.show_findings(found.findings)
    if not found.fit:
        raise _UnfitError(
            f"{file} was not sent, the phase {phase!r} would refuse it; correct what "
            "is said above.",
            found.findings,
        )


def _rules(connection: Connection, phase: str) -> Rules:
    """Return the rules of a phase.

    Raises:
        UsageError: when the server knows no phase of this name.
    """
    try:
        return phase_rules(connection, phase)
    except Refused as refusal:
        if refusal.status == _NOT_FOUND:
            raise UsageError(str(refusal)) from refusal
        raise


def _findings(error: InputError) -> Sequence[Finding]:
    if isinstance(error, (Refused, _UnfitError)):
        return error.findings
    if isinstance(error, EmbeddingError):
        return [Finding(code="unreadable", level="error", message=str(error))]
    return ()


def _finish(
    connection: Connection, receipt: Receipt, *, wait: bool, as_json: bool
) -> None:
    """Print the result, after waiting for it where that was asked for."""
    if wait and not receipt.ended:
        receipt = submissions.follow(
            connection, receipt.id, tell=submit_report.teller(receipt)
        )
    if as_json:
        console.print_json(dict(receipt.document))
    else:
        submit_report.show_result(receipt)
    if receipt.status == "failed":
        raise typer.Exit(1)
