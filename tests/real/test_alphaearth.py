import pytest

from neucobench.evaluation.folder import write_evaluation
from neucobench.evaluation.run import evaluate
from neucobench.leaderboard.board import build_board

METHODS = ("alphaearth-64", "alphaearth-16", "latitude-longitude", "random-64")


@pytest.fixture(scope="module")
def evaluations(alphaearth):
    labels = alphaearth / "labels"
    return {m: evaluate(alphaearth / f"{m}.csv", labels=labels) for m in METHODS}


@pytest.mark.slow
def test_every_task_of_the_real_table_is_scored(evaluations):
    assert all(
        len(item.tasks) == 14 and not item.failed for item in evaluations.values()
    )


@pytest.mark.slow
def test_a_real_embedding_beats_a_random_one_on_every_task(evaluations):
    real, random = evaluations["alphaearth-64"], evaluations["random-64"]
    assert all(real.tasks[t].mean > random.tasks[t].mean for t in real.tasks)


@pytest.mark.slow
def test_the_board_of_real_results_puts_the_whole_embedding_first(
    evaluations, tmp_path
):
    for evaluation in evaluations.values():
        write_evaluation(evaluation, tmp_path / "results")
    board = build_board([tmp_path / "results"], rule="weighted")
    assert board.entries[0].method == "alphaearth-64"
