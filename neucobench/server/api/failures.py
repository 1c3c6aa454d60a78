"""What nobody expected: a number for the visitor, and the reason in the log."""

import logging
from typing import Protocol
from uuid import uuid4

from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_LOG = logging.getLogger("neucobench.server")


class Answer(Protocol):
    """Make the answer to a request that is refused: JSON, or a page."""

    async def __call__(self, scope: Scope, status: int, sentence: str) -> Response:
        """Return the answer."""


class Failures:
    """Answer 500 where the code fails, without a word of what failed.

    Args:
        app: what answers.
        refuse: makes the answer.
    """

    def __init__(self, app: ASGIApp, *, refuse: Answer) -> None:
        self._app = app
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; a failure is logged with the number that the visitor is given."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def send_and_remember(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, send_and_remember)
        except ClientDisconnect:
            return
        except Exception as error:
            number = uuid4().hex[:12]
            route = getattr(scope.get("route"), "path", "no route")
            # The route and not the address: addresses hold secrets of invitations.
            _LOG.exception("Failure %s: %s %s", number, scope["method"], route)
            if begun:
                raise ConnectionAbortedError(f"failure {number}") from error
            sentence = (
                f"The server failed to answer, and its log says why under {number}; "
                "nothing was lost. Try again, or give that number to the host."
            )
            answer = await self._refuse(scope, 500, sentence)
            await answer(scope, receive, send)
