"""HEAD as GET without a body, and addresses with a slash too many."""

from collections.abc import Iterable
from urllib.parse import quote

from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class PlainAddresses:
    """Answer HEAD wherever GET is answered; send ``/phases/`` on to ``/phases``.

    Args:
        app: what answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        if path != "/" and path.endswith("/"):
            await _send_on(scope, send)
        elif scope["method"] == "HEAD":
            await self._app({**scope, "method": "GET"}, receive, _without_body(send))
        else:
            await self._app(scope, receive, send)


async def _send_on(scope: Scope, send: Send) -> None:
    # Relative to the address that was asked for, so that it holds behind a prefix, and
    # cannot lead to another host.
    last = scope["path"].rstrip("/").rpartition("/")[2]
    target = "../" + quote(last, safe="") if last else "/"
    if scope["query_string"]:
        target += "?" + scope["query_string"].decode("latin-1")
    headers = [(b"location", target.encode("latin-1")), (b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 308, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def _without_body(send: Send) -> Send:
    async def send_without_body(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return send_without_body


def allowed_methods(routes: Iterable[BaseRoute], scope: Scope) -> list[str]:
    """Return the methods that an address takes, on whichever routes."""
    allowed = set()
    for method in ("DELETE", "GET", "PATCH", "POST", "PUT"):
        asked = {**scope, "method": method}
        if any(route.matches(asked)[0] == Match.FULL for route in routes):
            allowed.add(method)
    if "GET" in allowed:
        allowed.add("HEAD")
    return sorted(allowed)
