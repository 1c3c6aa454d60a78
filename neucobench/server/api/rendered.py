"""Answers that many ask for and that seldom change: made, packed and named once."""

import gzip
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from hashlib import sha256

from starlette.requests import Request
from starlette.responses import Response

from neucobench.server.boards.cache import SingleFlight

_KEPT = 256
# Below this, packing saves nothing that a packet would not round up.
_SMALLEST_PACKED = 1024


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """Hold an answer in both forms, and the tag that names its content."""

    kind: str
    body: bytes
    packed: bytes | None
    tag: str


class RenderedAnswers:
    """Keep the answers that were asked for last; safe to share between threads."""

    def __init__(self, kept: int = _KEPT) -> None:
        self._answers = SingleFlight(most=kept)

    def get(
        self, key: Hashable, make: Callable[[], str], *, kind: str = "application/json"
    ) -> Rendered:
        """Return the answer that ``key`` names; it is made when it is not known.

        Args:
            key: names the content; another content has another key.
            make: returns the text.
            kind: the media type.
        """
        return self._answers.get(key, lambda: render(make(), kind=kind))


def render(text: str, *, kind: str) -> Rendered:
    """Return a text as an answer."""
    body = text.encode()
    large = len(body) >= _SMALLEST_PACKED
    return Rendered(
        kind=kind,
        body=body,
        packed=gzip.compress(body, compresslevel=6, mtime=0) if large else None,
        tag=sha256(body).hexdigest()[:32],
    )


def answer(request: Request, rendered: Rendered) -> Response:
    """Return the answer in the form that the request takes; 304 where it is known."""
    packed = rendered.packed is not None and _takes_gzip(request)
    tag = f'"{rendered.tag}{"-gzip" if packed else ""}"'
    headers = {"etag": tag, "cache-control": "no-cache", "vary": "Accept-Encoding"}
    if _is_known(request, rendered.tag):
        return Response(status_code=304, headers=headers)
    body = rendered.body
    if packed and rendered.packed is not None:
        body = rendered.packed
        headers["content-encoding"] = "gzip"
    return Response(body, headers=headers, media_type=rendered.kind)


def _takes_gzip(request: Request) -> bool:
    for item in request.headers.get("accept-encoding", "").lower().split(","):
        name, _, weight = item.partition(";")
        if name.strip() in ("gzip", "*"):
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def _is_known(request: Request, tag: str) -> bool:
    named = request.headers.get("if-none-match", "")
    tags = {item.strip().removeprefix("W/").strip('"') for item in named.split(",")}
    return bool(tags & {tag, f"{tag}-gzip", "*"})
