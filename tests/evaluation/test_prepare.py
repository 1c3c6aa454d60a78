import pytest

from neucobench.evaluation.protocol import protocol
from neucobench.evaluation.run import evaluate

RULES = protocol("neuco-1.1").model_copy(update={"folds": 2, "epochs": 1})


@pytest.fixture
def with_huge_labels(small, labels_writer):
    """Return the table, and labels of ``size`` and of ``huge`` beyond any scale."""
    table, labels = small
    values = [1.7e308 * (-1) ** row for row in range(len(table.ids))]
    labels_writer(labels, "huge__regression", table.ids, values)
    return table, labels


def test_labels_that_span_more_than_a_number_fail_their_task_only(with_huge_labels):
    table, labels = with_huge_labels
    found = evaluate(table, labels=labels, protocol=RULES)
    assert list(found.tasks) == ["size"]
    assert "more than a number can hold" in found.failed["huge"]


def test_labels_beyond_single_precision_need_scaling(with_huge_labels):
    table, labels = with_huge_labels
    rules = RULES.model_copy(update={"scale_labels": False})
    found = evaluate(table, labels=labels, protocol=rules)
    assert list(found.tasks) == ["size"]
    assert "beyond float32" in found.failed["huge"]


def test_a_task_without_a_row_to_train_on_fails_alone(small, labels_writer):
    table, labels = small
    labels_writer(labels, "tiny__regression", table.ids[:3], [1, 2, 3])
    rules = RULES.model_copy(update={"test_size": 0.9})
    found = evaluate(table, labels=labels, protocol=rules)
    assert list(found.tasks) == ["size"]
    assert "leaves none to train on" in found.failed["tiny"]
