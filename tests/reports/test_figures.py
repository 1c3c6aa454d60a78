import numpy as np
import pytest

from neucobench.reports.figures import FoldRow, fold_picture, q_picture
from neucobench.reports.theme import marks


def test_a_q_figure_names_every_task_and_method():
    values = np.array([[1.0, 2.0], [3.0, np.nan]])
    svg = q_picture(values, methods=["good", "bad"], tasks=["Crops", "Forest"]).svg
    for text in ("good", "bad", "Crops", "Forest", "quality score"):
        assert text in svg


def test_a_q_figure_of_twenty_methods_names_six_and_calls_the_rest_others():
    values = np.arange(280.0).reshape(20, 14)
    methods = [f"method-{number}" for number in range(20)]
    svg = q_picture(values, methods=methods, tasks=[f"t{n}" for n in range(14)]).svg
    assert sum(f">{name}<" in svg for name in methods) == 6
    assert ">others<" in svg


def test_a_hopeless_method_does_not_reach_the_axis():
    values = np.array([[10.0, 12.0], [-3000.0, -2500.0]])
    svg = q_picture(values, methods=["good", "bad"], tasks=["Crops", "Forest"]).svg
    assert "3000" not in svg
    assert "−2000" not in svg


@pytest.mark.parametrize("values", [[[np.nan]], [[-5.0]], [[0.0]], [[100.0]]])
def test_a_q_figure_of_one_value_is_drawn(values):
    assert q_picture(np.array(values), methods=["m"], tasks=["t"]).svg


def row(label, scores, mark=None):
    values = np.array(scores, dtype=float)
    return FoldRow(
        label=label,
        scores=values,
        mean=float(values.mean()) if values.size else float("nan"),
        std=float(values.std()) if values.size else float("nan"),
        q=12.34,
        mark=mark or marks(1)[0],
    )


def test_a_fold_figure_names_methods_metric_and_q():
    rows = [row("good", [0.5, 0.6]), row("bad", [0.1, 0.2])]
    svg = fold_picture("crops", "Corn and soybean", "r2", rows).svg
    for text in ("good", "bad", "Corn and soybean", "R² of a fold", "12.3"):
        assert text in svg


def test_a_fold_far_left_does_not_stretch_the_axis():
    rows = [row("good", [0.5, 0.6]), row("bad", [-40.0, -41.0])]
    assert "−40" not in fold_picture("crops", "Crops", "r2", rows).svg


def test_a_method_without_fold_scores_keeps_its_row():
    rows = [row("good", [0.5, 0.6]), row("empty", [])]
    assert "empty" in fold_picture("crops", "Crops", "f1", rows).svg


def test_fold_files_of_strange_task_names_are_safe():
    assert "/" not in fold_picture("a/../b", "A", "r2", [row("m", [0.5])]).name


def test_a_method_that_starts_with_an_underscore_is_in_the_legend():
    svg = q_picture(np.array([[1.0]]), methods=["_mine"], tasks=["Crops"]).svg
    assert "_mine" in svg
