import numpy as np

from neucobench.findings import Finding
from neucobench.reports.summary import is_synthetic, summarize, task_title


def test_methods_stand_in_the_order_of_the_board(make_evaluation, make_board):
    evaluations = [make_evaluation("two", 0.9), make_evaluation("one", 0.1)]
    summary = summarize(evaluations, make_board(("one", "two")))
    assert [method.label for method in summary.methods] == ["one", "two"]


def test_without_a_board_the_best_mean_q_comes_first(make_evaluation):
    evaluations = [
        make_evaluation("none", mean_q=float("nan")),
        make_evaluation("bad", 0.1),
        make_evaluation("good", 0.9),
    ]
    summary = summarize(evaluations, None)
    assert [method.label for method in summary.methods] == ["good", "bad", "none"]


def test_an_unranked_method_comes_last(make_evaluation, make_board):
    evaluations = [make_evaluation("partial", 0.99), make_evaluation("one", 0.1)]
    summary = summarize(evaluations, make_board(("one",)))
    assert [method.label for method in summary.methods] == ["one", "partial"]
    assert summary.methods[1].entry is None


def test_two_runs_of_a_method_are_numbered_and_the_newest_is_ranked(
    make_evaluation, make_board
):
    runs = [make_evaluation("one", seed=1), make_evaluation("one", seed=2)]
    summary = summarize(runs, make_board(("one",)))
    assert [method.label for method in summary.methods] == ["one (2)", "one (1)"]
    assert [method.entry is None for method in summary.methods] == [False, True]


def test_a_task_that_failed_everywhere_is_still_a_task(make_evaluation):
    summary = summarize([make_evaluation(failed={"nodata": "Why."})], None)
    assert [task.name for task in summary.tasks] == [
        "crops",
        "nodata",
        "ships_presence",
    ]


def test_q_of_a_missing_task_is_not_a_number(make_evaluation):
    evaluations = [make_evaluation("a"), make_evaluation("b", tasks=("crops",))]
    assert np.isnan(summarize(evaluations, None).q()).sum() == 1


def test_a_task_with_a_card_has_its_title_and_unit():
    task = task_title("biomass_mean")
    assert (task.title, task.unit) == ("Biomass, mean", "Mg/ha")


def test_a_task_without_a_card_keeps_its_name():
    task = task_title("my_own")
    assert (task.title, task.unit) == ("my_own", "label units")


def test_a_unit_that_the_card_denies_is_denied():
    assert task_title("ships_presence").unit == "no unit"


def test_synthetic_ids_mark_an_evaluation(make_evaluation):
    assert is_synthetic(make_evaluation(prefix="synthetic-"))
    assert not is_synthetic(make_evaluation(prefix="real-"))


def test_a_synthetic_finding_marks_an_evaluation(make_evaluation):
    finding = Finding(code="synthetic", level="info", message="Made.")
    assert is_synthetic(make_evaluation(predictions=False, findings=(finding,)))
