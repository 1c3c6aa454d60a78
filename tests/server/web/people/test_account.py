"""One's own account."""

import re
from dataclasses import replace

from neucobench.server.accounts.new_password import set_password
from neucobench.server.accounts.tokens import visitor_of_token
from neucobench.server.audit import COMMAND_LINE

PASSWORD = "four words are enough"


def test_a_token_is_shown_once_and_works(hosted, browser):
    visitor = browser("ada")
    text = visitor.post("/account/tokens", "/account", label="laptop <i>").text
    token = re.search(r"nb_[\w-]+", text)[0]
    assert visitor_of_token(hosted.context, token).name == "ada"
    assert token not in visitor.get("/account").text
    assert "laptop <i>" in visitor.page("/account").text


def test_a_token_can_be_revoked_by_its_owner_only(hosted, browser):
    address = browser("ada").page("/account").of("form", method="post")
    revoke = next(f["action"] for f in address if f["action"].endswith("revoke"))
    browser("bob").post(revoke, "/account")
    assert visitor_of_token(hosted.context, hosted.tokens["ada"]) is not None
    browser("ada").post(revoke, "/account")
    assert visitor_of_token(hosted.context, hosted.tokens["ada"]) is None


def test_a_member_invites_to_the_team(hosted, browser):
    text = browser("ada").post("/account/invitations", "/account").text
    link = re.search(r"/invitations/[\w-]+", text)[0]
    assert "in the team lovelace" in browser().page(link).text


def test_the_members_of_the_team_are_listed(hosted, browser):
    text = browser("ada").page("/account").text
    assert "ben" in text
    assert "bob" not in text


def test_a_new_password_needs_the_present_one(hosted, browser):
    settings = replace(
        hosted.context.settings, password_passes=1, password_kibibytes=64
    )
    hosted.app.state.context = replace(hosted.context, settings=settings)
    set_password(hosted.app.state.context, "ada", PASSWORD, actor=COMMAND_LINE)
    visitor = browser("ada")
    wrong = visitor.post("/account/password", "/account", old="x", new=PASSWORD * 2)
    assert wrong.status_code == 401
    assert "present password is another one" in wrong.text
    right = visitor.post(
        "/account/password", "/account", old=PASSWORD, new=PASSWORD * 2
    )
    assert right.status_code == 303
    assert visitor.get("/account").status_code == 200


def test_an_account_is_deleted_when_its_name_was_typed(hosted, browser):
    visitor = browser("ada")
    assert visitor.post("/account/delete", "/account", name="bob").status_code == 422
    assert visitor.post("/account/delete", "/account", name="ada").status_code == 303
    assert visitor.get("/account").status_code == 303
    assert visitor_of_token(hosted.context, hosted.tokens["ada"]) is None
