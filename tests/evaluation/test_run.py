import shutil
from dataclasses import replace

import numpy as np
import pytest

from neucobench.errors import EmbeddingError, InputError, LabelError, UnknownNameError
from neucobench.evaluation.protocol import protocol
from neucobench.evaluation.run import evaluate
from neucobench.probes.linear import LinearProbe

FOLDS = {
    "a_reg": [
        *(-7.579030990600586, -23.037023544311523, -5.578063488006592),
        *(-7.054934501647949, -11.272756576538086),
    ],
    "b_cls": [
        *(0.5641025900840759, 0.6976743936538696, 0.5909090638160706),
        *(0.7142857313156128, 0.6521739363670349),
    ],
    "c_reg": [
        *(-12.353486061096191, -8.587985038757324, -25.620548248291016),
        *(-32.4525260925293, -6.24785041809082),
    ],
}
QUALITY = {"a_reg": -3.4239148817, "b_cls": 16.4109096300, "c_reg": -3.3343896570}
C_ALONE = [-6.1081647873, -8.0175914764, -25.8259716034, -11.3157386780, -13.1467542648]
# c_reg after a classification of the first eight rows, of which a fold holds one out.
C_AFTER_EIGHT_CLASSES = [
    *(-3.398660182952881, -7.86031436920166, -18.831071853637695),
    *(-11.205012321472168, -4.29584264755249),
]

FIVE_FOLDS = protocol("neuco-1.1").model_copy(update={"folds": 5})


def within_tolerance(scores, expected):
    expected = np.array(expected)
    limit = 1e-5 * np.maximum(1, np.abs(expected))
    return bool((np.abs(np.array(scores) - expected) <= limit).all())


@pytest.fixture(scope="module")
def result(golden):
    table, labels = golden
    return evaluate(table, labels=labels, protocol=FIVE_FOLDS)


@pytest.mark.parametrize("task", FOLDS)
def test_golden_fold_scores_are_the_reference_s(result, task):
    assert within_tolerance(result.tasks[task].scores, FOLDS[task])


@pytest.mark.parametrize("task", QUALITY)
def test_golden_quality_is_the_reference_s(result, task):
    assert result.tasks[task].q == pytest.approx(QUALITY[task], abs=1e-3)


def test_golden_mean_q_is_the_reference_s(result):
    assert result.mean_q == pytest.approx(3.2175350304, abs=1e-3)


def test_a_task_filter_changes_the_draws_as_upstream(golden):
    table, labels = golden
    alone = evaluate(table, labels=labels, protocol=FIVE_FOLDS, tasks=["c_reg"])
    assert within_tolerance(alone.tasks["c_reg"].scores, C_ALONE)
    assert alone.mean_q == pytest.approx(-3.7112060104, abs=1e-3)


def test_a_task_that_cannot_be_scored_leaves_the_others_unchanged(
    golden, labels_writer, tmp_path, result
):
    table, labels = golden
    folder = tmp_path / "labels"
    folder.mkdir()
    for file in labels.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    labels_writer(folder, "d_constant__regression", table.ids, [3] * 400)
    more = evaluate(table, labels=folder, protocol=FIVE_FOLDS)
    assert more.tasks["c_reg"].scores == result.tasks["c_reg"].scores
    assert "All 400 labels are 3" in more.failed["d_constant"]


def test_a_class_task_too_small_to_score_draws_as_upstream(
    golden, labels_writer, tmp_path
):
    table, labels = golden
    folder = tmp_path / "labels"
    shutil.copytree(labels, folder)
    labels_writer(folder, "b_few__cls", table.ids[:8], [0, 1] * 4)
    found = evaluate(
        table, labels=folder, protocol=FIVE_FOLDS, tasks=["b_few", "c_reg"]
    )
    assert within_tolerance(found.tasks["c_reg"].scores, C_AFTER_EIGHT_CLASSES)
    assert "8 samples" in found.failed["b_few"]


def test_permuting_the_embedding_rows_hardly_changes_the_scores(golden, result):
    table, labels = golden
    order = np.random.default_rng(0).permutation(table.rows)
    shuffled = replace(
        table, ids=tuple(table.ids[i] for i in order), values=table.values[order]
    )
    again = evaluate(shuffled, labels=labels, protocol=FIVE_FOLDS)
    for task, score in result.tasks.items():
        assert within_tolerance(again.tasks[task].scores, score.scores)


def test_ids_that_match_no_label_are_an_error_with_examples(small):
    table, labels = small
    renamed = replace(table, ids=tuple(f"other-{id_}" for id_ in table.ids))
    with pytest.raises(EmbeddingError, match="None of the 40 ids") as caught:
        evaluate(renamed, labels=labels)
    assert "'other-0000'" in str(caught.value)
    assert "'0000'" in str(caught.value)


def test_missing_ids_are_a_finding_with_the_task(small):
    table, labels = small
    part = replace(table, ids=table.ids[:30], values=table.values[:30])
    result = evaluate(part, labels=labels, protocol=FIVE_FOLDS)
    found = [item for item in result.findings if item.code == "missing-ids"]
    assert [(item.task, item.count) for item in found] == [("size", 10)]


def test_full_coverage_makes_missing_ids_an_error(small):
    table, labels = small
    part = replace(table, ids=table.ids[:30], values=table.values[:30])
    strict = FIVE_FOLDS.model_copy(update={"full_coverage": True})
    with pytest.raises(EmbeddingError, match="size: 10"):
        evaluate(part, labels=labels, protocol=strict)


def test_a_wider_table_than_the_protocol_takes_is_an_error(small):
    table, labels = small
    narrow = FIVE_FOLDS.model_copy(update={"embedding_dim": 4})
    with pytest.raises(EmbeddingError, match="at most 4"):
        evaluate(table, labels=labels, protocol=narrow)


def test_a_narrower_table_is_padded_with_a_finding(small):
    table, labels = small
    wide = FIVE_FOLDS.model_copy(update={"embedding_dim": 9})
    result = evaluate(table, labels=labels, protocol=wide)
    assert [item.count for item in result.findings if item.code == "padded"] == [3]


def test_an_unknown_task_names_the_nearest(small):
    table, labels = small
    with pytest.raises(UnknownNameError, match="Did you mean 'size'"):
        evaluate(table, labels=labels, tasks=["sise"])


def test_a_suite_with_a_missing_label_file_names_the_task(small):
    table, labels = small
    with pytest.raises(LabelError, match="landcover_forest"):
        evaluate(table, labels=labels, suite="cvpr2025")


def test_class_labels_other_than_0_and_1_fail_the_task(small, labels_writer):
    table, labels = small
    labels_writer(labels, "kind__cls", table.ids, [1, 2] * 20)
    result = evaluate(table, labels=labels, protocol=FIVE_FOLDS)
    assert "takes 0 and 1" in result.failed["kind"]


def test_folds_with_one_class_fail_the_task(small, labels_writer):
    table, labels = small
    labels_writer(labels, "rare__cls", table.ids, [1] + [0] * 39)
    result = evaluate(table, labels=labels, protocol=FIVE_FOLDS)
    assert "single class" in result.failed["rare"]


def test_a_few_folds_with_one_class_are_a_finding(small, labels_writer):
    table, labels = small
    labels_writer(labels, "even__cls", table.ids, [0, 1, 1, 0] * 10)
    rules = FIVE_FOLDS.model_copy(update={"folds": 40})
    result = evaluate(table, labels=labels, protocol=rules)
    found = [item for item in result.findings if item.code == "one-class-folds"]
    assert 0 < found[0].count < 20
    assert "even" in result.tasks


def test_too_few_rows_fail_the_task(small, labels_writer):
    table, labels = small
    labels_writer(labels, "few__regression", table.ids[:9], range(9))
    result = evaluate(table, labels=labels, protocol=FIVE_FOLDS)
    assert "9 samples" in result.failed["few"]


def test_no_task_that_can_be_scored_is_an_error(small, labels_writer):
    table, labels = small
    (labels / "size__regression.csv").unlink()
    labels_writer(labels, "few__regression", table.ids[:1], [1])
    with pytest.raises(InputError, match="No task can be scored"):
        evaluate(table, labels=labels)


def test_predictions_are_in_the_unit_of_the_labels(small):
    table, labels = small
    strong = FIVE_FOLDS.model_copy(update={"learning_rate": 0.05, "folds": 20})
    found = evaluate(table, labels=labels, protocol=strong).predictions["size"]
    held_out = ~np.isnan(found.predicted)
    correlation = np.corrcoef(found.true[held_out], found.predicted[held_out])[0, 1]
    assert correlation > 0.5
    assert abs(found.predicted[held_out].mean() - found.true[held_out].mean()) < 0.5


def test_made_up_cubes_are_marked_as_synthetic(small, labels_writer):
    table, labels = small
    ids = tuple(f"synthetic-{id_}" for id_ in table.ids)
    labels_writer(labels, "size__regression", ids, table.values[:, 0])
    made_up = replace(table, ids=ids)
    result = evaluate(made_up, labels=labels, protocol=FIVE_FOLDS)
    assert [item.code for item in result.findings] == ["synthetic"]


@pytest.mark.parametrize(("backend", "named"), [("torch", True), ("numba", False)])
def test_torch_is_named_where_the_probe_ran_on_it(small, monkeypatch, backend, named):
    monkeypatch.setattr(LinearProbe, "warm_up", lambda _probe: backend)
    table, labels = small
    result = evaluate(table, labels=labels, protocol=FIVE_FOLDS)
    assert ("torch" in result.software) is named
