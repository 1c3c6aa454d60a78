"""The OpenAPI schema: what FastAPI derives, and what it cannot know."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from neucobench.server.api.answers import PREFIX

OPENAPI = f"{PREFIX}/openapi.json"
_ABOUT = (
    'Errors are `{"error": "a sentence", "findings": [...]}`. Times are UTC. A '
    "token is sent as `Authorization: Bearer TOKEN`; `neucobench admin token NAME` and "
    "the page of an account print one."
)
_ANYWHERE = {
    "500": "The server failed; its log says why.",
    "503": "No room for the moment; the same request works later.",
}
_TOKEN = {
    "type": "http",
    "scheme": "bearer",
    "description": "A token of an account; it begins with `nb_`.",
}


def describe(app: FastAPI) -> None:
    """Let the application describe itself; the schema is made once."""

    def schema() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _make(app)
        return app.openapi_schema

    app.openapi = schema  # type: ignore[method-assign]


def _make(app: FastAPI) -> dict[str, Any]:
    found = get_openapi(
        title=app.title,
        version=app.version,
        description=_ABOUT,
        routes=app.routes,
    )
    components = found.setdefault("components", {})
    components["securitySchemes"] = {"token": _TOKEN}
    for path in found["paths"].values():
        for operation in path.values():
            _name_errors(operation)
    for unused in ("HTTPValidationError", "ValidationError"):
        components.get("schemas", {}).pop(unused, None)
    return found


def _name_errors(operation: dict[str, Any]) -> None:
    """Replace FastAPI's own account of errors with ours."""
    content = {
        "application/json": {"schema": {"$ref": "#/components/schemas/ErrorDocument"}}
    }
    for status, answer in operation["responses"].items():
        if int(status) >= 400:
            answer["content"] = content
    for status, reason in _ANYWHERE.items():
        answer = {"description": reason, "content": content}
        operation["responses"].setdefault(status, answer)
