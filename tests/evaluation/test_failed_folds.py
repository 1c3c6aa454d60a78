import json
import math
from dataclasses import replace

import numpy as np
import pytest

from neucobench.errors import TaskFailure
from neucobench.evaluation.folder import write_evaluation
from neucobench.evaluation.protocol import protocol
from neucobench.evaluation.result import evaluation_from_dict, read_evaluation
from neucobench.evaluation.run import evaluate
from neucobench.probes.linear import LinearProbe
from neucobench.scoring.quality import q_score

FIVE_FOLDS = protocol("neuco-1.1").model_copy(update={"folds": 5})


@pytest.fixture
def break_folds(monkeypatch):
    """Return what takes the score from some folds of every task."""
    score = LinearProbe.score

    def apply(*folds, value=math.nan):
        def broken(probe, features, tasks, advance=None):
            found = score(probe, features, tasks, advance)
            for item in found.values():
                if len(item.scores) == FIVE_FOLDS.folds:
                    item.scores[list(folds)] = value
            return found

        monkeypatch.setattr(LinearProbe, "score", broken)

    return apply


def run(small, allowed):
    table, labels = small
    return evaluate(
        table, labels=labels, protocol=FIVE_FOLDS, failed_probes_allowed=allowed
    )


def test_no_fold_may_fail_unless_it_is_allowed(small, break_folds):
    break_folds(1)
    table, labels = small
    with pytest.raises(TaskFailure, match="1 of 5 folds have no finite score"):
        evaluate(table, labels=labels, protocol=FIVE_FOLDS)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_task_is_scored_over_the_folds_that_are_left(small, break_folds, value):
    whole = np.array(run(small, 0).tasks["size"].scores)
    break_folds(1, 3, value=value)
    found = run(small, 2).tasks["size"]
    rest = whole[[0, 2, 4]]
    assert found.mean == pytest.approx(rest.mean(), rel=1e-15)
    assert found.std == pytest.approx(rest.std(), rel=1e-15)
    assert found.q == q_score(rest)
    assert np.isnan(found.scores).tolist() == [False, True, False, True, False]


def test_one_fold_more_than_is_allowed_fails_the_task(small, break_folds):
    break_folds(1, 2, 3)
    with pytest.raises(TaskFailure, match="3 of 5 folds have no finite score"):
        run(small, 2)


def test_a_task_without_any_score_fails_whatever_is_allowed(small, break_folds):
    break_folds(0, 1, 2, 3, 4)
    with pytest.raises(TaskFailure, match="5 of 5 folds have no finite score"):
        run(small, 100)


def test_a_finding_says_how_many_folds_are_left_out(small, break_folds):
    break_folds(0, 4)
    [found] = run(small, 2).findings
    assert (found.code, found.level, found.task, found.count) == (
        "failed-folds",
        "warning",
        "size",
        2,
    )
    assert found.message.startswith("2 of 5 folds have no finite score")


def test_a_tolerance_that_is_not_needed_changes_nothing(small):
    same = {"created": "", "seconds": 0.0, "tasks": {}}
    strict, lenient = run(small, 0), run(small, 5)
    assert replace(strict, **same) == replace(lenient, **same)
    assert strict.tasks["size"].scores == lenient.tasks["size"].scores
    assert strict.tasks["size"].q == lenient.tasks["size"].q


def test_a_fold_without_a_score_is_null_in_standard_json(small, break_folds):
    break_folds(2)
    document = run(small, 1).as_dict()
    text = json.dumps(document, allow_nan=False)
    assert json.loads(text)["tasks"]["size"]["scores"][2] is None
    again = evaluation_from_dict(json.loads(text), source="here")
    assert math.isnan(again.tasks["size"].scores[2])
    assert again.as_dict() == document


def test_a_run_folder_holds_an_empty_cell_for_such_a_fold(small, break_folds, tmp_path):
    break_folds(2)
    folder = write_evaluation(run(small, 1), tmp_path / "results")
    lines = (folder / "scores" / "size.csv").read_text().splitlines()
    assert lines[3] == "2,"
    upstream = json.loads((folder / "size" / "size_result.json").read_text())
    assert upstream["q_t"][2] is None
    assert math.isnan(read_evaluation(folder).tasks["size"].scores[2])
