from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from neucobench.leaderboard.assess import assess
from neucobench.leaderboard.card import Phase
from neucobench.leaderboard.export import write_board
from neucobench.leaderboard.reveal import reveal_board
from neucobench.leaderboard.rules import rerank
from neucobench.leaderboard.tables import TaskEntry
from neucobench.reports.board_view import board_view
from neucobench.reports.certainty_view import certainty_view, interval_text
from neucobench.reports.influence_view import influence_view
from neucobench.reports.page import write_board_page
from neucobench.reports.rule_switch import rule_switch
from neucobench.scoring.ranking import RULES

HOSTILE = "</table>'\"><script>alert(1)</script>"
TASKS = ("biomass_mean", "clouds", "crops", "forest", "heat_mean", "nodata")


@pytest.fixture
def board(make_board):
    """Return a board of five methods whose order depends on the rule."""
    return contested(make_board, ("a", "b", "c", "d", HOSTILE))


def contested(make_board, methods, tasks=TASKS):
    rng = np.random.default_rng(6)
    plain = make_board(methods, tasks=tasks, unranked=(), rule="borda", weights=None)
    entries = tuple(
        replace(
            entry,
            mean_q=float(q.mean()),
            tasks={
                task: TaskEntry(q=float(value), rank=1, mean=0.5, std=0.1)
                for task, value in zip(tasks, q, strict=True)
            },
        )
        for entry, q in zip(
            plain.entries, rng.normal(10, 5, (len(methods), len(tasks))), strict=True
        )
    )
    # By another rule and back, so that ranks and scores are those of the figures.
    return rerank(replace(plain, entries=entries, rule=""), "weighted")


def rules(reveals):
    return Phase(
        name="test",
        opens=datetime(2026, 1, 1, tzinfo=UTC),
        closes=datetime(2026, 2, 1, tzinfo=UTC),
        reveals=reveals,
    )


def test_the_page_says_what_its_intervals_are_over(board, tmp_path, read_page):
    text = read_page(write_board_page(board, tmp_path)).text
    assert "of which these 6 are taken as a random sample" in text
    assert "share a letter cannot be told apart" in text


def test_a_board_of_one_task_says_why_it_has_no_intervals(make_board):
    single = assess(make_board(tasks=("crops",)))
    assert "a single task" in certainty_view(single).sentences[0]


def test_few_tasks_are_said_to_be_few(make_board):
    few = assess(make_board(tasks=("crops", "nodata")))
    assert any("fewer than 6 tasks" in text for text in certainty_view(few).sentences)


def test_a_board_that_was_not_assessed_says_nothing(make_board):
    assert certainty_view(make_board()).sentences == ()


def test_an_interval_has_a_true_minus_sign():
    assert interval_text((-1.25, 3.0)) == "\N{MINUS SIGN}1.2 to 3.0"
    assert interval_text(None) == ""


def test_the_switch_shows_every_rule_and_marks_the_official_one(board):
    switch = rule_switch(board)
    assert [choice.rule for choice in switch.choices] == list(RULES)
    assert [choice.rule for choice in switch.choices if choice.official] == [board.rule]
    for rule in RULES:
        under = rerank(board, rule)
        for place, entry in enumerate(under.entries, start=1):
            cell = switch.cells[entry.method][rule]
            assert (cell["place"], cell["rank"]) == (place, str(entry.rank))
            assert cell["value"] == entry.score


def test_a_rank_that_differs_from_the_official_one_is_marked(board):
    switch = rule_switch(board)
    place = [choice.rule for choice in switch.choices].index(board.rule)
    for row in switch.rows:
        assert row.moved == [rank != row.ranks[place] for rank in row.ranks]
    assert any(any(row.moved) for row in switch.rows)


def test_without_a_script_the_ranks_of_all_rules_are_a_table(
    board, tmp_path, read_page
):
    text = read_page(write_board_page(board, tmp_path)).text
    assert "Other rules" in text
    for rule in RULES:
        assert rule in text


def test_who_moves_whom_is_on_the_page(board, tmp_path, read_page):
    text = read_page(write_board_page(board, tmp_path)).text
    assert "Who moves whom" in text
    assert influence_view(board).sentence in text


def test_a_board_that_nobody_moves_says_so(board):
    assert (
        "all others keep their order"
        in influence_view(rerank(board, "mean-q")).sentence
    )


def test_long_lists_of_pairs_are_cut(make_board, monkeypatch):
    monkeypatch.setattr("neucobench.reports.influence_view.MOST_PAIRS", 1)
    many = contested(make_board, tuple(f"m{i}" for i in range(40)))
    rows = influence_view(many).rows
    assert any(row.more for row in rows)
    assert all(len(row.pairs) + row.more == row.count for row in rows)


def test_hostile_names_are_text_in_every_table(board, tmp_path, read_page):
    page = read_page(write_board_page(board, tmp_path))
    assert page.text.count(HOSTILE) >= 3
    assert page.count("script") == 1


def test_a_board_of_ranks_and_mean_q_only_has_no_other_columns(
    board, tmp_path, read_page
):
    shown = reveal_board(board, rules("mean-q"), {})
    view = board_view(shown, tmp_path)
    page = read_page(write_board_page(shown, tmp_path))
    assert view.columns == 3
    assert [key for key in page.values("data-key") if key] == [
        "rank",
        "method",
        "mean_q",
    ]
    assert "does not show" in page.text
    assert "task" not in {key.split(":")[0] for key in page.values("data-key")}


def test_a_board_under_code_names_shows_q_and_intervals(board, tmp_path, read_page):
    codes = {task: f"task-{place}" for place, task in enumerate(TASKS)}
    shown = reveal_board(board, rules("coded-tasks"), codes)
    page = read_page(write_board_page(shown, tmp_path))
    assert "task:task-0" in page.values("data-key")
    assert not any(task in page.text for task in TASKS)
    assert "mean_score" not in page.values("data-key")
    assert "Rank interval" in page.text


@pytest.mark.parametrize("reveals", ["mean-q", "coded-tasks"])
def test_revealed_boards_are_written_as_files_too(board, tmp_path, reveals):
    codes = {task: f"task-{place}" for place, task in enumerate(TASKS)}
    write_board(reveal_board(board, rules(reveals), codes), tmp_path)
    for name in ("board.json", "board.csv", "board.md"):
        assert "biomass" not in (tmp_path / name).read_text()
