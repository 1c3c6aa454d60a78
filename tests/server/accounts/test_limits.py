"""How often something may be tried."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from neucobench.server.accounts.limits import (
    address_key,
    forget,
    name_key,
    refund,
    spend,
)
from neucobench.server.context import open_context
from neucobench.server.refusals import TooMany
from neucobench.server.tables import Attempt


def test_the_limit_is_reached_after_so_many(sqlite_context):
    for _ in range(3):
        spend(sqlite_context, "upload:1", limit=3, seconds=60)
    with pytest.raises(TooMany, match="3 times in 60 seconds"):
        spend(sqlite_context, "upload:1", limit=3, seconds=60)


def test_each_key_has_its_own_limit(sqlite_context):
    spend(sqlite_context, "upload:1", limit=1, seconds=60)
    assert spend(sqlite_context, "upload:2", limit=1, seconds=60)


def test_who_waits_as_long_as_the_answer_says_gets_in(sqlite_context, clock):
    spend(sqlite_context, "upload:1", limit=2, seconds=900)
    clock.move(seconds=100)
    spend(sqlite_context, "upload:1", limit=2, seconds=900)
    clock.move(seconds=1)
    with pytest.raises(TooMany) as refused:
        spend(sqlite_context, "upload:1", limit=2, seconds=900)
    assert refused.value.retry_after == 799
    clock.move(seconds=refused.value.retry_after)
    assert spend(sqlite_context, "upload:1", limit=2, seconds=900)


def test_a_refused_attempt_does_not_count(sqlite_context, clock):
    spend(sqlite_context, "upload:1", limit=1, seconds=60)
    for _ in range(5):
        clock.move(seconds=10)
        with pytest.raises(TooMany):
            spend(sqlite_context, "upload:1", limit=1, seconds=60)
    clock.move(seconds=10)
    assert spend(sqlite_context, "upload:1", limit=1, seconds=60)


def test_a_restart_forgets_nothing(sqlite_context):
    spend(sqlite_context, "upload:1", limit=1, seconds=60)
    sqlite_context.database.dispose()
    again = open_context(sqlite_context.settings)
    with pytest.raises(TooMany):
        spend(again, "upload:1", limit=1, seconds=60)
    again.database.dispose()


def test_many_at_once_do_not_exceed_the_limit(context):
    def attempt(_):
        try:
            return bool(spend(context, "upload:1", limit=5, seconds=60))
        except TooMany:
            return False

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(24))) == 5


def test_an_attempt_can_be_taken_back(sqlite_context):
    number = spend(sqlite_context, "login:x", limit=1, seconds=60)
    refund(sqlite_context, number)
    spend(sqlite_context, "login:x", limit=1, seconds=60)
    forget(sqlite_context, "login:x")
    assert spend(sqlite_context, "login:x", limit=1, seconds=60)


def test_attempts_of_past_days_are_swept_away(sqlite_context, clock):
    old = clock() - timedelta(days=2)
    with sqlite_context.database.write() as session:
        session.add_all(Attempt(key=f"old:{i}", created=old) for i in range(99))
    spend(sqlite_context, "upload:1", limit=1, seconds=60)
    with sqlite_context.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Attempt)) == 1


def test_a_name_is_counted_by_its_digest():
    key = name_key("login", "a password in the wrong field" * 9)
    assert "password" not in key
    assert len(key) <= 160


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8::1", "2001:db8::ffff:1"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
    ],
)
def test_addresses_of_one_household_count_as_one(one, other):
    assert address_key("login", one) == address_key("login", other)


@pytest.mark.parametrize(
    ("one", "other"), [("2001:db8::1", "2001:db8:0:1::1"), ("192.0.2.7", "192.0.2.8")]
)
def test_addresses_of_two_households_do_not(one, other):
    assert address_key("login", one) != address_key("login", other)


def test_what_is_no_address_is_counted_too():
    assert len(address_key("login", "x" * 5000)) <= 160
