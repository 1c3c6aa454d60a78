"""A refusal shown beside the form that it answers."""

from collections.abc import Sequence
from dataclasses import dataclass

from neucobench.errors import InputError
from neucobench.findings import Finding
from neucobench.server.refusals import Rejected


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Hold why a form was refused.

    Attributes:
        sentence: why, and what to do next.
        findings: what the check found in a file.
        status: the HTTP status.
    """

    sentence: str
    findings: Sequence[Finding]
    status: int

    @property
    def more(self) -> list[Finding]:
        """Return the findings that the sentence has not told already."""
        return [item for item in self.findings if item.message not in self.sentence]


def problem_of(error: InputError) -> Problem:
    """Return a refusal as the page shows it."""
    return Problem(
        sentence=str(error),
        findings=error.findings if isinstance(error, Rejected) else (),
        status=getattr(error, "status", 422),
    )
