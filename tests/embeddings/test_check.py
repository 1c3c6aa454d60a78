import numpy as np
import pytest

from neucobench.embeddings.check import check_table, likely_cause
from neucobench.embeddings.storage import quantize


def found(findings):
    """Return (code, level, task, count) of each finding."""
    return [(item.code, item.level, item.task, item.count) for item in findings]


def test_a_good_table_has_no_findings(make_table):
    table = make_table(rows=30)
    assert check_table(table, expected_ids=table.ids, dims=4) == []


def test_missing_ids_are_an_error_with_three_examples(make_table):
    expected = [f"{row:04d}" for row in range(10)]
    (finding,) = check_table(make_table(rows=6), expected_ids=expected)
    assert found([finding]) == [("missing-ids", "error", None, 4)]
    assert "'0006', '0007', '0008', ..." in finding.message


def test_unknown_ids_are_a_warning(make_table):
    findings = check_table(make_table(rows=3), expected_ids=["0000", "0001"])
    assert found(findings) == [("unknown-ids", "warning", None, 1)]


def test_ids_are_counted_without_names_where_they_are_secret(make_table):
    table = make_table(rows=3, ids=("a.tif", "b.tif", "stranger"))
    findings = check_table(table, expected_ids=["a", "b", "c"], name_ids=False)
    assert [item.count for item in findings] == [3, 3]
    assert all("a path or a file's ending; write" in x.message for x in findings)
    told = "".join(item.message for item in findings)
    assert not any(name in told for name in ("a.tif", "stranger", "'c'"))


def test_every_task_says_how_many_of_its_cubes_have_an_embedding(make_table):
    labels = {"b": ["0000", "0001"], "a": ["0000", "x"], "c": ["x", "y"]}
    findings = check_table(make_table(rows=3), label_ids=labels)
    assert found(findings) == [
        ("missing-ids", "warning", "a", 1),
        ("full-coverage", "info", "b", 2),
        ("missing-ids", "error", "c", 2),
        ("unlabeled-ids", "info", None, 1),
    ]


@pytest.mark.parametrize(
    ("dims", "expected"),
    [
        (4, []),
        (3, [("too-wide", "error", None, 0)]),
        (6, [("narrower", "info", None, 2)]),
    ],
)
def test_the_width_is_compared_with_the_one_asked_for(make_table, dims, expected):
    assert found(check_table(make_table(), dims=dims)) == expected


@pytest.mark.parametrize(
    ("storage", "size"),
    [("float32", 16), ("float16", 8), ("bfloat16", 8), ("int8", 4), ("binary", 1)],
)
def test_the_bytes_of_a_vector_are_compared_with_the_most_that_are_taken(
    make_table, storage, size
):
    table = quantize(make_table(rows=30), storage)
    assert "too-many-bytes" not in [
        finding.code for finding in check_table(table, max_bytes=size)
    ]
    finding = check_table(table, max_bytes=size - 1)[0]
    assert found([finding]) == [("too-many-bytes", "error", None, 0)]
    said = f"takes {size} bytes (4 dimensions as {storage}); at most {size - 1} are"
    assert said in finding.message


def test_zero_rows_are_counted_once(make_table):
    values = make_table(rows=10).values.copy()
    values[[2, 5]] = 0
    findings = check_table(make_table(rows=10, values=values))
    assert found(findings) == [("zero-rows", "warning", None, 2)]
    assert "'0002', '0005'" in findings[0].message


def test_duplicate_rows_are_a_warning(make_table):
    values = make_table(rows=10).values.copy()
    values[7] = values[3]
    findings = check_table(make_table(rows=10, values=values))
    assert found(findings) == [("duplicate-rows", "warning", None, 2)]


def test_constant_columns_are_mentioned(make_table):
    values = make_table(rows=10).values.copy()
    values[:, 1] = 3
    findings = check_table(make_table(rows=10, values=values))
    assert found(findings) == [("constant-columns", "info", None, 1)]


def test_a_row_that_dwarfs_the_others_is_a_warning(make_table):
    values = make_table(rows=20).values.copy()
    values[4] *= 10_000
    findings = check_table(make_table(rows=20, values=values))
    assert found(findings) == [("huge-rows", "warning", None, 1)]


def test_a_dimension_that_dwarfs_the_others_is_a_warning(make_table):
    values = make_table(rows=30, dims=16).values.copy()
    values[:, 9] *= 30
    findings = check_table(make_table(rows=30, dims=16, values=values))
    assert found(findings) == [("dominant-column", "warning", None, 1)]
    assert findings[0].message.startswith("Dimension 9")


def test_one_vector_for_all_cubes_is_an_error(make_table):
    values = np.ones((5, 4), np.float32)
    findings = check_table(make_table(values=values))
    assert found(findings) == [("same-vector", "error", None, 5)]


def test_a_table_of_one_row_can_be_checked(make_table):
    assert check_table(make_table(rows=1)) == []


@pytest.mark.parametrize(
    ("ids", "known", "part"),
    [
        (["a.tif", "b.tif"], ["a", "b"], "a file's ending"),
        (["data/a.zarr.zip"], ["a"], "a path"),
        (["a"], ["a.zarr.zip"], "a file's ending"),
        (["7", "12"], ["007", "012"], "zeros off their front"),
        (["7.0", "12.0"], ["7", "12"], "were numbers"),
        (["a ", " b"], ["a", "b"], "spaces"),
        (["ABC"], ["abc"], "case"),
        (["0", "1", "2"], ["x", "y", "z"], "row numbers"),
    ],
)
def test_the_likely_cause_of_ids_that_do_not_match_is_said(ids, known, part):
    cause = likely_cause(ids, known)
    assert cause is not None
    assert part in cause
    assert cause.endswith(".")


@pytest.mark.parametrize(
    ("ids", "known"), [(["a"], ["a"]), (["a"], ["b"]), ([], ["a"]), (["a"], [])]
)
def test_no_cause_is_made_up(ids, known):
    assert likely_cause(ids, known) is None


def test_the_likely_cause_stands_in_the_findings(make_table):
    findings = check_table(
        make_table(rows=3, ids=("7", "8", "x")), expected_ids=["007", "008"]
    )
    assert found(findings) == [
        ("missing-ids", "error", None, 2),
        ("unknown-ids", "warning", None, 3),
    ]
    assert all("('7', not '007')" in finding.message for finding in findings)
    assert "dtype={'id': str}" in findings[0].message


@pytest.mark.parametrize(("cell", "codes"), [(1e12, []), (-2e12, ["huge-values"])])
@pytest.mark.parametrize(("hidden", "level"), [(False, "warning"), (True, "error")])
def test_values_whose_squares_are_beyond_float32_are_found(
    make_table, cell, codes, hidden, level
):
    values = np.random.default_rng(0).normal(size=(10, 4)).astype(np.float32)
    values[3, 1] = cell
    findings = check_table(make_table(rows=10, values=values), hidden_rows=hidden)
    huge = [item for item in findings if item.code == "huge-values"]
    assert [item.code for item in huge] == codes
    assert {item.level for item in huge} <= {level}
