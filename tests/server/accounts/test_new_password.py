"""A new password for an account."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from neucobench.server.accounts.invitations import (
    accept,
    open_invitation,
    reset_link,
)
from neucobench.server.accounts.new_password import change_password, set_password
from neucobench.server.accounts.people import delete_user, list_users
from neucobench.server.accounts.sessions import log_in, visitor_of_session
from neucobench.server.accounts.tokens import issue_token, visitor_of_token
from neucobench.server.audit import COMMAND_LINE
from neucobench.server.refusals import (
    NotAllowed,
    NotFound,
    NotSignedIn,
    Refusal,
    TooMany,
)
from neucobench.server.tables import BrowserSession

HERE = "192.0.2.1"
NEW = "another good password"


def _visitor(context, password):
    return visitor_of_session(context, log_in(context, "ada", password, address=HERE))


def test_changing_it_ends_every_session_but_the_new_one(context, person, password):
    person(context)
    before = [log_in(context, "ada", password, address=HERE) for _ in range(2)]
    visitor = visitor_of_session(context, before[0])
    kept = change_password(context, visitor, old=password, new=NEW, address=HERE)
    assert [visitor_of_session(context, one) for one in before] == [None, None]
    assert visitor_of_session(context, kept).name == "ada"
    assert log_in(context, "ada", NEW, address=HERE)
    with pytest.raises(NotSignedIn):
        log_in(context, "ada", password, address=HERE)


def test_changing_it_needs_the_present_one(context, person, password):
    person(context)
    visitor = _visitor(context, password)
    with pytest.raises(NotSignedIn, match="present password"):
        change_password(context, visitor, old="wrong", new=NEW, address=HERE)
    assert log_in(context, "ada", password, address=HERE)


def test_guessing_the_present_one_is_limited_like_logins(
    sqlite_context, person, password
):
    person(sqlite_context)
    visitor = _visitor(sqlite_context, password)
    for number in range(10):
        where = f"192.0.2.{number}"
        with pytest.raises(NotSignedIn):
            change_password(sqlite_context, visitor, old="no", new=NEW, address=where)
    with pytest.raises(TooMany):
        change_password(
            sqlite_context, visitor, old=password, new=NEW, address="198.51.100.1"
        )


def test_setting_it_ends_sessions_and_reset_links(context, person, password):
    person(context)
    session = log_in(context, "ada", password, address=HERE)
    link = reset_link(context, "ada", actor=COMMAND_LINE)
    set_password(context, "ada", NEW, actor=COMMAND_LINE)
    assert visitor_of_session(context, session) is None
    with pytest.raises(NotFound):
        open_invitation(context, link)
    assert log_in(context, "ada", NEW, address=HERE)


def test_tokens_of_programs_outlive_a_new_password(context, person):
    person(context)
    token = issue_token(context, "ada")
    set_password(context, "ada", NEW, actor=COMMAND_LINE)
    assert visitor_of_token(context, token).name == "ada"


def test_setting_it_lets_a_locked_account_in(sqlite_context, person):
    person(sqlite_context)
    for number in range(10):
        with pytest.raises(NotSignedIn):
            log_in(sqlite_context, "ada", "no", address=f"192.0.2.{number}")
    set_password(sqlite_context, "ada", NEW, actor=COMMAND_LINE)
    assert log_in(sqlite_context, "ada", NEW, address="198.51.100.1")


def test_a_participant_sets_nobodys_password(sqlite_context, person):
    person(sqlite_context, "ada")
    person(sqlite_context, "bob")
    with pytest.raises(NotAllowed):
        set_password(sqlite_context, "bob", NEW, actor="ada")


def test_the_new_password_is_in_no_table_and_no_log(
    sqlite_context, person, dump, caplog
):
    caplog.set_level(0)
    person(sqlite_context)
    set_password(sqlite_context, "ada", NEW, actor=COMMAND_LINE)
    assert NEW not in dump(sqlite_context) + caplog.text


def test_changes_from_several_sides_wait_for_one_another(context, person, password):
    person(context)

    def attempt(number):
        try:
            if number % 4 == 0:
                set_password(context, "ada", password, actor=COMMAND_LINE)
            elif number % 4 == 1:
                link = reset_link(context, "ada", actor=COMMAND_LINE)
                accept(context, link, password=password)
            elif number % 4 == 2:
                log_in(context, "ada", password, address=f"192.0.2.{number}")
            elif number == 23:
                delete_user(context, "ada", actor=COMMAND_LINE)
        except Refusal:
            return

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(attempt, range(32)))
    (found,) = list_users(context)
    assert (found.name, found.password) == ("deleted account 1", False)
    with context.database.read() as session:
        assert session.scalars(select(BrowserSession)).all() == []
