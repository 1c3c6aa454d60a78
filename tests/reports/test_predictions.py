import os
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from neucobench.errors import ResultError
from neucobench.evaluation.folder import write_evaluation
from neucobench.evaluation.result import read_evaluation
from neucobench.reports.predictions import with_predictions


@pytest.fixture
def run_folder(make_evaluation, tmp_path):
    return write_evaluation(make_evaluation(), tmp_path)


def test_predictions_come_back_from_a_run_folder(run_folder, make_evaluation):
    found = with_predictions(read_evaluation(run_folder), run_folder).predictions
    for task, item in make_evaluation().predictions.items():
        assert found[task].ids == item.ids
        np.testing.assert_array_equal(found[task].true, item.true)
        np.testing.assert_array_equal(found[task].predicted, item.predicted)


def test_the_evaluation_file_stands_for_its_folder(run_folder):
    file = run_folder / "evaluation.json"
    assert with_predictions(read_evaluation(file), file).predictions


def test_a_folder_may_have_a_name_that_is_not_unicode(run_folder):
    folder = run_folder.rename(run_folder.with_name(os.fsdecode(b"run\xff")))
    assert with_predictions(read_evaluation(folder), folder).predictions


def test_a_folder_without_predictions_leaves_the_evaluation_as_it_is(
    make_evaluation, tmp_path
):
    evaluation = replace(make_evaluation(), predictions=None)
    assert with_predictions(evaluation, tmp_path) is evaluation


@pytest.mark.parametrize("content", [b"", b"not a table"])
def test_a_damaged_file_is_an_error_that_names_it(run_folder, content):
    file = run_folder / "predictions.parquet"
    file.write_bytes(content)
    with pytest.raises(ResultError, match=r"predictions\.parquet"):
        with_predictions(read_evaluation(run_folder), run_folder)


def test_columns_of_another_kind_are_an_error(run_folder):
    columns = {"task": ["size"], "id": ["a"], "true": ["x"], "predicted": ["y"]}
    pq.write_table(pa.table(columns), run_folder / "predictions.parquet")
    with pytest.raises(ResultError, match=r"predictions\.parquet is not a table"):
        with_predictions(read_evaluation(run_folder), run_folder)
