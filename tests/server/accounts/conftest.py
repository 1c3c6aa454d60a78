"""Servers whose passwords are cheap to hash, and what their databases hold."""

from dataclasses import replace
from typing import Annotated

import pytest
from fastapi import Depends, FastAPI, Form, Request
from fastapi.responses import JSONResponse
from fastapi.testclient import TestClient
from sqlalchemy import select

from neucobench.server.accounts import requests
from neucobench.server.accounts.people import add_user
from neucobench.server.accounts.sessions import log_in, log_out
from neucobench.server.accounts.visitor import Visitor
from neucobench.server.audit import COMMAND_LINE
from neucobench.server.refusals import Refusal
from neucobench.server.tables import Base

PASSWORD = "correct horse battery"
HERE = "192.0.2.1"


def _cheap(context):
    settings = replace(context.settings, password_passes=1, password_kibibytes=32)
    return replace(context, settings=settings)


@pytest.fixture
def context(context):
    """Return the server of the tests around, with cheap hashes."""
    return _cheap(context)


@pytest.fixture
def sqlite_context(sqlite_context):
    """Return the server of the tests around, with cheap hashes."""
    return _cheap(sqlite_context)


@pytest.fixture
def password():
    """Return a password that is accepted."""
    return PASSWORD


@pytest.fixture
def person():
    """Return a function that makes an account with a password."""

    def make(context, name="ada", *, team="lovelace", role="participant"):
        return add_user(
            context,
            name,
            team=team,
            role=role,
            password=PASSWORD,
            actor=COMMAND_LINE,
        )

    return make


@pytest.fixture
def dump():
    """Return a function that gives everything that a database holds, as text."""

    def text_of(context):
        with context.database.engine.connect() as connection:
            return "\n".join(
                str(row._mapping)
                for table in Base.metadata.sorted_tables
                for row in connection.execute(select(table))
            )

    return text_of


@pytest.fixture
def settings_of():
    """Return a function that gives a server with other settings."""

    def changed(context, **settings):
        return replace(context, settings=replace(context.settings, **settings))

    return changed


@pytest.fixture
def site():
    """Return a function that makes a small site whose routes tell who asks."""
    return _app


def _app(context):
    app = FastAPI()
    app.state.context = context

    @app.exception_handler(Refusal)
    def refuse(request: Request, error: Refusal):
        return JSONResponse({"error": str(error)}, status_code=error.status)

    def tell(found: Visitor | None):
        return {"name": found.name if found else None}

    @app.api_route("/api/v1/me", methods=["GET", "POST", "DELETE"])
    @app.get("/me")
    def me(found: Annotated[Visitor | None, Depends(requests.visitor)]):
        return tell(found)

    @app.get("/mine")
    def mine(found: Annotated[Visitor, Depends(requests.signed_in)]):
        return tell(found)

    @app.get("/desk")
    def desk(found: Annotated[Visitor, Depends(requests.host)]):
        return tell(found)

    @app.get("/accounts")
    def accounts(found: Annotated[Visitor, Depends(requests.admin)]):
        return tell(found)

    @app.get("/from")
    def origin(request: Request):
        return {"address": requests.address_of(request)}

    @app.get("/form")
    def form(request: Request):
        response = JSONResponse({"token": requests.form_token(request)})
        requests.keep_visit(request, response)
        return response

    @app.post("/form")
    def act(request: Request, token: Annotated[str, Form()] = ""):
        requests.require_form(request, token)
        return {"done": True}

    @app.post("/login")
    def login(request: Request, name: Annotated[str, Form()] = "ada"):
        response = JSONResponse({})
        secret = log_in(context, name, PASSWORD, address=HERE)
        requests.set_session_cookie(response, context, secret)
        return response

    @app.post("/logout")
    def logout(request: Request):
        response = JSONResponse({})
        log_out(context, requests.session_secret(request))
        requests.clear_session_cookie(response, context)
        return response

    return app


@pytest.fixture
def browser(sqlite_context, person):
    """Return a browser at a server that has an account ``ada``."""
    person(sqlite_context)
    with TestClient(_app(sqlite_context)) as client:
        yield client


@pytest.fixture
def secure_browser(sqlite_context, person, settings_of):
    """Return a browser at a server that is reached by HTTPS."""
    person(sqlite_context)
    secure = settings_of(sqlite_context, secure=True)
    with TestClient(_app(secure), base_url="https://a.example") as client:
        yield client
