"""Which passwords are accepted, and how they are kept."""

from pathlib import Path

import pytest
from argon2 import extract_parameters
from argon2.low_level import Type

from neucobench.server.accounts.passwords import (
    check_password,
    hash_password,
    is_outdated,
    verify_password,
)
from neucobench.server.refusals import Rejected
from neucobench.server.settings import Settings

USUAL = Settings(folder=Path(), database="sqlite://")


def test_a_hash_is_argon2id_with_the_parameters_of_rfc_9106():
    found = extract_parameters(hash_password(USUAL, "correct horse"))
    assert found.type is Type.ID
    assert (found.time_cost, found.memory_cost, found.parallelism) == (3, 65536, 4)
    assert (found.salt_len, found.hash_len) == (16, 32)


def test_equal_passwords_have_different_hashes(sqlite_context):
    settings = sqlite_context.settings
    one, other = (hash_password(settings, "correct horse") for _ in range(2))
    assert one != other
    assert verify_password(settings, one, "correct horse")
    assert verify_password(settings, other, "correct horse")


def test_another_password_is_wrong(sqlite_context):
    stored = hash_password(sqlite_context.settings, "correct horse")
    assert not verify_password(sqlite_context.settings, stored, "correct horsE")


@pytest.mark.parametrize("password", ["", "correct horse"])
def test_without_a_hash_no_password_is_right(sqlite_context, password):
    assert not verify_password(sqlite_context.settings, None, password)


def test_a_damaged_hash_is_never_right(sqlite_context):
    assert not verify_password(sqlite_context.settings, "$argon2id$", "correct horse")


def test_a_letter_is_the_same_in_each_of_its_forms(sqlite_context):
    stored = hash_password(sqlite_context.settings, "caf\u00e9 au lait")
    assert verify_password(sqlite_context.settings, stored, "cafe\u0301 au lait")


def test_bytes_that_are_no_text_can_be_typed_but_are_wrong(sqlite_context):
    stored = hash_password(sqlite_context.settings, "correct horse")
    assert not verify_password(sqlite_context.settings, stored, "\udc80 horse \x00")


def test_a_hash_with_other_parameters_is_outdated(sqlite_context, settings_of):
    stored = hash_password(sqlite_context.settings, "correct horse")
    assert not is_outdated(sqlite_context.settings, stored)
    dearer = settings_of(sqlite_context, password_passes=2).settings
    assert is_outdated(dearer, stored)
    assert verify_password(dearer, stored, "correct horse")


@pytest.mark.parametrize("password", ["", "short", "nine char", "x" * 201])
def test_a_password_has_10_to_200_characters(password):
    with pytest.raises(Rejected, match="10 to 200") as refused:
        check_password(password, name="ada")
    assert not password or password not in str(refused.value)


@pytest.mark.parametrize("password", ["Ada Lovelace", "ＡＤＡ lovelace", "a" * 12])
def test_a_password_that_can_be_guessed_is_refused(password):
    with pytest.raises(Rejected, match="can be guessed") as refused:
        check_password(password, name="ada lovelace")
    assert password not in str(refused.value)


def test_any_other_password_is_accepted():
    check_password("four words are enough", name="ada")
    check_password(" 密碼密碼密碼密碼密碼 ", name="ada")
