import csv
import io
import json
from dataclasses import replace

import pytest

from neucobench.findings import Finding
from neucobench.leaderboard.board import build_board
from neucobench.leaderboard.export import board_csv, board_markdown, write_board
from neucobench.names import markdown_safe, printable, spreadsheet_safe

FILES = ("board.json", "board.csv", "board.md")
HOSTILE = "=1+1|[b](http://x)\n<i>\u202e\x1b[2J"


@pytest.fixture
def board(write_ours, tmp_path):
    """Return a board of a baseline, two methods and one that is not ranked."""
    write_ours("a", {"crops": 10.0, "nodata": 5.0})
    write_ours(HOSTILE, {"crops": 20.0, "nodata": 4.0})
    write_ours("mean", {"crops": 15.0, "nodata": 9.0})
    write_ours("partial", {"crops": 1.0})
    return build_board([tmp_path / "results"], baselines=["mean"])


def test_the_json_follows_the_schema(board, tmp_path):
    write_board(board, tmp_path / "out")
    document = json.loads((tmp_path / "out" / "board.json").read_text())
    assert list(document) == [
        "schema",
        "board",
        "suite",
        "protocol",
        "rule",
        "entries",
        "weights",
        "unranked",
    ]
    assert document["schema"] == "neucobench/board/1"
    assert document["unranked"] == [{"method": "partial", "missing": ["nodata"]}]
    assert list(document["entries"][0]) == [
        "rank",
        "rank_interval",
        "method",
        "score",
        "mean_q",
        "mean_score",
        "tasks",
        "baseline",
        "evaluation",
    ]
    assert document["entries"][0]["tasks"]["crops"] == {
        "q": 20.0,
        "rank": 1,
        "mean": 0.2,
        "std": 0.0,
    }


def test_the_paths_to_the_evaluations_are_relative(board, tmp_path):
    write_board(board, tmp_path / "deep" / "out")
    document = json.loads((tmp_path / "deep" / "out" / "board.json").read_text())
    for entry in document["entries"]:
        assert entry["evaluation"].startswith("../../results/results/")
        assert (tmp_path / "deep" / "out" / entry["evaluation"]).is_file()


def test_a_method_keeps_its_name_in_json(board, tmp_path):
    assert board.as_dict(tmp_path)["entries"][0]["method"] == HOSTILE


def test_the_csv_has_a_column_for_every_task(board):
    rows = list(csv.DictReader(io.StringIO(board_csv(board))))
    assert list(rows[0]) == [
        "rank",
        "method",
        "score",
        "mean_q",
        "mean_score",
        "q::crops",
        "q::nodata",
    ]
    assert [row["rank"] for row in rows] == ["1", "", "2"]
    assert [float(row["q::crops"]) for row in rows] == [20.0, 15.0, 10.0]


def test_no_name_becomes_a_formula(board):
    rows = list(csv.DictReader(io.StringIO(board_csv(board))))
    assert rows[0]["method"] == "'" + HOSTILE


def test_no_name_breaks_the_markdown_table(board):
    lines = board_markdown(board).splitlines()
    (row,) = [line for line in lines if "=1+1" in line]
    assert row.replace(r"\|", "").count("|") == lines[4].count("|")
    assert "http://" not in row
    assert "\x1b" not in row


def test_the_markdown_names_who_is_not_ranked(board):
    assert "- partial: no score for nodata" in board_markdown(board)


def test_the_markdown_marks_synthetic_data(board):
    finding = Finding(code="synthetic", level="info", message="Made by a program.")
    marked = board_markdown(replace(board, findings=(finding,)))
    assert "**Synthetic data.** Made by a program." in marked
    assert "Synthetic" not in board_markdown(board)


@pytest.mark.parametrize("rule", ["weighted", "uniform", "mean-q", "borda"])
def test_the_same_results_make_the_same_bytes(board, tmp_path, rule):
    paths = sorted((tmp_path / "results").rglob("evaluation.json"))
    for folder, order in (("one", paths), ("two", paths[::-1])):
        write_board(build_board(order, rule=rule), tmp_path / folder)
    for name in FILES:
        one, two = tmp_path / "one" / name, tmp_path / "two" / name
        assert one.read_bytes() == two.read_bytes()


def test_an_empty_board_is_written(board, tmp_path):
    empty = build_board([tmp_path / "results"], board="neuco-11")
    write_board(empty, tmp_path / "out")
    assert all((tmp_path / "out" / name).stat().st_size for name in FILES)


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        *(("=a", "'=a"), ("-a", "'-a"), ("+a", "'+a"), ("@a", "'@a"), ("a=b", "a=b")),
        *(
            ("\uff1da", "'\uff1da"),
            ("a;=b", "a;'=b"),
            ("a\n+b", "a\n'+b"),
            ("a; b", "a; b"),
        ),
    ],
)
def test_a_cell_that_looks_like_a_formula_is_text(name, cell):
    assert spreadsheet_safe(name) == cell


def test_control_and_direction_characters_are_written_out():
    assert printable("a\x1b[2J\u202eb\n") == r"a\x1b[2J\u202eb\n"


def test_letters_of_every_script_stay():
    assert printable("Équipe 北京 ξ") == "Équipe 北京 ξ"


def test_markup_is_escaped_in_markdown():
    assert markdown_safe("__#bold team__|[e]") == r"\_\_\#bold team\_\_\|\[e\]"
