import json

import pytest

from neucobench.client.rules import read_rules, rules_of
from neucobench.errors import InputError


def test_the_rules_of_a_newer_server_are_read_without_what_is_new(rules_document):
    rules = rules_of(rules_document, server="https://a.example")
    assert (rules.phase, rules.suite, rules.settings.dims) == ("test", "full", 8)
    assert rules.server == "https://a.example"


def test_rules_that_were_written_are_read_back_equal(rules_document, tmp_path):
    rules = rules_of(rules_document, server="https://a.example")
    path = tmp_path / "rules.json"
    path.write_text(json.dumps(rules.as_dict()))
    assert read_rules(path) == rules


@pytest.mark.parametrize("lacking", ["phase", "suite", "protocol", "rule", "settings"])
def test_an_answer_that_lacks_something_gets_a_sentence(rules_document, lacking):
    del rules_document[lacking]
    with pytest.raises(InputError, match="Update NeuCo-Bench"):
        rules_of(rules_document, server="https://a.example")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": "neucobench/rules/2"}'])
def test_a_file_of_another_kind_gets_a_sentence(tmp_path, text):
    path = tmp_path / "rules.json"
    path.write_text(text)
    with pytest.raises(InputError, match="neucobench/rules/1"):
        read_rules(path)


def test_a_missing_file_gets_a_sentence(tmp_path):
    with pytest.raises(InputError, match="Give the rules"):
        read_rules(tmp_path / "rules.json")


@pytest.mark.parametrize("name", ["a b", "a`b", "a\nb", "--help", "$(x)"])
@pytest.mark.parametrize("field", ["phase", "suite", "protocol"])
def test_a_name_that_could_not_stand_in_a_command_is_refused(
    rules_document, field, name
):
    rules_document[field] = name
    with pytest.raises(InputError, match=field):
        rules_of(rules_document, server="https://a.example")
