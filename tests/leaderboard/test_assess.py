import json
from dataclasses import replace

import numpy as np
import pytest

from neucobench.leaderboard.assess import assess
from neucobench.leaderboard.board import build_board
from neucobench.leaderboard.certainty import Certainty, Group, group_letter
from neucobench.leaderboard.export import board_csv, board_json
from neucobench.leaderboard.influence import influence
from neucobench.leaderboard.rules import available_rules, rerank
from neucobench.scoring.ranking import RULES

TASKS = ("biomass_mean", "clouds", "crops", "forest", "heat_mean", "nodata", "ships")


@pytest.fixture
def results(write_ours, tmp_path):
    """Return a folder of five methods on seven tasks, two of them alike."""
    rng = np.random.default_rng(2)
    for method, level in {"a": 60, "b": 30, "b2": 30, "c": 10, "mean": 0}.items():
        qs = {task: float(level + rng.normal(0, 1)) for task in TASKS}
        write_ours(method, qs)
    return tmp_path / "results"


@pytest.fixture
def board(results):
    """Return their board, with a baseline outside the ranking."""
    return build_board(results, baselines=["mean"], rule="mean-q")


def intervals(board):
    return {entry.method: entry.rank_interval for entry in board.entries}


def test_the_intervals_tell_the_alike_from_the_others(board):
    assert intervals(board) == {
        "a": (1, 1),
        "b": (2, 3),
        "b2": (2, 3),
        "c": (4, 4),
        "mean": None,
    }


def test_the_groups_do_too(board):
    assert [set(group.methods) for group in board.certainty.groups] == [
        {"a"},
        {"b", "b2"},
        {"c"},
    ]
    assert [group.letter for group in board.certainty.groups] == ["a", "b", "c"]


def test_the_intervals_are_in_the_json_and_change_no_column_of_the_csv(board):
    entries = json.loads(board_json(board))["entries"]
    assert entries[0]["rank_interval"] == [1, 1]
    assert board_csv(board).splitlines()[0].startswith("rank,method,score,mean_q,")


def test_the_same_results_give_the_same_intervals(results, board):
    again = build_board(results, baselines=["mean"], rule="mean-q")
    assert again.certainty == board.certainty
    assert board_json(again) == board_json(board)


def test_every_entry_has_an_interval_of_its_mean_q(board):
    for entry in board.entries:
        low, high = board.certainty.mean_q[entry.method]
        assert low < entry.mean_q < high


def test_every_q_has_an_interval_over_its_folds(board):
    assert set(board.certainty.folds["a"]) == set(TASKS)
    low, high = board.certainty.folds["a"]["crops"]
    assert low <= board.entries[0].tasks["crops"].q + 1e-6
    assert high >= low


def test_upstreams_fold_scores_are_read_where_it_stores_them(write_upstream, tmp_path):
    folder = write_upstream("m", {"crops": 5.0, "nodata": 6.0}, stds={"crops": 0.1})
    file = folder / "crops" / "crops_result.json"
    content = json.loads(file.read_text())
    file.write_text(json.dumps({**content, "q_t": [0.1, 0.2, 0.3]}))
    write_upstream("n", {"crops": 4.0, "nodata": 7.0})
    folds = build_board([tmp_path / "upstream"]).certainty.folds
    assert list(folds) == ["m"]
    assert list(folds["m"]) == ["crops"]


def test_a_single_task_has_no_intervals_and_says_why(write_ours, tmp_path):
    for method in ("a", "b", "c"):
        write_ours(method, {"crops": 10.0})
    board = build_board([tmp_path / "results"])
    assert set(intervals(board).values()) == {None}
    assert "a single task" in board.certainty.reason
    assert board.certainty.groups == ()


def test_a_single_method_has_no_intervals_and_says_why(write_ours, tmp_path):
    write_ours("a", {"crops": 10.0, "nodata": 5.0})
    board = build_board([tmp_path / "results"])
    assert intervals(board) == {"a": None}
    assert "two ranked methods" in board.certainty.reason


def test_an_empty_board_has_none_either(board):
    empty = assess(replace(board, entries=()))
    assert empty.certainty.reason
    assert empty.certainty.mean_q == {}


def test_letters_of_several_groups_are_a_range():
    groups = tuple(
        Group(letter=letter, methods=methods)
        for letter, methods in (("a", ("x", "y")), ("b", ("y", "z")), ("c", ("y",)))
    )
    certainty = Certainty(groups=groups)
    assert [certainty.letters(name) for name in ("x", "y", "z", "w")] == [
        "a",
        "a–c",
        "b",
        "",
    ]


@pytest.mark.parametrize(
    ("number", "letter"), [(0, "a"), (25, "z"), (26, "aa"), (27, "ab"), (702, "aaa")]
)
def test_letters_go_on_after_z(number, letter):
    assert group_letter(number) == letter


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("shown", RULES)
def test_a_board_under_another_rule_is_the_one_that_was_built_so(results, rule, shown):
    made = rerank(build_board(results, baselines=["mean"], rule=shown), rule)
    assert made == build_board(results, baselines=["mean"], rule=rule)


def test_a_board_without_tasks_knows_its_rule_and_mean_q(board):
    bare = replace(
        board,
        rule="weighted",
        tasks=(),
        entries=tuple(replace(entry, tasks={}) for entry in board.entries),
    )
    assert available_rules(bare) == ("weighted", "mean-q")
    ranks = {entry.method: entry.rank for entry in rerank(bare, "mean-q").entries}
    assert ranks["a"] == 1
    assert ranks["mean"] is None


def test_the_influence_is_of_ranked_entries_only(board):
    found = influence(board)
    assert set(found.swaps) == {"a", "b", "b2", "c"}
    assert found.spans["a"] == (1, 1)


def test_two_ranked_entries_cannot_be_moved_by_a_third(board):
    assert influence(replace(board, entries=board.entries[-2:])) is None
