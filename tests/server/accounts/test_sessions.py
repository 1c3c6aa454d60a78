"""Sessions of browsers: begun by a login, recognized by a cookie, ended."""

import hashlib
from statistics import median
from time import perf_counter

import pytest
from argon2 import PasswordHasher, extract_parameters
from sqlalchemy import select

from neucobench.server.accounts import sessions
from neucobench.server.accounts.digests import new_secret
from neucobench.server.accounts.new_password import set_password
from neucobench.server.accounts.people import add_user, set_role
from neucobench.server.accounts.sessions import (
    log_in,
    log_out,
    visitor_of_session,
)
from neucobench.server.audit import COMMAND_LINE
from neucobench.server.context import open_context
from neucobench.server.refusals import NotSignedIn, TooMany
from neucobench.server.tables import BrowserSession, User

HERE = "192.0.2.1"


def _fail(context, name="ada", address=HERE):
    with pytest.raises(NotSignedIn) as refused:
        log_in(context, name, "a wrong password", address=address)
    return str(refused.value)


def test_a_login_begins_a_session(context, person, password):
    user = person(context)
    found = visitor_of_session(context, log_in(context, "ada", password, address=HERE))
    assert (found.user_id, found.team) == (user.id, "lovelace")


def test_the_name_may_come_in_another_form(context, person, password):
    person(context, "Renée")
    secret = log_in(context, " Rene\u0301e ", password, address=HERE)
    assert visitor_of_session(context, secret).name == "Renée"


def test_unknown_names_and_wrong_passwords_are_answered_alike(context, person):
    person(context)
    add_user(context, "tokens only", team=None, role="host", actor=COMMAND_LINE)
    asked = ["ada", "nobody", "tokens only", "", "x" * 900, "\x00", "\udc80"]
    assert len({_fail(context, name) for name in asked}) == 1


def test_every_login_verifies_one_password(sqlite_context, person, monkeypatch):
    person(sqlite_context)
    verified = []
    original = PasswordHasher.verify

    def counting(self, stored, given):
        verified.append(extract_parameters(stored))
        return original(self, stored, given)

    monkeypatch.setattr(PasswordHasher, "verify", counting)
    for name in ("ada", "nobody", "\x00"):
        _fail(sqlite_context, name)
    assert len(verified) == 3
    assert len(set(map(str, verified))) == 1


def test_unknown_names_take_as_long_as_wrong_passwords(
    sqlite_context, person, settings_of
):
    usual = settings_of(
        sqlite_context,
        password_passes=3,
        password_kibibytes=65536,
        logins_per_quarter_hour=100,
    )
    person(usual)
    spans = {"ada": [], "nobody": []}
    for _ in range(5):
        for name, taken in spans.items():
            start = perf_counter()
            _fail(usual, name)
            taken.append(perf_counter() - start)
    known, unknown = (median(taken) for taken in spans.values())
    assert known > 0.02
    assert 0.5 < known / unknown < 2


def test_only_the_digest_is_kept(context, person, password, dump):
    person(context)
    secret = log_in(context, "ada", password, address=HERE)
    with context.database.read() as session:
        kept = session.scalars(select(BrowserSession)).one()
    assert kept.digest == hashlib.sha256(secret.encode()).hexdigest()
    assert secret not in dump(context)
    assert visitor_of_session(context, kept.digest) is None


def test_a_secret_that_somebody_planted_never_becomes_a_session(
    context, person, password
):
    planted = new_secret()
    person(context)
    secret = log_in(context, "ada", password, address=HERE)
    assert secret != planted
    assert visitor_of_session(context, planted) is None


def test_every_login_has_a_secret_of_its_own(context, person, password):
    person(context)
    one, other = (log_in(context, "ada", password, address=HERE) for _ in range(2))
    assert one != other
    log_out(context, one)
    assert visitor_of_session(context, one) is None
    assert visitor_of_session(context, other).name == "ada"


def test_logging_out_twice_is_no_error(context, person, password):
    person(context)
    secret = log_in(context, "ada", password, address=HERE)
    log_out(context, secret)
    log_out(context, secret)
    assert visitor_of_session(context, secret) is None


def test_a_session_ends_after_two_weeks(context, person, password, clock):
    person(context)
    secret = log_in(context, "ada", password, address=HERE)
    clock.move(days=14, seconds=-1)
    assert visitor_of_session(context, secret).name == "ada"
    clock.move(seconds=1)
    assert visitor_of_session(context, secret) is None


def test_the_next_login_forgets_expired_sessions(context, person, password, clock):
    person(context)
    log_in(context, "ada", password, address=HERE)
    clock.move(days=15)
    log_in(context, "ada", password, address=HERE)
    with context.database.read() as session:
        assert len(session.scalars(select(BrowserSession)).all()) == 1


def test_a_session_sees_a_new_role_at_once(context, person, password):
    person(context)
    secret = log_in(context, "ada", password, address=HERE)
    set_role(context, "ada", "host", actor=COMMAND_LINE)
    assert visitor_of_session(context, secret).role == "host"


def test_a_login_renews_a_hash_with_old_parameters(
    context, person, password, settings_of
):
    person(context)
    dearer = settings_of(context, password_passes=2)
    log_in(dearer, "ada", password, address=HERE)
    with context.database.read() as session:
        stored = session.get(User, 1).password
    assert extract_parameters(stored).time_cost == 2
    assert log_in(dearer, "ada", password, address=HERE)


def test_a_password_that_changes_while_it_is_verified_opens_nothing(
    context, person, password, monkeypatch
):
    person(context)
    original = sessions.verify_password

    def slow(settings, stored, given):
        right = original(settings, stored, given)
        set_password(context, "ada", "another good password", actor=COMMAND_LINE)
        return right

    monkeypatch.setattr(sessions, "verify_password", slow)
    with pytest.raises(NotSignedIn):
        log_in(context, "ada", password, address=HERE)


def test_after_ten_failures_an_account_waits(context, person, password, clock):
    person(context)
    for number in range(10):
        _fail(context, "ada", f"192.0.2.{number}")
    with pytest.raises(TooMany) as refused:
        log_in(context, "ada", password, address="198.51.100.1")
    assert refused.value.retry_after == 900
    clock.move(seconds=900)
    assert log_in(context, "ada", password, address="198.51.100.1")


def test_after_ten_failures_an_address_waits(context, person, password):
    person(context)
    for number in range(10):
        _fail(context, f"guess {number}")
    with pytest.raises(TooMany):
        log_in(context, "ada", password, address=HERE)
    assert log_in(context, "ada", password, address="198.51.100.1")


def test_unknown_names_are_limited_like_known_ones(sqlite_context):
    for number in range(10):
        _fail(sqlite_context, "nobody", f"192.0.2.{number}")
    with pytest.raises(TooMany):
        log_in(sqlite_context, "nobody", "x", address="198.51.100.1")


def test_a_restart_does_not_lift_the_limit(sqlite_context, person, password):
    person(sqlite_context)
    for number in range(10):
        _fail(sqlite_context, "ada", f"192.0.2.{number}")
    sqlite_context.database.dispose()
    again = open_context(sqlite_context.settings)
    with pytest.raises(TooMany):
        log_in(again, "ada", password, address="198.51.100.1")
    again.database.dispose()


def test_a_login_of_ones_own_does_not_lift_the_limit_of_an_address(
    sqlite_context, person, password
):
    person(sqlite_context, "ada")
    person(sqlite_context, "eve", team="eve")
    for _ in range(9):
        _fail(sqlite_context, "ada")
        log_in(sqlite_context, "eve", password, address=HERE)
    _fail(sqlite_context, "nobody")
    with pytest.raises(TooMany):
        log_in(sqlite_context, "eve", password, address=HERE)


def test_logins_that_work_are_not_counted(sqlite_context, person, password):
    person(sqlite_context)
    for _ in range(25):
        assert log_in(sqlite_context, "ada", password, address=HERE)


def test_a_wrong_password_is_in_no_table_and_no_log(
    sqlite_context, person, dump, caplog
):
    caplog.set_level(0)
    person(sqlite_context)
    _fail(sqlite_context, "my secret in the wrong field")
    held = dump(sqlite_context) + caplog.text
    assert "a wrong password" not in held
    assert "wrong field" not in held
