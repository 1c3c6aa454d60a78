import csv
import io
import json

import pytest
import typer
from typer.testing import CliRunner

from neucobench.cli.board import board_build, board_history
from neucobench.errors import ResultError, UsageError

HOSTILE = "[red]a[/red]\x1b[2J"


@pytest.fixture
def run():
    """Return a function that runs a board command and returns its result."""
    app = typer.Typer()
    app.command("build")(board_build)
    app.command("history")(board_history)

    def invoke(*arguments):
        return CliRunner().invoke(app, [str(item) for item in arguments])

    return invoke


@pytest.fixture
def results(tmp_path):
    """Return a folder with results of NeuCo-Bench in the phase dev."""
    scores = {"a": (10.0, 5.0), "b": (20.0, 4.0), HOSTILE: (15.0, 8.0)}
    for number, (method, (crops, nodata)) in enumerate(scores.items()):
        folder = tmp_path / "results" / "dev" / f"run-{number}"
        folder.mkdir(parents=True)
        summary = {
            "experiment": f"{method}_20250101_120000",
            "task_q_scores": {"crops": crops, "nodata": nodata},
        }
        (folder / "results_summary.json").write_text(json.dumps(summary))
    return tmp_path / "results"


def test_build_prints_a_table_and_writes_four_files(run, results, tmp_path):
    found = run("build", results, "--out", tmp_path / "board")
    assert found.exit_code == 0, found.output
    assert found.stdout.splitlines()[0].split() == [
        "rank",
        "method",
        "score",
        "mean",
        "Q",
        "tasks",
        "ranks,",
        "95",
        "%",
        "group",
    ]
    assert {path.name for path in (tmp_path / "board").iterdir()} == {
        "board.json",
        "board.csv",
        "board.md",
        "index.html",
    }


def test_build_interprets_no_markup_and_no_escapes_in_names(run, results, tmp_path):
    found = run("build", results, "--out", tmp_path / "board")
    assert r"[red]a[/red]\x1b[2J" in found.stdout
    assert "\x1b" not in found.stdout


def test_build_json_is_board_json(run, results, tmp_path):
    found = run("build", results, "--out", tmp_path / "board", "--json")
    written = json.loads((tmp_path / "board" / "board.json").read_text())
    assert json.loads(found.stdout) == written
    assert written["rule"] == "weighted"


def test_build_lists_a_baseline_without_a_rank(run, results, tmp_path):
    run("build", results, "--out", tmp_path / "board", "--baseline", "a")
    text = (tmp_path / "board" / "board.csv").read_text()
    rows = {row["method"]: row["rank"] for row in csv.DictReader(io.StringIO(text))}
    assert rows["a"] == ""


def test_build_says_who_is_not_ranked(run, results, tmp_path):
    folder = results / "dev" / "partial"
    folder.mkdir()
    summary = {"experiment": "partial", "task_q_scores": {"crops": 1.0}}
    (folder / "results_summary.json").write_text(json.dumps(summary))
    found = run("build", results, "--out", tmp_path / "board")
    assert "partial is not ranked; it has no score for nodata." in found.stderr
    assert found.stdout.splitlines()[-1].split() == ["-", "partial", "1/2"]


@pytest.mark.parametrize(
    "option", [("--rule", "best"), ("--phase", "test"), ("--baseline", "zzz")]
)
def test_build_refuses_a_name_that_is_not_known(run, results, tmp_path, option):
    found = run("build", results, "--out", tmp_path / "board", *option)
    assert isinstance(found.exception, UsageError)
    assert not (tmp_path / "board").exists()


def test_build_refuses_a_folder_without_results(run, tmp_path):
    found = run("build", tmp_path, "--out", tmp_path / "board")
    assert isinstance(found.exception, ResultError)


def test_history_prints_the_figures_of_2025(run):
    found = run("history", "cvpr2025-history")
    assert found.exit_code == 0
    assert "39 times, in 29 updates" in found.stdout
    assert found.stdout.splitlines()[2].split()[-3:] == ["185", "139", "36"]


def test_history_json_holds_every_swap(run):
    document = json.loads(run("history", "cvpr2025-history", "--json").stdout)
    assert (document["states"], document["swaps"]) == (276, 39)
    swapped = [swap for phase in document["phases"] for swap in phase["swapped"]]
    assert len({(swap["before"], swap["after"]) for swap in swapped}) == 29


def test_history_reads_a_file(run, checkout):
    path = checkout / "leaderboard" / "published" / "cvpr2025-test.json"
    assert "0 times" in run("history", path).stdout


def test_history_writes_a_page_that_replays_the_states(run, tmp_path):
    found = run("history", "cvpr2025-history", "--out", tmp_path / "out", "--json")
    assert json.loads(found.stdout)["swaps"] == 39
    page = (tmp_path / "out" / "index.html").read_text()
    assert "History of cvpr2025</h1>" in page


def test_history_writes_nothing_unasked(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run("history", "cvpr2025-history")
    assert list(tmp_path.iterdir()) == []


def test_history_refuses_a_file_that_is_not_there(run):
    assert isinstance(run("history", "nothing.csv").exception, ResultError)


@pytest.mark.parametrize("command", ["build", "history"])
def test_help_ends_in_one_example(run, command):
    assert run(command, "--help").stdout.count("Example: neucobench board") == 1
