from dataclasses import replace

import numpy as np
import pytest

from neucobench.probes.base import check_shapes
from neucobench.tasks.splits import Split


@pytest.fixture
def task(make_task):
    return make_task("ships", np.random.default_rng(0).random(60))


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
