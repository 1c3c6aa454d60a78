"""Damaged ``evaluation.json`` files: each is a sentence that names the key."""

import json
import sys

import pytest

from neucobench.errors import ResultError
from neucobench.evaluation.document import check_document
from neucobench.evaluation.folder import write_evaluation
from neucobench.evaluation.protocol import protocol
from neucobench.evaluation.result import read_evaluation
from neucobench.evaluation.run import evaluate

SCORE = ("tasks", "size")


@pytest.fixture
def file(small, tmp_path):
    """Return the ``evaluation.json`` of a small run."""
    table, labels = small
    rules = protocol("neuco-1.1").model_copy(update={"folds": 2, "epochs": 1})
    evaluation = evaluate(table, labels=labels, protocol=rules)
    return write_evaluation(evaluation, tmp_path / "results") / "evaluation.json"


def put(file, keys, value):
    """Replace one value in a JSON file."""
    document = json.loads(file.read_text())
    place = document
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = value
    file.write_text(json.dumps(document))


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        (("method",), 5),
        (("protocol",), 5),
        (("protocol", "name"), ["a"]),
        (("embeddings",), 5),
        (("labels",), []),
        (("labels", "size", "sha256"), []),
        (("software",), 5),
        (("failed",), {"x": 5}),
        (("findings",), [5]),
        (("findings",), [{"code": 5, "level": "info", "message": "m"}]),
        (("mean_q",), "high"),
        (("seconds",), "long"),
        (("extra",), 1),
        ((*SCORE, "type"), "sorting"),
        ((*SCORE, "metric"), "accuracy"),
        ((*SCORE, "rows"), "many"),
        ((*SCORE, "scores"), ["a"]),
        ((*SCORE, "mean"), True),
    ],
)
def test_a_misshapen_value_is_an_error_that_names_the_key(file, keys, value):
    put(file, keys, value)
    with pytest.raises(ResultError, match=rf"{keys[-1]}.*Evaluate the embeddings"):
        read_evaluation(file)


@pytest.mark.parametrize("value", [None, float("nan"), float("-inf"), 10**400])
def test_a_score_without_a_finite_value_is_read_as_such(file, value):
    put(file, (*SCORE, "q"), value)
    assert not abs(read_evaluation(file).tasks["size"].q) < float("inf")


def test_a_deeply_nested_file_is_a_sentence(file):
    file.write_text("[" * 100_000)
    with pytest.raises(ResultError, match="not a complete JSON file"):
        read_evaluation(file)


def test_values_nested_deeper_than_python_follows_are_a_sentence():
    nested = {}
    for _ in range(2 * sys.getrecursionlimit()):
        nested = {"inner": nested}
    with pytest.raises(ResultError, match="too deeply"):
        check_document({"embeddings": nested}, source="evaluation.json")


def test_text_that_is_not_unicode_is_a_sentence(file):
    put(file, ("embeddings", "file"), "\udcff.csv")
    with pytest.raises(ResultError, match="not valid Unicode"):
        read_evaluation(file)
