import json
from dataclasses import replace

import pytest

from neucobench.errors import ResultError
from neucobench.evaluation.folder import safe_name, write_evaluation
from neucobench.evaluation.protocol import protocol
from neucobench.evaluation.result import read_evaluation
from neucobench.evaluation.run import evaluate


@pytest.fixture
def evaluation(small):
    table, labels = small
    rules = protocol("neuco-1.1").model_copy(update={"folds": 3})
    return evaluate(table, labels=labels, protocol=rules)


def test_a_written_evaluation_reads_back_equal(evaluation, tmp_path):
    folder = write_evaluation(evaluation, tmp_path / "results")
    assert read_evaluation(folder).as_dict() == evaluation.as_dict()


def test_the_folder_is_out_phase_method_run(evaluation, tmp_path):
    folder = write_evaluation(evaluation, tmp_path / "results")
    assert folder.parent == tmp_path / "results" / "results" / "small"


def test_two_runs_never_share_a_folder(evaluation, tmp_path):
    folders = {write_evaluation(evaluation, tmp_path) for _ in range(3)}
    assert len(folders) == 3


def test_the_json_file_has_no_nan_or_infinity(evaluation, tmp_path):
    folder = write_evaluation(evaluation, tmp_path)
    text = (folder / "evaluation.json").read_text()
    json.loads(text, parse_constant=lambda name: pytest.fail(f"found {name}"))


def test_upstream_s_summary_holds_the_same_quality(evaluation, tmp_path):
    folder = write_evaluation(evaluation, tmp_path)
    summary = json.loads((folder / "results_summary.json").read_text())
    assert summary["task_q_scores"] == {"size": evaluation.tasks["size"].q}


def test_upstream_s_task_file_holds_the_fold_scores(evaluation, tmp_path):
    folder = write_evaluation(evaluation, tmp_path)
    result = json.loads((folder / "size" / "size_result.json").read_text())
    assert tuple(result["q_t"]) == evaluation.tasks["size"].scores


def test_fold_scores_are_written_as_csv(evaluation, tmp_path):
    folder = write_evaluation(evaluation, tmp_path)
    lines = (folder / "scores" / "size.csv").read_text().splitlines()
    assert lines[0] == "fold,score"
    assert float(lines[1].split(",")[1]) == evaluation.tasks["size"].scores[0]


@pytest.mark.parametrize(
    "name", ["../up", "a/b", "", ".", "x" * 300, "雲" * 90, "<script>"]
)
def test_method_names_become_one_safe_part_of_a_path(name):
    safe = safe_name(name)
    assert safe not in ("", ".", "..")
    assert "/" not in safe
    assert len(safe.encode()) < 130


def test_names_that_look_alike_do_not_share_a_folder():
    assert safe_name("a b") != safe_name("a_b")


def test_a_truncated_result_is_an_error_that_names_the_file(evaluation, tmp_path):
    folder = write_evaluation(evaluation, tmp_path)
    file = folder / "evaluation.json"
    file.write_text(file.read_text()[:100])
    with pytest.raises(ResultError, match=r"evaluation\.json"):
        read_evaluation(folder)


def test_another_schema_is_refused(tmp_path):
    (tmp_path / "evaluation.json").write_text('{"schema": "other/1"}')
    with pytest.raises(ResultError, match="other/1"):
        read_evaluation(tmp_path)


def test_a_task_named_like_a_file_of_the_run_folder_is_refused(evaluation, tmp_path):
    tasks = {"results_summary.json": evaluation.tasks["size"]}
    with pytest.raises(ResultError, match="Rename the task's label file"):
        write_evaluation(replace(evaluation, tasks=tasks), tmp_path / "results")
    assert not (tmp_path / "results").exists()
