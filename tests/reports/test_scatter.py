import numpy as np
import pytest

from neucobench.evaluation.result import Predictions
from neucobench.reports.scatter import (
    Panel,
    classification_picture,
    panel,
    regression_picture,
)


def made(label, count, scale=1.0):
    rng = np.random.default_rng(0)
    true = rng.uniform(0, 100, count)
    return Panel(label=label, true=true, predicted=true * scale)


def test_rows_that_no_fold_held_out_are_left_out():
    known = Predictions(
        ids=("a", "b"), true=np.array([1.0, 2.0]), predicted=np.array([np.nan, 2.5])
    )
    assert panel("m", known).true.tolist() == [2.0]


@pytest.mark.parametrize("count", [1, 50, 2000])
def test_axes_carry_the_unit_and_panels_their_size(count):
    svg = regression_picture("b", "Biomass", "Mg/ha", [made("m", count)]).svg
    assert "true (Mg/ha)" in svg
    assert "predicted (Mg/ha)" in svg
    assert f"n = {count}" in svg


def test_predictions_beyond_the_axes_are_counted():
    svg = regression_picture("b", "B", "m", [made("m", 50, scale=1e6)]).svg
    assert "at the edge" in svg


def test_a_density_of_many_rows_is_a_small_picture():
    svg = regression_picture("b", "B", "m", [made("m", 13_000)]).svg
    assert len(svg) < 60_000


def test_every_method_has_a_panel():
    panels = [made(f"method {number}", 20) for number in range(5)]
    svg = regression_picture("b", "B", "m", panels).svg
    assert all(item.label in svg for item in panels)


def test_a_classification_shows_both_classes():
    true = np.array([0.0, 0.0, 1.0])
    item = Panel(label="m", true=true, predicted=np.array([-1.0, -2.0, 30.0]))
    svg = classification_picture("s", "Ships", [item]).svg
    for text in ("class 0", "class 1", "n = 2 and 1", "logit"):
        assert text in svg


def test_a_method_without_rows_keeps_an_empty_panel():
    nothing = Panel(label="empty", true=np.array([]), predicted=np.array([]))
    assert "empty" in regression_picture("b", "B", "m", [made("m", 9), nothing]).svg
    assert "empty" in classification_picture("b", "B", [made("m", 9), nothing]).svg
