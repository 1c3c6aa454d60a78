"""API tokens: issued, recognized and revoked."""

import hashlib

import pytest
from sqlalchemy import event

from neucobench.server.accounts.tokens import (
    issue_token,
    list_tokens,
    revoke_token,
    visitor_of_token,
)
from neucobench.server.refusals import NotAllowed, NotFound
from neucobench.server.tables import AccessToken


def test_a_token_says_whose_it_is(context, person):
    user = person(context)
    found = visitor_of_token(context, issue_token(context, "ada"))
    assert (found.user_id, found.name, found.role) == (user.id, "ada", "participant")
    assert (found.team_id, found.team) == (user.team_id, "lovelace")


def test_a_token_begins_with_its_mark_and_is_long(sqlite_context, person):
    person(sqlite_context)
    one, other = (issue_token(sqlite_context, "ada") for _ in range(2))
    assert one.startswith("nb_")
    assert len(one) == len("nb_") + 43
    assert one != other


def test_only_the_digest_is_kept(context, person, dump):
    person(context)
    token = issue_token(context, "ada")
    with context.database.read() as session:
        kept = session.get(AccessToken, 1).digest
    assert kept == hashlib.sha256(token.encode()).hexdigest()
    assert token not in dump(context)
    assert token.removeprefix("nb_") not in dump(context)


@pytest.mark.parametrize("token", ["", "nb_", "nb_wrong", "x", "nb_\udc80", "nb_\x00"])
def test_an_unknown_token_is_nobodys(context, person, token):
    person(context)
    issue_token(context, "ada")
    assert visitor_of_token(context, token) is None


def test_the_digest_is_no_token(context, person):
    person(context)
    issue_token(context, "ada")
    with context.database.read() as session:
        digest = session.get(AccessToken, 1).digest
    assert visitor_of_token(context, digest) is None
    assert visitor_of_token(context, f"nb_{digest}") is None


def test_all_tokens_are_revoked_at_once(context, person):
    person(context)
    tokens = [issue_token(context, "ada") for _ in range(2)]
    assert revoke_token(context, "ada") == 2
    assert [visitor_of_token(context, token) for token in tokens] == [None, None]
    assert revoke_token(context, "ada") == 0


def test_one_token_is_revoked_by_its_number(context, person):
    person(context)
    first, second = (issue_token(context, "ada", label=x) for x in ("a", "b"))
    number = list_tokens(context, "ada")[0].number
    assert revoke_token(context, "ada", number=number, actor="ada") == 1
    assert visitor_of_token(context, first) is None
    assert visitor_of_token(context, second).name == "ada"
    assert [token.label for token in list_tokens(context, "ada")] == ["b"]


def test_anothers_token_is_not_revoked_by_its_number(sqlite_context, person):
    person(sqlite_context, "ada")
    person(sqlite_context, "bob")
    token = issue_token(sqlite_context, "bob")
    number = list_tokens(sqlite_context, "bob")[0].number
    assert revoke_token(sqlite_context, "ada", number=number, actor="ada") == 0
    assert visitor_of_token(sqlite_context, token).name == "bob"


@pytest.mark.parametrize("role", ["participant", "host", "admin"])
def test_nobody_gets_a_token_to_act_as_somebody_else(sqlite_context, person, role):
    person(sqlite_context, "ada")
    person(sqlite_context, "bob", role=role)
    with pytest.raises(NotAllowed, match="only the account itself"):
        issue_token(sqlite_context, "ada", actor="bob")


def test_an_unknown_account_has_no_tokens(sqlite_context):
    for ask in (issue_token, list_tokens, revoke_token):
        with pytest.raises(NotFound, match="There is no account named 'ada'"):
            ask(sqlite_context, "ada")


def test_use_is_noted_once_an_hour(sqlite_context, person, clock):
    person(sqlite_context)
    token = issue_token(sqlite_context, "ada")
    first = clock()
    visitor_of_token(sqlite_context, token)
    clock.move(minutes=30)
    visitor_of_token(sqlite_context, token)
    assert list_tokens(sqlite_context, "ada")[0].used == first
    clock.move(minutes=31)
    visitor_of_token(sqlite_context, token)
    assert list_tokens(sqlite_context, "ada")[0].used == clock()


def test_a_full_disk_does_not_lock_readers_out(sqlite_context, person):
    person(sqlite_context)
    token = issue_token(sqlite_context, "ada")

    @event.listens_for(sqlite_context.database.engine, "connect")
    def _(connection, _record):
        connection.execute("PRAGMA query_only=ON")

    sqlite_context.database.dispose()
    assert visitor_of_token(sqlite_context, token).name == "ada"
    assert list_tokens(sqlite_context, "ada")[0].used is None
