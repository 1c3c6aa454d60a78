"""Dependencies of the routes: who asks, and from where."""

import pytest
from fastapi.testclient import TestClient

from neucobench.server.accounts.tokens import issue_token, revoke_token


def _bearer(token):
    return {"Authorization": f"Bearer {token}"}


def test_without_anything_a_visitor_is_anonymous(browser):
    assert browser.get("/me").json() == {"name": None}


def test_a_token_says_who_asks(browser, sqlite_context):
    token = issue_token(sqlite_context, "ada")
    for scheme in ("Bearer", "bearer"):
        answer = browser.get("/mine", headers={"Authorization": f"{scheme} {token}"})
        assert answer.json() == {"name": "ada"}


@pytest.mark.parametrize("token", ["", "wrong", "nb_wrong", "nb_é"])
def test_a_wrong_token_is_401_and_never_anonymous(browser, token):
    header = {"Authorization": f"Bearer {token}".encode("latin-1")}
    answer = browser.get("/me", headers=header)
    assert answer.status_code == 401
    assert "unknown or was revoked" in answer.json()["error"]
    assert not token or token not in answer.text


def test_a_revoked_token_is_401_at_once(browser, sqlite_context):
    token = issue_token(sqlite_context, "ada")
    assert browser.get("/me", headers=_bearer(token)).status_code == 200
    revoke_token(sqlite_context, "ada")
    assert browser.get("/me", headers=_bearer(token)).status_code == 401


def test_a_wrong_token_beside_a_session_is_401(browser):
    browser.post("/login")
    assert browser.get("/me", headers=_bearer("nb_wrong")).status_code == 401


def test_the_password_of_a_proxy_in_front_is_not_ours(browser):
    answer = browser.get("/me", headers={"Authorization": "Basic YTpi"})
    assert answer.json() == {"name": None}


@pytest.mark.parametrize("path", ["/mine", "/desk", "/accounts"])
def test_an_anonymous_visitor_is_401_where_an_account_is_needed(browser, path):
    assert browser.get(path).status_code == 401


@pytest.mark.parametrize(
    ("role", "statuses"),
    [
        ("participant", [200, 403, 403]),
        ("host", [200, 200, 403]),
        ("admin", [200, 200, 200]),
    ],
)
def test_each_role_reaches_as_far_as_it_may(
    browser, sqlite_context, person, role, statuses
):
    person(sqlite_context, "bob", role=role)
    header = _bearer(issue_token(sqlite_context, "bob"))
    paths = ("/mine", "/desk", "/accounts")
    assert [browser.get(path, headers=header).status_code for path in paths] == statuses


def test_a_session_reads_the_api_but_changes_nothing_through_it(browser):
    browser.post("/login")
    assert browser.get("/api/v1/me").json() == {"name": "ada"}
    for method in ("POST", "DELETE"):
        assert browser.request(method, "/api/v1/me").json() == {"name": None}


def test_that_holds_below_a_prefix_of_the_proxy_too(sqlite_context, person, site):
    person(sqlite_context)
    with TestClient(site(sqlite_context), root_path="/challenge") as browser:
        browser.post("/login")
        assert browser.get("/api/v1/me").json() == {"name": "ada"}
        assert browser.post("/api/v1/me").json() == {"name": None}


def test_an_address_is_that_of_the_visitor_behind_the_proxy(
    sqlite_context, settings_of, site
):
    app = site(settings_of(sqlite_context, proxies=("10.0.0.1",)))
    header = {"X-Forwarded-For": "127.0.0.1, 192.0.2.7"}
    for peer, address in (("10.0.0.1", "192.0.2.7"), ("10.0.0.2", "10.0.0.2")):
        with TestClient(app, client=(peer, 50000)) as client:
            found = client.get("/from", headers=header)
        assert found.json() == {"address": address}
