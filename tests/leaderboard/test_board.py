import json

import numpy as np
import pytest
from scipy.stats import rankdata

import neucobench as nb
from neucobench.errors import UnknownNameError, UsageError
from neucobench.leaderboard.board import build_board
from neucobench.leaderboard.card import BoardCard
from neucobench.tasks.card import suite

CARD = """
name = "mine"
title = "Mine"
description = "d"
suite = "pair"
protocol = "neuco-1.1"
rule = "mean-q"
baselines = ["mean"]
"""


@pytest.fixture
def results(write_ours, tmp_path):
    """Return a folder with three methods on two tasks."""
    write_ours("a", {"crops": 10.0, "nodata": 5.0})
    write_ours("b", {"crops": 20.0, "nodata": 4.0})
    write_ours("mean", {"crops": 15.0, "nodata": 8.0})
    return tmp_path / "results"


@pytest.fixture
def own_board(tmp_path, monkeypatch):
    """Return the path of a board card of the user, over the suite ``pair``."""
    root = tmp_path / "content"
    (root / "tasks" / "suites").mkdir(parents=True)
    (root / "leaderboard" / "boards").mkdir(parents=True)
    (root / "tasks" / "suites" / "pair.toml").write_text(
        'name = "pair"\ntitle = "P"\ndescription = "d"\ntasks = ["crops", "nodata"]\n'
    )
    path = root / "leaderboard" / "boards" / "mine.toml"
    path.write_text(CARD)
    monkeypatch.setenv("NEUCOBENCH_PATH", str(root))
    return path


def rows(board):
    return [(entry.rank, entry.method) for entry in board.entries]


def codes(board):
    return [finding.code for finding in board.findings]


def test_the_board_is_upstreams(results):
    board = build_board([results])
    q = np.array([[10.0, 5.0], [20.0, 4.0], [15.0, 8.0]])
    spreads = np.std(q, axis=0, ddof=1)
    scores = (rankdata(-q, axis=0, method="min") * spreads / spreads.sum()).sum(axis=1)
    found = {entry.method: entry.score for entry in board.entries}
    assert [found[name] for name in ("a", "b", "mean")] == pytest.approx(scores)
    assert rows(board) == [(1, "b"), (2, "mean"), (3, "a")]
    assert board.protocol == "neuco-1.1"
    assert codes(board) == []


def test_it_is_a_name_of_the_package(results):
    assert nb.build_board([results], rule="borda").rule == "borda"


def test_a_single_path_is_fine(results):
    assert len(build_board(str(results)).entries) == 3


def test_an_entry_carries_its_scores(results):
    entry = build_board([results]).entries[0]
    assert (entry.mean_q, entry.mean_score) == (12.0, pytest.approx(0.12))
    assert entry.tasks["crops"].q == 20.0
    assert [entry.tasks[task].rank for task in ("crops", "nodata")] == [1, 3]
    assert entry.evaluation.name == "evaluation.json"


@pytest.mark.parametrize(
    ("rule", "weights"),
    [("uniform", {"crops": 0.5, "nodata": 0.5}), ("mean-q", None), ("borda", None)],
)
def test_every_rule_has_its_weights(results, rule, weights):
    assert build_board([results], rule=rule).weights == weights


def test_a_baseline_is_listed_where_its_score_puts_it_and_moves_nobody(results):
    board = build_board([results], baselines=["mean"])
    assert rows(board) == [(1, "b"), (None, "mean"), (2, "a")]
    assert [entry.baseline for entry in board.entries] == [False, True, False]
    spreads = [np.std([10, 20], ddof=1), np.std([5, 4], ddof=1)]
    assert board.weights["crops"] == pytest.approx(spreads[0] / sum(spreads))
    assert {entry.method: entry.tasks["crops"].rank for entry in board.entries} == {
        "a": 2,
        "b": 1,
        "mean": 2,
    }


def test_a_baseline_that_is_not_there_gets_a_suggestion(results):
    with pytest.raises(UnknownNameError, match="'mean'"):
        build_board([results], baselines=["maen"])


def test_an_unknown_rule_gets_a_suggestion(results):
    with pytest.raises(UnknownNameError, match="borda"):
        build_board([results], rule="broda")


def test_an_entry_that_lacks_a_task_is_not_ranked(results, write_ours):
    write_ours("partial", {"crops": 99.0})
    board = build_board([results])
    assert [(item.method, item.missing) for item in board.unranked] == [
        ("partial", ("nodata",))
    ]
    assert rows(board) == [(1, "b"), (2, "mean"), (3, "a")]


def test_an_entry_without_a_finite_score_is_not_ranked(write_upstream, tmp_path):
    write_upstream("a", {"crops": 1.0, "nodata": float("nan")})
    write_upstream("b", {"crops": 1.0, "nodata": 2.0})
    board = build_board([tmp_path / "upstream"])
    assert board.unranked[0].missing == ("nodata",)


def test_a_task_that_failed_for_everyone_is_named_and_left_out(write_ours, tmp_path):
    write_ours("a", {"crops": 1.0}, failed=["nodata"])
    board = build_board([tmp_path / "results"])
    assert board.tasks == ("crops",)
    assert [(item.code, item.task) for item in board.findings] == [
        ("failed-task", "nodata")
    ]


def test_nobody_ranked_is_said(results):
    board = build_board([results], board="neuco-11")
    assert board.entries == ()
    assert len(board.unranked) == 3
    assert codes(board) == ["nothing-ranked"]


def test_the_newest_run_of_a_method_counts(results, write_ours):
    write_ours(
        "a", {"crops": 50.0, "nodata": 50.0}, created="2026-11-20T04:00:00.500000Z"
    )
    write_ours("a", {"crops": 1.0, "other": 1.0}, created="2026-11-19T04:00:00Z")
    board = build_board([results])
    assert board.entries[0].tasks["crops"].q == 50.0
    assert board.tasks == ("crops", "nodata")
    assert codes(board) == ["older-runs"]


def test_all_runs_can_be_ranked_under_names_of_their_own(results, write_ours):
    write_ours("a", {"crops": 50.0, "nodata": 50.0}, created="2026-11-20T05:00:00Z")
    board = build_board([results], all_runs=True)
    assert [entry.method for entry in board.entries] == [
        "a (2026-11-20 05:00:00)",
        "mean",
        "b",
        "a (2026-11-20 04:00:00)",
    ]


def test_runs_of_the_same_moment_keep_names_of_their_own(write_ours, tmp_path):
    write_ours("a", {"crops": 1.0})
    write_ours("a", {"crops": 2.0})
    board = build_board([tmp_path / "results"], all_runs=True)
    assert len({entry.method for entry in board.entries}) == 2


def test_a_method_named_like_a_run_of_another_is_not_lost(write_ours, tmp_path):
    for method in ("m", "m", "m (2026-11-20 04:00:00)"):
        write_ours(method, {"crops": 1.0})
    board = build_board([tmp_path / "results"], all_runs=True)
    assert len(board.entries) == 3


def test_upstreams_time_stamps_order_its_runs(write_upstream, tmp_path):
    write_upstream("a", {"crops": 1.0}, stamp="20250101_120000")
    write_upstream("a", {"crops": 2.0}, stamp="20250101_120001")
    board = build_board([tmp_path / "upstream"])
    assert [entry.tasks["crops"].q for entry in board.entries] == [2.0]


def test_several_phases_need_a_choice(write_upstream, tmp_path):
    write_upstream("a", {"crops": 1.0}, phase="dev")
    write_upstream("a", {"crops": 2.0}, phase="test")
    with pytest.raises(UsageError, match="'dev', 'test'"):
        build_board([tmp_path / "upstream"])


def test_a_phase_is_chosen(write_upstream, tmp_path):
    write_upstream("a", {"crops": 1.0}, phase="dev")
    write_upstream("b", {"crops": 2.0}, phase="test")
    board = build_board([tmp_path / "upstream"], phase="test")
    assert rows(board) == [(1, "b")]


def test_an_unknown_phase_gets_a_suggestion(results):
    with pytest.raises(UnknownNameError, match="results"):
        build_board([results], phase="result")


def test_our_results_and_upstreams_share_a_board(results, write_upstream, tmp_path):
    write_upstream("theirs", {"crops": 30.0, "nodata": 30.0}, phase="results")
    board = build_board([results, tmp_path / "upstream"])
    assert rows(board)[0] == (1, "theirs")
    assert board.protocol == "neuco-1.1"
    assert board.entries[0].evaluation is None
    assert board.entries[0].mean_score is None


def test_results_of_different_protocols_are_named(results, write_ours):
    write_ours("c", {"crops": 1.0, "nodata": 1.0}, rules="neuco-1.0")
    board = build_board([results])
    assert board.protocol is None
    assert codes(board) == ["different-protocols"]
    assert "neuco-1.0, neuco-1.1" in board.findings[0].message


def test_results_that_name_no_protocol_are_said_to_be_unknown(write_upstream, tmp_path):
    for method in ("a", "b"):
        write_upstream(method, {"crops": 1.0}, config=None)
    assert codes(build_board([tmp_path / "upstream"])) == ["unknown-protocol"]


def test_results_on_different_labels_are_named(results, write_ours):
    write_ours("c", {"crops": 1.0, "nodata": 1.0}, labels="b" * 64)
    assert codes(build_board([results])) == ["different-labels"] * 2


def test_results_on_different_samples_are_named(results, write_ours):
    write_ours("c", {"crops": 1.0, "nodata": 1.0}, rows=90)
    assert "90 to 100" in build_board([results]).findings[0].message


def test_equal_scores_are_ties_in_order_of_their_names(write_ours, tmp_path):
    for name in ("c", "a", "b"):
        write_ours(name, {"crops": 1.0, "nodata": 2.0})
    board = build_board([tmp_path / "results"])
    assert rows(board) == [(1, "a"), (1, "b"), (1, "c")]
    assert board.weights == {"crops": 0.5, "nodata": 0.5}


def test_a_single_entry_has_uniform_weights(write_ours, tmp_path):
    write_ours("a", {"crops": 1.0, "nodata": 2.0})
    board = build_board([tmp_path / "results"])
    assert board.weights == {"crops": 0.5, "nodata": 0.5}
    assert board.entries[0].score == 1.0


def test_a_card_says_what_is_ranked(results, own_board, write_ours):
    write_ours("c", {"crops": 1.0, "nodata": 1.0, "other": 1.0})
    board = build_board([results], board="mine")
    assert (board.board, board.suite, board.rule) == ("mine", "pair", "mean-q")
    assert board.tasks == suite("pair").tasks
    assert rows(board) == [(1, "b"), (None, "mean"), (2, "a"), (3, "c")]


def test_a_rule_that_is_given_goes_before_the_cards(results, own_board):
    assert build_board([results], board="mine", rule="uniform").rule == "uniform"


def test_baselines_that_count_are_ranked(results, own_board):
    own_board.write_text(CARD + "baselines_count = true\n")
    board = build_board([results], board="mine")
    assert rows(board) == [(1, "b"), (2, "mean"), (3, "a")]
    assert board.entries[1].baseline


def test_results_of_another_protocol_than_the_cards_are_named(results, own_board):
    own_board.write_text(CARD.replace("neuco-1.1", "neuco-1.0"))
    assert codes(build_board([results], board="mine")) == ["other-protocol"]


def test_the_cards_settings_under_another_name_are_its_protocol(own_board, write_ours):
    folder = write_ours("m", {"crops": 1.0, "nodata": 1.0})
    file = folder / "evaluation.json"
    document = json.loads(file.read_text())
    document["protocol"]["name"] = "config:mine.yaml"
    file.write_text(json.dumps(document))
    assert codes(build_board([folder], board="mine")) == []


def test_an_unknown_board_gets_a_suggestion(results):
    with pytest.raises(UnknownNameError, match="cvpr2025"):
        build_board([results], board="cvpr25")


def test_the_rules_of_the_2025_challenge():
    from neucobench.leaderboard.card import board_card

    card = board_card("cvpr2025")
    assert isinstance(card, BoardCard)
    assert (card.rule, card.baselines_count) == ("weighted", True)
    assert [phase.name for phase in card.phases] == ["dev", "test"]
    assert card.phases[1].quota_total == 3


def test_a_board_becomes_a_data_frame_with_the_columns_of_the_csv(results):
    frame = build_board(results, rule="mean-q", baselines=["mean"]).to_frame()
    columns = ["rank", "method", "score", "mean_q", "mean_score"]
    assert frame.columns.tolist() == [*columns, "q::crops", "q::nodata"]
    assert frame["method"].tolist() == ["b", "mean", "a"]
    assert frame["rank"].isna().tolist() == [False, True, False]
