import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import ShuffleSplit

from neucobench.errors import TaskFailure
from neucobench.tasks.splits import shuffle_split


@settings(deadline=None, max_examples=40)
@given(
    rows=st.integers(2, 400),
    folds=st.integers(1, 5),
    test_size=st.floats(0.01, 0.49),
    seed=st.integers(0, 2**32 - 1),
)
def test_splits_are_those_of_scikit_learn(rows, folds, test_size, seed):
    expected = ShuffleSplit(folds, test_size=test_size, random_state=seed)
    drawn = shuffle_split(rows, folds=folds, test_size=test_size, seed=seed)
    for split, (train, validation) in zip(
        drawn, expected.split(np.zeros(rows)), strict=True
    ):
        np.testing.assert_array_equal(split.train, train)
        np.testing.assert_array_equal(split.validation, validation)


def test_a_fold_holds_every_row_once():
    (split,) = shuffle_split(37, folds=1)
    both = np.concatenate([split.train, split.validation])
    np.testing.assert_array_equal(np.sort(both), np.arange(37))


def test_the_held_out_share_is_rounded_up():
    assert shuffle_split(21, folds=1)[0].validation.size == 3


def test_the_first_folds_do_not_depend_on_how_many_follow():
    few, many = shuffle_split(50, folds=2), shuffle_split(50, folds=9)
    np.testing.assert_array_equal(few[1].train, many[1].train)


def test_the_global_generator_is_left_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    shuffle_split(50, folds=3)
    after = np.random.get_state()[1]  # noqa: NPY002
    np.testing.assert_array_equal(after, before)


@pytest.mark.parametrize("rows", [0, 1])
def test_a_task_without_training_rows_fails_with_its_size(rows):
    with pytest.raises(TaskFailure, match=f"has {rows} labeled samples"):
        shuffle_split(rows, folds=5)


@pytest.mark.parametrize(
    "wrong",
    [{"folds": 0}, {"folds": 3, "test_size": 0.0}, {"folds": 3, "test_size": 1}],
)
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match="give"):
        shuffle_split(100, **wrong)
