"""Why the server says no: each refusal is a sentence and an HTTP status.

::

    Refusal (InputError)
    ├── NotSignedIn       401
    ├── NotAllowed        403
    ├── NotFound          404   also what another team's private submission is
    ├── TooSlow           408   the upload did not arrive in the time it has
    ├── Conflict          409   the quota is used, the phase is closed, a name is taken
    ├── TooLarge          413
    ├── Rejected          422   the file has errors; carries the findings
    ├── TooMany           429   says when to come again
    └── Busy              503   no room for the moment, on the disk or for uploads
"""

from collections.abc import Sequence

from neucobench.errors import InputError, UsageError
from neucobench.findings import Finding


class Refusal(InputError):  # noqa: N818 - an answer, as all of these are
    """The server does not do what it was asked; the message says why."""

    status = 400


class NotSignedIn(Refusal):
    """The visitor has not said, or not shown, who they are."""

    status = 401


class NotAllowed(Refusal):
    """The visitor's role does not reach that far, or the form is not ours."""

    status = 403


class NotFound(Refusal, UsageError):  # noqa: N818 - an answer, as all of these are
    """There is nothing of that name that the visitor may see.

    On a command line it is a name that is not known, so that the command exits with 2.
    """

    status = 404


class TooSlow(Refusal):
    """The upload did not arrive in the time it has."""

    status = 408


class Conflict(Refusal):
    """The quota is used, the phase is not open, or a name is taken."""

    status = 409


class TooLarge(Refusal):
    """The upload is larger than the stated limit."""

    status = 413


class Rejected(Refusal):
    """The file, or what came with it, has errors.

    Args:
        message: a sentence.
        findings: what the check found, errors among them.
    """

    status = 422

    def __init__(self, message: str, findings: Sequence[Finding] = ()) -> None:
        super().__init__(message)
        self.findings = tuple(findings)


class TooMany(Refusal):
    """The visitor has tried too often.

    Args:
        message: a sentence.
        retry_after: seconds until the next try is worth it.
    """

    status = 429

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Busy(Refusal):
    """There is no room for the moment; the same request works later."""

    status = 503
