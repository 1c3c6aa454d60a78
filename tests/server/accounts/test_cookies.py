"""What a browser keeps of a session and of a visit, and the forms bound to it."""

from http.cookies import SimpleCookie

import pytest
from fastapi.testclient import TestClient


def _cookie(response):
    (morsel,) = SimpleCookie(response.headers["set-cookie"]).values()
    return morsel


def test_a_login_gives_a_cookie_that_scripts_and_other_sites_do_not_get(browser):
    cookie = _cookie(browser.post("/login"))
    assert cookie.key == "neucobench_session"
    assert cookie["httponly"]
    assert cookie["samesite"] == "lax"
    assert cookie["path"] == "/"
    assert not cookie["domain"]
    assert int(cookie["max-age"]) == 14 * 86400
    assert browser.get("/me").json() == {"name": "ada"}


def test_by_https_the_cookie_goes_no_other_way(secure_browser):
    cookie = _cookie(secure_browser.post("/login"))
    assert cookie.key == "__Host-neucobench_session"
    assert cookie["secure"]
    assert not cookie["domain"]
    assert cookie["path"] == "/"
    assert secure_browser.get("/me").json() == {"name": "ada"}


def test_by_https_a_cookie_without_the_prefix_is_not_looked_at(secure_browser):
    secret = _cookie(secure_browser.post("/login")).value
    secure_browser.cookies.clear()
    secure_browser.cookies.set("neucobench_session", secret)
    assert secure_browser.get("/me").json() == {"name": None}


def test_a_planted_cookie_is_replaced_at_login_and_stays_worthless(browser):
    browser.cookies.set("neucobench_session", "planted", domain="testserver.local")
    cookie = _cookie(browser.post("/login"))
    assert cookie.value != "planted"
    browser.cookies.clear()
    browser.cookies.set("neucobench_session", "planted", domain="testserver.local")
    assert browser.get("/me").json() == {"name": None}


def test_after_a_logout_the_old_cookie_is_dead(browser):
    secret = _cookie(browser.post("/login")).value
    gone = _cookie(browser.post("/logout"))
    assert gone.value == ""
    assert gone["max-age"] == "0"
    browser.cookies.set("neucobench_session", secret, domain="testserver.local")
    assert browser.get("/me").json() == {"name": None}


def test_an_expired_session_is_anonymous(browser, clock):
    browser.post("/login")
    clock.move(days=14)
    assert browser.get("/me").json() == {"name": None}
    assert browser.get("/mine").status_code == 401


def test_a_login_form_is_bound_to_the_browser_that_loaded_it(browser):
    answer = browser.get("/form")
    cookie = _cookie(answer)
    assert cookie.key == "neucobench_visit"
    assert cookie["httponly"]
    assert cookie["samesite"] == "lax"
    token = answer.json()["token"]
    assert browser.post("/form", data={"token": token}).status_code == 200
    browser.cookies.clear()
    assert browser.post("/form", data={"token": token}).status_code == 403


def test_an_attackers_token_does_not_log_anybody_in(browser, sqlite_context, site):
    browser.get("/form")
    with TestClient(site(sqlite_context)) as attacker:
        token = attacker.get("/form").json()["token"]
    assert browser.post("/form", data={"token": token}).status_code == 403


def test_a_form_without_a_token_is_refused(browser):
    browser.get("/form")
    browser.post("/login")
    assert browser.post("/form").status_code == 403


def test_a_form_is_bound_to_the_session(browser):
    before = browser.get("/form").json()["token"]
    browser.post("/login")
    during = browser.get("/form").json()["token"]
    assert browser.post("/form", data={"token": before}).status_code == 403
    assert browser.post("/form", data={"token": during}).status_code == 200
    browser.post("/logout")
    browser.post("/login")
    assert browser.post("/form", data={"token": during}).status_code == 403


def test_a_visit_keeps_its_cookie(browser):
    browser.get("/form")
    assert "set-cookie" not in browser.get("/form").headers


def test_an_expired_session_can_still_load_and_send_a_login_form(browser, clock):
    browser.post("/login")
    clock.move(days=15)
    token = browser.get("/form").json()["token"]
    assert browser.post("/form", data={"token": token}).status_code == 200


@pytest.mark.parametrize(
    ("site", "status"),
    [("same-origin", 200), ("none", 200), ("same-site", 403), ("cross-site", 403)],
)
def test_a_form_that_another_site_sends_is_refused(browser, site, status):
    token = browser.get("/form").json()["token"]
    answer = browser.post(
        "/form", data={"token": token}, headers={"Sec-Fetch-Site": site}
    )
    assert answer.status_code == status
