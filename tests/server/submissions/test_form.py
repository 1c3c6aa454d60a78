import pytest

from neucobench.server.refusals import Rejected
from neucobench.server.submissions.form import SubmissionForm, read_form


def test_a_method_is_enough():
    assert read_form({"method": "mine"}) == SubmissionForm(method="mine")
    assert read_form({"method": "mine"}).public


@pytest.mark.parametrize(
    ("word", "meaning"),
    [("true", True), ("on", True), ("1", True), ("No", False), ("false", False)],
)
def test_truth_is_written_in_several_ways(word, meaning):
    assert read_form({"method": "m", "public": word}).public is meaning


def test_markup_in_a_name_is_data():
    name = "<script>alert(1)</script> =1+1"
    assert read_form({"method": f"  {name} "}).method == name


def test_the_token_of_a_page_is_passed_over():
    assert read_form({"method": "m", "csrf": "secret"}).card() == {}


def test_the_card_has_what_was_said():
    form = read_form({"method": "m", "code": "https://a", "weights": " "})
    assert form.card() == {"code": "https://a"}


def test_control_characters_in_a_text_are_dropped():
    form = read_form({"method": "m", "description": "a\r\nb\x00\x1b[2Jc"})
    assert form.description == "a\nb[2Jc"


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({}, "0 characters; 1 to 120"),
        ({"method": " "}, "0 characters"),
        ({"method": "m" * 121}, "121 characters"),
        ({"method": "a\x1b[2J"}, r"a\\x1b\[2J"),
        ({"method": "a\u202eb"}, "cannot be seen"),
        ({"method": "a\nb"}, "cannot be seen"),
        ({"method": "m", "public": "maybe"}, "it says true or false"),
        ({"method": "m", "publik": "true"}, "Did you mean 'public'"),
        ({"method": "m", "code": "c" * 2001}, "2,001 characters"),
    ],
)
def test_what_cannot_be_said_is_refused(given, complaint):
    with pytest.raises(Rejected, match=complaint):
        read_form(given)
