"""Accounts through the pages of the server, as an attacker would try them."""

import logging
import re

import pytest
from fastapi.testclient import TestClient

from neucobench.server.accounts.invitations import invite, reset_link
from neucobench.server.accounts.tokens import issue_token
from neucobench.server.app import create_app
from neucobench.server.audit import COMMAND_LINE

CSRF = re.compile(r'name="csrf" value="([^"]+)"')
ACCOUNT = {"name": "ada", "team": "lovelace", "password": "correct horse battery"}


@pytest.fixture
def browser(sqlite_context):
    """Return a browser at a server without accounts."""
    with TestClient(create_app(sqlite_context, dispatch=False)) as client:
        yield client


def _send(browser, path, *, page=None, **fields):
    token = CSRF.search(browser.get(page or path).text).group(1)
    return browser.post(path, data={"csrf": token, **fields}, follow_redirects=False)


def test_registering_signs_in_and_logging_out_signs_out(browser):
    assert _send(browser, "/register", **ACCOUNT).status_code == 303
    assert "ada" in browser.get("/account").text
    assert _send(browser, "/logout", page="/account").status_code == 303
    assert browser.get("/account", follow_redirects=False).status_code != 200


def test_forms_without_their_token_are_refused(browser, sqlite_context):
    link = invite(sqlite_context, role="host", team=None, actor=COMMAND_LINE)
    for path in ("/login", "/register", f"/invitations/{link}"):
        browser.get(path)
        assert browser.post(path, data=ACCOUNT).status_code == 403


def test_a_session_that_was_planted_is_not_the_one_after_login(browser):
    _send(browser, "/register", **ACCOUNT)
    planted = browser.cookies["neucobench_session"]
    _send(browser, "/login", **ACCOUNT)
    assert browser.cookies["neucobench_session"] != planted
    browser.cookies.clear()
    browser.cookies.set("neucobench_session", planted)
    assert browser.get("/account", follow_redirects=False).status_code != 200


def test_unknown_names_and_wrong_passwords_get_the_same_page(browser, person):
    person(browser.app.state.context)
    texts = set()
    for name in ("ada", "eve"):
        answer = _send(browser, "/login", name=name, password="wrong password")
        assert answer.status_code == 401
        text = CSRF.sub("", answer.text).replace(f'value="{name}"', "")
        texts.add(text)
    assert len(texts) == 1


def test_the_eleventh_login_is_told_when_to_come_again(browser, person):
    person(browser.app.state.context)
    for _ in range(10):
        _send(browser, "/login", name="ada", password="wrong password")
    answer = _send(browser, "/login", **ACCOUNT)
    assert answer.status_code == 429
    assert "Try again in 15 minutes" in answer.text


def test_a_page_with_a_secret_tells_no_other_site(browser, sqlite_context):
    link = invite(sqlite_context, role="host", team=None, actor=COMMAND_LINE)
    answer = browser.get(f"/invitations/{link}")
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "no-store" in answer.headers["cache-control"]


def test_no_log_holds_a_secret(browser, sqlite_context, person, dump, caplog):
    caplog.set_level(logging.DEBUG)
    person(sqlite_context, "bob")
    token = issue_token(sqlite_context, "bob")
    secrets = {
        token,
        invite(sqlite_context, role="host", team=None, actor=COMMAND_LINE),
        reset_link(sqlite_context, "bob", actor=COMMAND_LINE),
    }
    for secret in secrets:
        browser.get(f"/invitations/{secret}")
    _send(browser, "/register", **{**ACCOUNT, "team": "engine"})
    browser.get("/api/v1/submissions", headers={"Authorization": f"Bearer {token}"})
    browser.get("/api/v1/submissions", headers={"Authorization": f"Bearer {token}x"})
    secrets |= {browser.cookies["neucobench_session"], ACCOUNT["password"]}
    ours = [one for one in caplog.records if not one.name.startswith("httpx")]
    held = dump(sqlite_context) + "\n".join(one.getMessage() for one in ours)
    assert [secret for secret in secrets if secret in held] == []
