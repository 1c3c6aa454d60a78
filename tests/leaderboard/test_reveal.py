from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from neucobench.evaluation.result import Evaluation, TaskScore
from neucobench.findings import Finding
from neucobench.leaderboard.card import Phase
from neucobench.leaderboard.export import board_csv, board_json, board_markdown
from neucobench.leaderboard.rank import rank_results
from neucobench.leaderboard.reveal import reveal_board, reveal_evaluation
from neucobench.leaderboard.tables import Result, TaskResult

TASKS = ("crops", "forest", "nodata")
CODES = {"crops": "task-03", "forest": "task-01", "nodata": "task-02"}


def rules(reveals):
    return Phase(
        name="test",
        opens=datetime(2026, 1, 1, tzinfo=UTC),
        closes=datetime(2026, 2, 1, tzinfo=UTC),
        reveals=reveals,
    )


def run(method, qs):
    return Result(
        method=method,
        phase="test",
        created=None,
        tasks={
            task: TaskResult(q=q, mean=q / 100, std=0.01, scores=(q / 100, q / 90))
            for task, q in zip(TASKS, qs, strict=True)
        },
        protocol="neuco-1.1",
        settings={"test_size": 0.1},
        path=Path("x"),
        ours=True,
    )


def board(rows, **options):
    return rank_results(
        {method: run(method, qs) for method, qs in rows.items()}, **options
    )


ROWS = {
    "a": (10.123456, 20.2, 30.3),
    "b": (11.123456, 10.2, 35.3),
    "mean": (1.0, 2.0, 3.0),
}


def shown(reveals, rows=None, **options):
    return reveal_board(board(rows or ROWS, **options), rules(reveals), CODES)


def test_a_phase_that_reveals_everything_changes_nothing():
    whole = board(ROWS)
    assert reveal_board(whole, rules("everything"), CODES) is whole


def test_mean_q_shows_the_rank_and_three_decimals():
    found = shown("mean-q")
    assert [(entry.rank, entry.method) for entry in found.entries] == [
        (1, "b"),
        (2, "a"),
        (3, "mean"),
    ]
    first = found.entries[0]
    assert first.mean_q == 18.874
    assert (first.score, first.mean_score, first.evaluation) == (None, None, None)
    assert first.tasks == {}
    assert (found.tasks, found.weights) == ((), None)


def test_mean_q_has_no_intervals_and_says_why():
    found = shown("mean-q")
    assert found.certainty is not None
    assert "does not show" in found.certainty.reason
    assert found.certainty.mean_q == {}
    assert found.certainty.folds == {}
    assert {entry.rank_interval for entry in found.entries} == {None}


def test_coded_tasks_show_two_decimals_under_the_code_name():
    found = shown("coded-tasks")
    assert found.tasks == ("task-01", "task-02", "task-03")
    cell = found.entries[0].tasks["task-03"]
    assert (cell.q, cell.mean, cell.std) == (11.12, None, None)
    assert set(found.weights) == set(found.tasks)


def test_coded_tasks_have_intervals_of_what_is_shown():
    found = shown("coded-tasks")
    assert found.entries[0].rank_interval is not None
    assert found.certainty.folds == {}


@pytest.mark.parametrize("reveals", ["mean-q", "coded-tasks"])
@pytest.mark.parametrize("rule", ["weighted", "uniform", "mean-q", "borda"])
def test_no_task_is_named(reveals, rule):
    found = shown(reveals, rule=rule, baselines=["mean"])
    for text in (board_json(found), board_csv(found), board_markdown(found)):
        assert not any(task in text for task in TASKS)


@pytest.mark.parametrize("reveals", ["mean-q", "coded-tasks"])
def test_hidden_digits_do_not_change_what_is_shown(reveals):
    rng = np.random.default_rng(5)
    for _ in range(50):
        # Far from where a figure is rounded up, and far enough apart for one order.
        plain = np.round(rng.permutation(60)[:12].reshape(4, 3) + 0.0, 2)
        hidden = plain + rng.uniform(-1e-4, 1e-4, plain.shape)
        documents = [
            board_json(
                shown(
                    reveals,
                    {f"m{i}": tuple(row) for i, row in enumerate(q.tolist())},
                    rule="borda",
                )
            )
            for q in (plain, hidden)
        ]
        assert documents[0] == documents[1]


def test_a_tie_is_ordered_by_what_is_shown():
    whole = board({"a": (10.0, 20.0, 5.0), "b": (20.0, 10.0, 5.0)}, rule="uniform")
    turned = replace(whole, entries=whole.entries[::-1])
    found = reveal_board(turned, rules("mean-q"), CODES)
    assert [entry.method for entry in found.entries] == ["a", "b"]


def test_findings_about_tasks_are_kept_back():
    whole = replace(
        board(ROWS),
        findings=(
            Finding(code="different-samples", level="warning", message="90 to 100"),
            Finding(code="synthetic", level="info", message="made up"),
        ),
    )
    found = reveal_board(whole, rules("coded-tasks"), CODES)
    assert [item.code for item in found.findings] == ["synthetic"]


def test_what_an_unranked_entry_lacks_is_coded_or_kept_back():
    rows = {**ROWS, "part": (1.0, float("nan"), 2.0)}
    assert shown("coded-tasks", rows).unranked[0].missing == ("task-01",)
    assert shown("mean-q", rows).unranked[0].missing == ()


def test_a_task_without_a_code_name_is_not_shown_by_its_own():
    with pytest.raises(KeyError):
        reveal_board(board(ROWS), rules("coded-tasks"), {"crops": "task-03"})


def test_a_baseline_stays_outside_the_ranking():
    found = shown("coded-tasks", baselines=["mean"])
    assert [entry.rank for entry in found.entries if entry.baseline] == [None]


def test_an_empty_board_is_shown_empty():
    empty = board({"part": (1.0, float("nan"), 2.0)})
    assert reveal_board(empty, rules("coded-tasks"), CODES).entries == ()


def evaluation(qs=(10.123456, 20.2, 30.3), **changes):
    tasks = {
        task: TaskScore(
            type="regression",
            metric="r2",
            rows=100,
            scores=(q / 100,),
            mean=q / 100,
            std=0.0,
            q=q,
            seconds=0.1,
        )
        for task, q in zip(TASKS, qs, strict=True)
    }
    fields = {
        "method": "a",
        "phase": "test",
        "created": "2026-01-05T00:00:00Z",
        "suite": None,
        "protocol": {"name": "neuco-1.1"},
        "embeddings": {"file": "e.csv"},
        "labels": {task: {"file": f"{task}.csv", "sha256": "a" * 64} for task in tasks},
        "tasks": tasks,
        "mean_q": sum(qs) / 3,
        "mean_score": 0.2,
    }
    return Evaluation(**{**fields, **changes})


def test_a_team_learns_its_mean_q():
    found = reveal_evaluation(evaluation(), rules("mean-q"), CODES)
    assert found == {"mean_q": 20.208}


def test_a_team_learns_its_q_under_code_names():
    found = reveal_evaluation(evaluation(), rules("coded-tasks"), CODES)
    assert found == {
        "mean_q": 20.208,
        "tasks": {
            "task-01": {"q": 20.2},
            "task-02": {"q": 30.3},
            "task-03": {"q": 10.12},
        },
    }


def test_a_team_learns_everything_where_everything_is_revealed():
    found = reveal_evaluation(evaluation(), rules("everything"), CODES)
    assert found == evaluation().as_dict()


@pytest.mark.parametrize("reveals", ["mean-q", "coded-tasks"])
def test_evaluations_that_differ_in_hidden_figures_read_the_same(reveals):
    one = evaluation()
    other = evaluation(
        (10.12346, 20.2, 30.3),
        mean_q=one.mean_q + 1e-9,
        mean_score=0.9,
        labels={},
        failed={"forest": "constant"},
        findings=(Finding(code="x", level="info", message="rows", count=7),),
        created="2026-01-06T00:00:00Z",
        seconds=99.0,
    )
    assert reveal_evaluation(one, rules(reveals), CODES) == reveal_evaluation(
        other, rules(reveals), CODES
    )


def test_a_mean_that_is_none_is_null():
    found = reveal_evaluation(evaluation(mean_q=float("nan")), rules("mean-q"), CODES)
    assert found == {"mean_q": None}


def test_a_negative_zero_does_not_tell_the_side():
    found = reveal_evaluation(evaluation(mean_q=-1e-9), rules("mean-q"), CODES)
    assert str(found["mean_q"]) == "0.0"
