"""The application: API, pages, and what every answer has in common.

::

    request ─▶ SecurityHeaders ─▶ PlainAddresses ─▶ Failures ─▶ SmallBodies ─▶ routes
                                                       │             │           │
                       a sentence, as JSON or a page ◀─┴─────────────┴─ Refusal ─┘
"""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Scope

from neucobench import __version__
from neucobench.errors import InputError, UsageError
from neucobench.server.api import openapi
from neucobench.server.api.answers import (
    error_answer,
    is_api,
    refusal_findings,
    refusal_headers,
)
from neucobench.server.api.bodies import SmallBodies
from neucobench.server.api.failures import Failures
from neucobench.server.api.headers import SecurityHeaders
from neucobench.server.api.methods import PlainAddresses, allowed_methods
from neucobench.server.api.rendered import RenderedAnswers
from neucobench.server.api.router import router as api_router
from neucobench.server.api.validation import sentence_of
from neucobench.server.context import Context
from neucobench.server.database.engine import PASSING
from neucobench.server.dispatch.dispatcher import Dispatcher
from neucobench.server.dispatch.run import plainly
from neucobench.server.refusals import Refusal
from neucobench.server.submissions.room import no_database
from neucobench.server.submissions.upload import clear_incoming
from neucobench.server.web.pages import error_page
from neucobench.server.web.router import router as web_router

_LOG = logging.getLogger("neucobench.server")


def create_app(context: Context, *, dispatch: bool = True) -> FastAPI:
    """Return the application of a server.

    Args:
        context: the server's.
        dispatch: whether to score what is in the queue while the application runs.
    """
    app = FastAPI(
        title="NeuCo-Bench challenge server",
        version=__version__,
        docs_url=None,  # the pages that FastAPI brings load scripts from elsewhere
        redoc_url=None,
        openapi_url=openapi.OPENAPI,
        redirect_slashes=False,
        lifespan=_lifespan if dispatch else None,
        middleware=[
            Middleware(SecurityHeaders, secure=context.settings.secure),
            Middleware(PlainAddresses),
            Middleware(Failures, refuse=_refuse),
            Middleware(SmallBodies, refuse=_refuse),
        ],
    )
    app.add_exception_handler(InputError, _say_no)
    app.add_exception_handler(UsageError, _say_no)
    app.add_exception_handler(HTTPException, _say_http)
    app.add_exception_handler(RequestValidationError, _say_invalid)
    for passing in PASSING:
        app.add_exception_handler(passing, _say_later)
    app.state.context = context
    app.state.answers = RenderedAnswers()
    app.state.taken_over = False
    app.state.dispatcher = Dispatcher(context) if dispatch else None
    app.include_router(api_router)
    app.include_router(web_router)
    openapi.describe(app)
    return app


def take_over(app: FastAPI) -> None:
    """Take the folder and its queue over from a server before; twice is as once.

    Raises:
        Conflict: when another server works on the folder or the database.
    """
    if app.state.taken_over:
        return
    app.state.dispatcher.start()
    app.state.taken_over = True
    # What a server that was killed left half done.
    clear_incoming(app.state.context)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Score what is in the queue, from the start of the application to its end."""
    await run_in_threadpool(take_over, app)
    try:
        yield
    finally:
        await run_in_threadpool(app.state.dispatcher.stop)


def _say_no(request: Request, error: Exception) -> Response:
    """Answer what the server refuses, in the sentence of the refusal."""
    if isinstance(error, Refusal):
        status, headers = error.status, refusal_headers(error)
    else:
        status, headers = 404 if isinstance(error, UsageError) else 400, {}
    if is_api(request.url.path):
        findings = refusal_findings(error)
        return error_answer(status, str(error), findings=findings, headers=headers)
    answer = error_page(request, status, str(error))
    answer.headers.update(headers)
    return answer


def _say_http(request: Request, error: Exception) -> Response:
    """Answer what no route answers."""
    assert isinstance(error, HTTPException)
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    sentence = str(error.detail)
    if error.status_code == 404:
        sentence = (
            "There is nothing at this address. Begin at the first page, or at "
            f"{openapi.OPENAPI} for programs."
        )
    elif error.status_code == 405:
        allowed = ", ".join(allowed_methods(request.app.routes, request.scope))
        headers["allow"] = allowed
        sentence = f"This address does not take {request.method}; it takes {allowed}."
    if is_api(request.url.path):
        return error_answer(error.status_code, sentence, headers=headers)
    answer = error_page(request, error.status_code, sentence)
    answer.headers.update(headers)
    return answer


def _say_invalid(request: Request, error: Exception) -> Response:
    """Answer a request whose parameters are not what the schema says."""
    assert isinstance(error, RequestValidationError)
    sentence = sentence_of(error)
    if is_api(request.url.path):
        return error_answer(422, sentence)
    return error_page(request, 422, sentence)


async def _say_later(request: Request, error: Exception) -> Response:
    """Answer what the database cannot do at the moment, with the reason in the log."""
    _LOG.error("The database could not answer: %s", plainly(error))
    refusal = no_database(error)
    answer = await _refuse(request.scope, refusal.status, str(refusal))
    answer.headers.update(refusal_headers(refusal))
    return answer


async def _refuse(scope: Scope, status: int, sentence: str) -> Response:
    """Return a refusal that comes before, or after, every route."""
    if is_api(scope["path"]):
        return error_answer(status, sentence)
    try:
        return await run_in_threadpool(error_page, Request(scope), status, sentence)
    except Exception:  # noqa: BLE001 - what failed may be what a page is made with
        return PlainTextResponse(sentence, status_code=status)
