"""What accounts and teams may be called."""

import unicodedata

import pytest

from neucobench.server.accounts.names import clean_name, looks
from neucobench.server.refusals import Rejected


@pytest.mark.parametrize(
    "name",
    [
        "404 Embedding Not Found",
        "__#bold team__|[e]",
        "- team_<1>_",
        "=cmd()",
        "'; DROP TABLE teams; --",
        "<script>alert(1)</script>",
        "../../etc/passwd",
        "団体",
        "Équipe n° 1 🛰",
        "x",
        "x" * 80,
    ],
)
def test_markup_formulas_and_every_script_are_data(name):
    assert clean_name(name, "team") == name


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("a\x00b", "U+0000"),
        ("a\nb", "U+000A"),
        ("a\x1b[31mb", "U+001B"),
        ("a\u202eb", "U+202E"),
        ("a\u2066b", "U+2066"),
        ("a\u200bb", "U+200B"),
        ("a\u200db", "U+200D"),
        ("a\u00a0b", "U+00A0"),
        ("a\ud800b", "U+D800"),
        ("\u3164", "U+3164"),
        ("\ue000", "U+E000"),
    ],
)
def test_a_character_that_cannot_be_seen_is_refused_and_named(name, code):
    with pytest.raises(Rejected, match="cannot be seen") as refused:
        clean_name(name)
    assert code in str(refused.value)
    assert str(refused.value).isprintable()


@pytest.mark.parametrize("name", ["", "   ", "x" * 81])
def test_a_name_has_1_to_80_characters(name):
    with pytest.raises(Rejected, match="1 to 80"):
        clean_name(name)


def test_a_name_is_kept_composed_and_without_spaces_around_it():
    apart = unicodedata.normalize("NFD", "Équipe")
    assert clean_name(f"  {apart} ") == "Équipe"


def test_the_length_is_that_of_the_composed_name():
    assert len(clean_name(unicodedata.normalize("NFD", "é" * 80))) == 80


@pytest.mark.parametrize("name", ["command line", "Server", "Deleted account 7"])
def test_the_names_that_the_server_signs_with_are_no_accounts(name):
    with pytest.raises(Rejected, match="the server itself uses"):
        clean_name(name)
    assert clean_name(name, "team") == name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("KTH and Friends", "kth AND friends"),
        ("KTH", "ＫＴＨ"),
        ("straße", "STRASSE"),
        ("a b", "a   b"),
        ("fi", "\ufb01"),
        ("sun\ufe0f", "sun"),
        ("İ", "i\u0307"),
    ],
)
def test_names_that_differ_in_form_only_look_the_same(one, other):
    assert looks(one) == looks(other)


@pytest.mark.parametrize(("one", "other"), [("KTH", "KTG"), ("é", "e"), ("a b", "ab")])
def test_names_that_differ_in_letters_do_not(one, other):
    assert looks(one) != looks(other)
