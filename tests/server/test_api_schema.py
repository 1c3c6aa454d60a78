"""Every route of the API, as its schema says, asked by everybody with odd requests."""

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
    allow_header_conformance,
]
ROUTES = {
    "GET /api/v1/challenges",
    "GET /api/v1/health",
    "GET /api/v1/phases/{phase}",
    "GET /api/v1/phases/{phase}/board",
    "GET /api/v1/phases/{phase}/entries",
    "GET /api/v1/phases/{phase}/history",
    "GET /api/v1/phases/{phase}/ids",
    "GET /api/v1/submissions",
    "GET /api/v1/submissions/{id}",
    "DELETE /api/v1/submissions/{id}",
    "POST /api/v1/submissions/{id}/choice",
    "POST /api/v1/phases/{phase}/submissions",
}
ROLES = [None, "ada", "bob", "hana", "root"]
EXAMPLES = 12


@pytest.fixture
def filled(quick):
    """Return a server with entries of two teams, scored, queued and withdrawn."""
    for name in ("ada", "bob"):
        for phase in ("blind", "coded", "open"):
            quick.hand_in(name, phase, method=f"{name} <b>")
            quick.score()
    quick.ids = [
        quick.hand_in("ada", phase).json()["id"] for phase in ("open", "blind")
    ]
    return quick


def operations(app):
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", app)
    return [found.ok() for found in schema.get_all_operations()]


def test_the_schema_lists_the_routes(quick):
    found = {
        f"{operation.method.upper()} {operation.path}"
        for operation in operations(quick.app)
    }
    assert found == ROUTES


def test_the_schema_says_how_to_sign_in(quick):
    found = quick.client().get("/api/v1/openapi.json").json()
    assert found["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    posted = found["paths"]["/api/v1/phases/{phase}/submissions"]["post"]
    assert posted["security"] == [{"token": []}]
    form = posted["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert form["required"] == ["file", "method"]


def test_every_refusal_in_the_schema_is_a_sentence_with_findings(quick):
    found = quick.client().get("/api/v1/openapi.json").json()
    for path in found["paths"].values():
        for operation in path.values():
            for status, answer in operation["responses"].items():
                if int(status) >= 400:
                    schema = answer["content"]["application/json"]["schema"]
                    assert schema["$ref"].endswith("/ErrorDocument")


@pytest.mark.slow
@pytest.mark.parametrize("role", ROLES, ids=str)
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_whoever_asks_is_answered_as_the_schema_says(filled, role, mode):
    token = filled.tokens.get(role)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    phases = st.sampled_from(["blind", "coded", "open", "quiz-open", None])
    numbers = st.sampled_from([*filled.ids, None])
    for operation in operations(filled.app):
        if mode == GenerationMode.NEGATIVE and "{" not in operation.path:
            continue  # there is nothing to get wrong
        known = {"phase": phases, "id": numbers}

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        @given(
            case=operation.as_strategy(generation_mode=mode),
            given_names=st.fixed_dictionaries(known),
        )
        def ask(case, given_names):
            for name, value in given_names.items():
                if value is not None and name in case.path_parameters:
                    case.path_parameters[name] = value
            case.call_and_validate(headers=headers, checks=CHECKS)

        ask()
