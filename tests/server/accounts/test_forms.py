"""Form tokens: a form is acted on only when a page of ours has made it."""

from dataclasses import replace

import pytest

from neucobench.server.accounts.digests import new_secret
from neucobench.server.accounts.forms import csrf_token, require_csrf
from neucobench.server.refusals import NotAllowed


def test_a_token_is_good_for_its_session(sqlite_context):
    secret = new_secret()
    require_csrf(sqlite_context, secret, csrf_token(sqlite_context, secret))


def test_each_page_has_another_token_and_all_are_good(sqlite_context):
    secret = new_secret()
    tokens = {csrf_token(sqlite_context, secret) for _ in range(5)}
    assert len(tokens) == 5
    for token in tokens:
        require_csrf(sqlite_context, secret, token)


@pytest.mark.parametrize("token", [None, "", ".", "x", "a.b", "é.é", "\udc80", "." * 9])
def test_no_token_and_a_made_up_one_are_refused(sqlite_context, token):
    for secret in (new_secret(), None, ""):
        with pytest.raises(NotAllowed, match="form was not made"):
            require_csrf(sqlite_context, secret, token)


def test_a_token_of_another_session_is_refused(sqlite_context):
    token = csrf_token(sqlite_context, new_secret())
    for secret in (new_secret(), None, ""):
        with pytest.raises(NotAllowed):
            require_csrf(sqlite_context, secret, token)


def test_a_token_with_another_nonce_is_refused(sqlite_context):
    secret = new_secret()
    _, _, signature = csrf_token(sqlite_context, secret).partition(".")
    with pytest.raises(NotAllowed):
        require_csrf(sqlite_context, secret, f"other.{signature}")


def test_a_token_of_another_server_is_refused(sqlite_context):
    secret = new_secret()
    elsewhere = replace(sqlite_context, secret=b"another")
    with pytest.raises(NotAllowed):
        require_csrf(sqlite_context, secret, csrf_token(elsewhere, secret))


def test_without_a_cookie_there_is_no_token(sqlite_context):
    assert csrf_token(sqlite_context, None) == ""


def test_a_token_does_not_give_its_session_away(sqlite_context):
    secret = new_secret()
    assert secret not in csrf_token(sqlite_context, secret)
