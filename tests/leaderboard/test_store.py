import json
import math
import os

import pytest

from neucobench.errors import ResultError
from neucobench.leaderboard.store import read_results


def test_a_run_folder_of_ours_counts_once(write_ours, tmp_path):
    folder = write_ours("mean", {"crops": 10.0})
    assert (folder / "results_summary.json").is_file()
    (result,) = read_results([tmp_path / "results"])
    assert result.ours
    assert (result.method, result.phase, result.tasks["crops"].q) == (
        "mean",
        "results",
        10.0,
    )


def test_a_run_that_is_reached_on_two_ways_counts_once(write_ours, tmp_path):
    folder = write_ours("mean", {"crops": 10.0})
    paths = [tmp_path / "results", folder, folder / "evaluation.json"]
    assert len(read_results(paths)) == 1


def test_a_summary_of_upstream_is_read_with_its_details(write_upstream):
    folder = write_upstream(
        "my_model", {"crops": 10.0}, means={"crops": 0.5}, stds={"crops": 0.1}
    )
    (result,) = read_results([folder])
    crops = result.tasks["crops"]
    assert (result.method, result.phase, result.ours) == ("my_model", "dev", False)
    assert (crops.q, crops.mean, crops.std) == (10.0, 0.5, 0.1)


def test_the_mean_of_a_task_comes_from_its_own_file_where_needed(write_upstream):
    folder = write_upstream("m", {"crops": 10.0}, stds={"crops": 0.1})
    assert read_results([folder])[0].tasks["crops"].mean == 0.25


@pytest.mark.parametrize("key", ["task_results", "task_result"])
def test_older_summaries_are_read(write_upstream, key):
    folder = write_upstream("m", {"crops": 10.0}, q_key=key)
    assert read_results([folder])[0].tasks["crops"].q == 10.0


@pytest.mark.parametrize(
    ("experiment", "method"),
    [
        ("model_20250101_120000", "model"),
        ("model_v2_20250101_120000", "model_v2"),
        ("model_2025", "model_2025"),
        ("model_20250101_120000_b", "model_20250101_120000_b"),
        ("_20250101_120000", "_20250101_120000"),
    ],
)
def test_the_time_stamp_is_no_part_of_the_name(write_upstream, experiment, method):
    folder = write_upstream(experiment, {"crops": 1.0}, stamp="")
    assert read_results([folder])[0].method == method


def test_nan_in_a_summary_is_no_score(write_upstream):
    folder = write_upstream("m", {"crops": math.nan, "nodata": None})
    tasks = read_results([folder])[0].tasks
    assert [task.scored for task in tasks.values()] == [False, False]


def test_a_score_beyond_any_metric_is_no_score(write_upstream):
    folder = write_upstream("m", {"crops": 10**400, "nodata": 1e200})
    assert not any(task.scored for task in read_results([folder])[0].tasks.values())


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, "neuco-1.1"),
        ({"k_folds": 41}, "config:results_summary.json"),
        ({"probe_type": "svm"}, None),
    ],
)
def test_the_protocol_of_a_summary_is_recognized(write_upstream, change, expected):
    config = {
        "k_folds": 40,
        "probe_type": "linear",
        "probe_params": {"batch_size": 64, "epochs": 10, "learning_rate": 0.001},
    }
    folder = write_upstream("m", {"crops": 1.0}, config=config | change)
    assert read_results([folder])[0].protocol == expected


def test_a_summary_of_version_10_is_recognized(write_upstream):
    config = {"k_folds": 40, "batch_size": 64, "epochs": 20, "learning_rate": 0.001}
    folder = write_upstream("m", {"crops": 1.0}, config=config)
    assert read_results([folder])[0].protocol == "neuco-1.0"


def test_a_mean_beyond_any_metric_is_not_known(write_upstream):
    folder = write_upstream("m", {"crops": 10.0}, means={"crops": 1.7e308})
    assert read_results([folder])[0].tasks["crops"].mean is None


def test_hidden_folders_are_passed_over(write_ours, tmp_path):
    folder = write_ours("mean", {"crops": 10.0})
    folder.rename(folder.with_name(".neucobench-left-over"))
    with pytest.raises(ResultError, match="no result"):
        read_results([tmp_path / "results"])


@pytest.mark.parametrize("text", ["", "{", '{"schema": "neucobench/eval', "\xff", "[]"])
def test_a_damaged_file_is_named(write_ours, text):
    folder = write_ours("mean", {"crops": 10.0})
    (folder / "evaluation.json").write_text(text, encoding="latin-1")
    with pytest.raises(ResultError, match=r"evaluation\.json"):
        read_results([folder])


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("schema", "neucobench/evaluation/9"),
        ("method", 3),
        ("method", "\ud800"),
        ("created", "yesterday"),
        ("tasks", {"crops": 3}),
        ("labels", {"crops": 3}),
        ("protocol", None),
    ],
)
def test_a_wrong_value_is_named(write_ours, key, value):
    file = write_ours("mean", {"crops": 10.0}) / "evaluation.json"
    document = json.loads(file.read_text())
    file.write_text(json.dumps(document | {key: value}))
    with pytest.raises(ResultError, match=r"evaluation\.json"):
        read_results([file])


def test_a_score_that_is_text_is_named(write_ours):
    file = write_ours("mean", {"crops": 10.0}) / "evaluation.json"
    file.write_text(file.read_text().replace('"q": 10.0', '"q": "10.0"'))
    with pytest.raises(ResultError, match="not a number"):
        read_results([file])


@pytest.mark.parametrize(
    ("key", "value"),
    [("experiment", None), ("task_q_scores", [1]), ("task_q_scores", {"a": "b"})],
)
def test_a_wrong_summary_is_named(write_upstream, key, value):
    file = write_upstream("m", {"crops": 1.0}) / "results_summary.json"
    document = json.loads(file.read_text())
    file.write_text(json.dumps(document | {key: value}))
    with pytest.raises(ResultError, match=r"results_summary\.json"):
        read_results([file])


def test_a_damaged_task_file_of_upstream_is_named(write_upstream):
    folder = write_upstream("m", {"crops": 1.0}, stds={"crops": 0.1})
    (folder / "crops" / "crops_result.json").write_text("{")
    with pytest.raises(ResultError, match=r"crops_result\.json"):
        read_results([folder])


def test_a_task_name_is_never_a_path(write_upstream, tmp_path):
    (tmp_path / "x_result.json").write_text("{")
    folder = write_upstream("m", {"../../../x": 1.0})
    assert read_results([folder])[0].tasks["../../../x"].std is None


def test_a_folder_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(ResultError, match="does not exist"):
        read_results([tmp_path / "nowhere"])


def test_a_folder_without_results_is_named(tmp_path):
    with pytest.raises(ResultError, match="There is no result in"):
        read_results([tmp_path])


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every folder")
def test_a_folder_that_cannot_be_read_is_an_error(write_ours, tmp_path):
    folder = write_ours("mean", {"crops": 10.0})
    folder.parent.chmod(0)
    try:
        with pytest.raises(OSError, match="Permission"):
            read_results([tmp_path / "results"])
    finally:
        folder.parent.chmod(0o700)


@pytest.mark.parametrize("name", ["evaluation.json", "results_summary.json"])
def test_a_pipe_is_an_error_and_not_waited_for(tmp_path, name):
    os.mkfifo(tmp_path / name)
    with pytest.raises(ResultError, match="not a regular file"):
        read_results([tmp_path])
    with pytest.raises(ResultError, match="neither a file nor a folder"):
        read_results([tmp_path / name])
