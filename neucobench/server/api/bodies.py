"""Requests with small bodies: all of them but the uploads.

An upload is streamed by its own route, with limits of its own. Every other body is read
here, up to a limit and for a limited time, before anything looks at it.
"""

import asyncio

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from neucobench.server.api.failures import Answer

LIMIT = 256 * 2**10
SECONDS = 30.0
_UPLOADS = ("/submissions", "/submit")


class SmallBodies:
    """Refuse bodies that are large or slow.

    Args:
        app: what answers.
        refuse: makes the answer to a refused request.
        limit: bytes.
        seconds: how long a body may take.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        refuse: Answer,
        limit: int = LIMIT,
        seconds: float = SECONDS,
    ) -> None:
        self._app = app
        self._refuse = refuse
        self._limit = limit
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse."""
        if scope["type"] != "http" or _is_upload(scope) or not _has_body(scope):
            await self._app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(self._seconds):
                body = await _read(receive, self._limit)
        except TimeoutError:
            sentence = (
                f"The request took longer than {self._seconds:.0f} seconds to arrive; "
                "send it again."
            )
            answer = await self._refuse(scope, 408, sentence)
            await answer(scope, receive, send)
            return
        if body is None:
            sentence = (
                f"The request is larger than {self._limit:,} bytes; only the file of a "
                "submission may be. Send less."
            )
            answer = await self._refuse(scope, 413, sentence)
            await answer(scope, receive, send)
            return
        await self._app(scope, _replay(body, receive), send)


def _is_upload(scope: Scope) -> bool:
    kind = Headers(scope=scope).get("content-type", "")
    return (
        scope["method"] == "POST"
        and kind.lower().startswith("multipart/form-data")
        and scope["path"].endswith(_UPLOADS)
    )


def _has_body(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    stated = headers.get("content-length")
    return "transfer-encoding" in headers or stated not in (None, "0")


async def _read(receive: Receive, limit: int) -> bytes | None:
    """Return the body, or None when it is larger than the limit."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return bytes(body)
        body += message.get("body", b"")
        if len(body) > limit:
            return None
        if not message.get("more_body", False):
            return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    """Return a ``receive`` that gives the body once, then what the server says."""
    waiting: list[Message] = [
        {"type": "http.request", "body": body, "more_body": False}
    ]

    async def receive_again() -> Message:
        return waiting.pop() if waiting else await receive()

    return receive_again
