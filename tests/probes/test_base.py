from dataclasses import replace

import numpy as np
import pytest

from neucobench.probes.base import check_shapes, refusal
from neucobench.tasks.splits import Split


@pytest.fixture
def task(make_task):
    return make_task("ships", np.random.default_rng(0).random(60))


def test_an_ordinary_task_is_not_refused(task):
    assert refusal(task) is None


def test_constant_labels_are_refused(task):
    constant = replace(task, labels=np.full(60, np.float32(0.5)))
    assert "All 60 labels of ships are equal" in refusal(constant)


def test_constant_labels_after_scaling_are_refused(task):
    assert refusal(replace(task, labels=np.full(60, np.float32(np.nan)))) is not None


def test_a_regression_that_holds_out_one_sample_is_refused(make_task):
    short = make_task("short", np.arange(9.0))
    assert "holds out 1; R2 needs at least 2" in refusal(short)


def test_a_classification_of_three_classes_is_refused(make_task):
    three = make_task("kinds", np.arange(60) % 3, kind="classification")
    assert "3 different labels" in refusal(three)


def test_a_fold_of_one_class_is_refused(make_task):
    rare = make_task("rare", np.arange(60) == 7, kind="classification")
    assert "samples of one class only" in refusal(rare)


def test_two_classes_in_every_fold_are_not_refused(make_task):
    assert refusal(make_task("even", np.arange(60) % 2, kind="classification")) is None


def test_a_task_of_the_features_has_the_right_shapes(task):
    check_shapes(task, 60)


def test_rows_beyond_the_features_are_an_error(task):
    with pytest.raises(ValueError, match="outside 0 to 58"):
        check_shapes(task, 59)


def test_negative_rows_are_an_error(task):
    with pytest.raises(ValueError, match="outside 0 to 59"):
        check_shapes(replace(task, rows=task.rows - 1), 60)


def test_rows_and_labels_of_different_numbers_are_an_error(task):
    with pytest.raises(ValueError, match="one row and one label for each sample"):
        check_shapes(replace(task, rows=task.rows[:-1]), 60)


@pytest.mark.parametrize("side", [[], [60], [-1]])
def test_a_split_that_does_not_fit_is_an_error(task, side):
    split = Split(train=np.arange(9), validation=np.array(side, np.int64))
    with pytest.raises(ValueError, match="split 60 samples"):
        check_shapes(replace(task, splits=[split]), 60)
