import json

import pytest
from typer.testing import CliRunner

from neucobench.cli.app import app
from neucobench.data.sample import make_sample_world
from neucobench.errors import UsageError


@pytest.fixture(scope="module")
def labels(tmp_path_factory):
    folder = tmp_path_factory.mktemp("world")
    make_sample_world(folder, cubes=12, size=16)
    return folder / "labels"


@pytest.fixture
def desk(tmp_path):
    """Return a function that runs a command about the challenges of a new server."""

    def run(*words, folder=True, **options):
        where = ["--dir", str(tmp_path / "server")] if folder else []
        command = ["admin", "challenge", *map(str, words), *where]
        result = CliRunner().invoke(app, command, **options)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


def test_a_challenge_is_made_moved_closed_announced_and_archived(desk, labels):
    made = json.loads(desk("create", "cvpr2025", "--labels", labels, "--json").stdout)
    assert [phase["phase"] for phase in made] == ["dev", "test"]
    assert made[1]["state"] == "closed"
    (moved,) = json.loads(
        desk(
            "dates", "test", "--opens", "2020-01-01", "--closes", "2099-12-31", "--json"
        ).stdout
    )
    assert moved["state"] == "open"
    assert (moved["opens"], moved["closes"]) == (
        "2020-01-01T00:00:00Z", "2099-12-31T23:59:59Z",
    )  # fmt: skip
    assert json.loads(desk("close", "test", "--json").stdout)[0]["state"] == "closed"
    said = json.loads(desk("announce", "cvpr2025", "Thank you.", "--json").stdout)
    assert said == {"challenge": "cvpr2025", "announcement": 1, "text": "Thank you."}
    assert desk("archive", "cvpr2025", input="n\n").exit_code == 1
    assert desk("archive", "cvpr2025", "--yes").exit_code == 0
    listed = json.loads(desk("list", "--json").stdout)
    assert [phase["state"] for phase in listed] == ["archived", "archived"]


def test_the_list_is_a_table(desk, labels):
    desk("create", "cvpr2025", "--labels", labels)
    table = desk("list").stdout
    assert "cvpr2025" in table
    assert "2025-04-05 23:59" in table


@pytest.mark.parametrize(
    ("dates", "complaint"),
    [
        ([], "Nothing is to be changed"),
        (["--opens", "tomorrow"], "is not a date"),
        (["--opens", "2026-01-01T00:00:00+02:00"], "is not in UTC"),
    ],
)
def test_dates_that_are_none_are_refused(desk, dates, complaint):
    with pytest.raises(UsageError, match=complaint):
        desk("dates", "dev", *dates)


def test_a_split_makes_the_folders_that_create_takes(desk, labels, tmp_path):
    both = tmp_path / "both"
    split = desk(
        "split", labels, "--dev", both / "dev", "--test", both / "test", "--json",
        folder=False,
    )  # fmt: skip
    assert len(json.loads(split.stdout)["tasks"]) == 14
    desk("create", "cvpr2025", "--labels", both)
    challenge = tmp_path / "server" / "challenges" / "cvpr2025"
    dev, test = (challenge / name / "ids.txt" for name in ("dev", "test"))
    assert not set(dev.read_text().split()) & set(test.read_text().split())
