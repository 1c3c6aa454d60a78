"""Answers of the API: moments as text, refusals as JSON."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from starlette.responses import JSONResponse

from neucobench.findings import Finding
from neucobench.server.clock import stamp
from neucobench.server.refusals import NotSignedIn, Refusal, Rejected, TooMany

PREFIX = "/api/v1"


def stamp_or_none(moment: datetime | None) -> str | None:
    """Return a moment as JSON has it, or None where there is none."""
    return None if moment is None else stamp(moment)


def is_api(path: str) -> bool:
    """Return whether an address is answered in JSON."""
    return path == "/api" or path.startswith("/api/")


def error_answer(
    status: int,
    sentence: str,
    *,
    findings: Sequence[Finding] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Return a refusal in JSON."""
    content: dict[str, Any] = {
        "error": sentence,
        "findings": [finding.as_dict() for finding in findings],
    }
    return JSONResponse(content, status_code=status, headers=headers)


def refusal_findings(refusal: Exception) -> tuple[Finding, ...]:
    """Return the findings that a refusal carries, if any."""
    return refusal.findings if isinstance(refusal, Rejected) else ()


def refusal_headers(refusal: Refusal) -> dict[str, str]:
    """Return the headers that HTTP asks for beside the status."""
    if isinstance(refusal, TooMany):
        return {"retry-after": str(max(1, refusal.retry_after))}
    if isinstance(refusal, NotSignedIn):
        return {"www-authenticate": "Bearer"}
    if refusal.status == 503:
        return {"retry-after": "10"}
    return {}
