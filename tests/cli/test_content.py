import json

import pytest
import typer
from typer.testing import CliRunner

from neucobench.cli.content import KINDS, content_groups
from neucobench.errors import UnknownNameError

KIND_NAMES = [kind.plural for kind in KINDS]


@pytest.fixture
def run(monkeypatch):
    """Return a function that runs a content command and returns its result."""
    monkeypatch.setenv("COLUMNS", "200")
    app = typer.Typer()
    for group in content_groups():
        app.add_typer(group)

    def invoke(*arguments):
        return CliRunner().invoke(app, list(arguments))

    return invoke


def test_there_are_six_kinds():
    assert [
        *("encoders", "codecs", "tasks", "suites", "protocols", "boards"),
    ] == KIND_NAMES


@pytest.mark.parametrize("kind", KINDS, ids=KIND_NAMES)
def test_a_list_names_every_card(run, kind):
    found = run(kind.plural)
    assert found.exit_code == 0
    listed = {
        line.split()[0] for line in found.stdout.splitlines()[1:] if line[0] != " "
    }
    assert listed == set(kind.all_names())


@pytest.mark.parametrize("kind", KINDS, ids=KIND_NAMES)
def test_a_list_as_json_holds_whole_cards(run, kind):
    cards = json.loads(run(kind.plural, "--json").stdout)
    assert cards == [kind.card(name) for name in kind.all_names()]


@pytest.mark.parametrize("kind", KINDS, ids=KIND_NAMES)
def test_show_prints_one_card(run, kind):
    found = run(kind.plural, "show", kind.example)
    assert found.exit_code == 0
    assert found.stdout.splitlines()[0].split() == ["name", kind.example]


@pytest.mark.parametrize("kind", KINDS, ids=KIND_NAMES)
def test_show_as_json_is_the_card(run, kind):
    found = run(kind.plural, "show", kind.example, "--json")
    assert json.loads(found.stdout) == kind.card(kind.example)


def test_json_may_stand_before_show(run):
    found = run("tasks", "--json", "show", "crops")
    assert json.loads(found.stdout)["name"] == "crops"


@pytest.mark.parametrize("kind", KINDS, ids=KIND_NAMES)
def test_show_suggests_the_nearest_name(run, kind):
    found = run(kind.plural, "show", kind.example + "x")
    assert isinstance(found.exception, UnknownNameError)
    assert kind.example in str(found.exception)


@pytest.mark.parametrize("kind", KINDS, ids=KIND_NAMES)
def test_help_has_one_example(run, kind):
    for arguments in ([kind.plural], [kind.plural, "show"]):
        shown = run(*arguments, "--help").stdout
        assert shown.count(f"Example: neucobench {kind.plural} show") == 1


def test_brackets_on_a_card_are_no_markup(run):
    assert "[0, 1]" in run("tasks", "show", "random_reg").stdout
