"""Log in, register, use a link, log out."""

from dataclasses import replace

import pytest

from neucobench.server.accounts.invitations import invite, reset_link
from neucobench.server.accounts.new_password import set_password
from neucobench.server.accounts.requests import SESSION_COOKIE
from neucobench.server.audit import COMMAND_LINE

PASSWORD = "four words are enough"


@pytest.fixture
def cheap(hosted):
    """Return the server with passwords that are quick to hash."""
    settings = replace(
        hosted.context.settings, password_passes=1, password_kibibytes=64
    )
    context = replace(hosted.context, settings=settings)
    hosted.context = hosted.app.state.context = context
    return hosted


def test_who_registers_is_signed_in_with_a_team(cheap, browser):
    visitor = browser()
    answer = visitor.post(
        "/register", "/register", name="cleo", team="Team <b>", password=PASSWORD
    )
    assert answer.status_code == 303
    assert "Team <b>" in visitor.page("/account").text


def test_a_taken_name_is_said_and_what_was_typed_stays(cheap, browser):
    answer = browser().post(
        "/register", "/register", name="ada", team="new one", password=PASSWORD
    )
    assert answer.status_code == 409
    assert "is taken" in answer.text
    assert 'value="new one"' in answer.text
    assert PASSWORD not in answer.text


def test_without_registration_there_is_no_form(cheap, browser):
    settings = replace(cheap.context.settings, registration=False)
    cheap.app.state.context = replace(cheap.context, settings=settings)
    assert browser().get("/register").status_code == 403
    assert 'href="/register"' not in browser().get("/").text


def test_a_login_leads_on_with_a_session_of_its_own(cheap, browser):
    set_password(cheap.context, "ada", PASSWORD, actor=COMMAND_LINE)
    visitor = browser("bob")
    before = visitor.client.cookies[SESSION_COOKIE]
    answer = visitor.post(
        "/login", "/login", name="ada", password=PASSWORD, next="/submissions"
    )
    assert answer.headers["location"] == "/submissions"
    assert visitor.client.cookies[SESSION_COOKIE] != before
    assert "lovelace" in visitor.page("/account").text


def test_a_wrong_password_is_said_in_the_words_of_an_unknown_name(cheap, browser):
    set_password(cheap.context, "ada", PASSWORD, actor=COMMAND_LINE)
    sentences = set()
    for name in ("ada", "nobody"):
        answer = browser().post("/login", "/login", name=name, password="wrong one")
        assert answer.status_code == 401
        sentences.add(answer.text.split('role="alert"')[1].split("</div>")[0])
    assert len(sentences) == 1


def test_a_login_form_of_another_browser_is_refused(cheap, browser):
    token = browser().token("/login")
    answer = browser().client.post("/login", data={"csrf": token, "name": "ada"})
    assert answer.status_code == 403


def test_after_a_logout_the_session_is_worth_nothing(hosted, browser):
    visitor = browser("ada")
    secret = visitor.client.cookies[SESSION_COOKIE]
    assert visitor.post("/logout", "/account").status_code == 303
    visitor.client.cookies.set(SESSION_COOKIE, secret, domain="testserver.local")
    assert visitor.get("/account").status_code == 303


def test_a_link_makes_an_account_once(cheap, browser):
    secret = invite(
        cheap.context, role="participant", team="lovelace", actor=COMMAND_LINE
    )
    address = f"/invitations/{secret}"
    visitor = browser()
    page = visitor.get(address)
    assert page.headers["referrer-policy"] == "no-referrer"
    assert secret not in page.text.split("<main")[0]
    answer = visitor.post(address, address, name="cleo", password=PASSWORD)
    assert answer.status_code == 303
    assert "lovelace" in visitor.page("/account").text
    assert browser().get(address).status_code == 404


def test_a_short_password_leaves_the_link_as_it_was(cheap, browser):
    secret = invite(cheap.context, role="host", team=None, actor=COMMAND_LINE)
    address = f"/invitations/{secret}"
    answer = browser().post(address, address, name="cleo", password="short")
    assert answer.status_code == 422
    assert "role <strong>host</strong>" in answer.text
    assert browser().get(address).status_code == 200


def test_a_link_sets_a_new_password(cheap, browser):
    secret = reset_link(cheap.context, "ada", actor=COMMAND_LINE)
    visitor, address = browser(), f"/invitations/{secret}"
    assert "Set a new password" in visitor.page(address).text
    assert visitor.post(address, address, password=PASSWORD).status_code == 303
    assert "lovelace" in visitor.page("/account").text
