import hashlib
import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neucobench.errors import LabelError
from neucobench.tasks.label_rows import read_rows
from neucobench.tasks.labels import read_label_file, read_label_folder


@pytest.fixture
def write(tmp_path):
    """Return a function that writes text or bytes to a label file."""

    def write(content, name="crops__regr.csv"):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def test_a_label_file_is_a_table_in_its_own_order(write):
    path = write("id,label\n007,0.5\na,-2\nNA,1e-3\n")
    table = read_label_file(path)
    assert (table.task, table.type, table.path) == ("crops", "regression", path)
    assert table.ids == ("007", "a", "NA")
    assert table.values.dtype == np.float64
    np.testing.assert_array_equal(table.values, [0.5, -2, 1e-3])
    assert table.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert table.findings == ()


@pytest.mark.parametrize(
    ("stem", "task", "kind"),
    [
        ("a__regression", "a", "regression"),
        ("a__regr", "a", "regression"),
        ("random_reg__reg", "random_reg", "regression"),
        ("a__classification", "a", "classification"),
        ("random_cls__cls", "random_cls", "classification"),
        ("My_Task__Regression", "My_Task", "regression"),
        ("landcover_aggriculture__regr", "landcover_agriculture", "regression"),
        ("landcover_aggriculture_regr", "landcover_agriculture", "regression"),
    ],
)
def test_the_name_of_the_file_says_task_and_type(write, stem, task, kind):
    table = read_label_file(write("id,label\na,1\n", f"{stem}.csv"))
    assert (table.task, table.type) == (task, kind)


@pytest.mark.parametrize(
    "stem", ["crops", "crops_regr", "crops__", "__regr", "crops__x", "a__b__regr"]
)
def test_another_name_is_refused_with_the_form(write, stem):
    path = write("id,label\na,1\n", f"{stem}.csv")
    with pytest.raises(LabelError, match=r"<task>__<type>\.csv") as caught:
        read_label_file(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        b"id,label\na,1\nb,2",
        b"id,label\n\na,1\n\nb,2\n\n",
        b"\xef\xbb\xbfid,label\r\na,1\r\nb,2\r\n",
        b"id,label\ra,1\rb,2\r",
        b'"id","label"\n"a","1"\n"b","2"\n',
        b"label,id\n1,a\n2,b\n",
        b"id,label\na, 1\nb,2 \n",
        b"id,label\na.zarr.zip,1\nb.zarr,2\n",
    ],
)
def test_harmless_differences_do_not_matter(write, content):
    table = read_label_file(write(content))
    assert table.ids == ("a", "b")
    np.testing.assert_array_equal(table.values, [1, 2])
    assert table.findings == ()


def test_an_empty_label_skips_the_row_with_a_finding(write):
    table = read_label_file(write("id,label\na,1\nb,\nc, \nd,4\n"))
    assert table.ids == ("a", "d")
    (finding,) = table.findings
    assert (finding.code, finding.task, finding.count) == ("empty-labels", "crops", 2)
    assert "2 of 4 rows" in finding.message


def test_other_columns_are_left_out_with_a_finding(write):
    table = read_label_file(write("id,lat,label\na,9,1\n"))
    np.testing.assert_array_equal(table.values, [1])
    assert [finding.code for finding in table.findings] == ["ignored-columns"]


@pytest.mark.parametrize("label", ["x", "NaN", "inf", "-inf", "1e400", "NA", "1_0"])
def test_a_label_that_is_no_finite_number_is_refused(write, label):
    path = write(f"id,label\na,1\nb,{label}\n")
    with pytest.raises(LabelError, match=rf"row 2 \(id 'b'\) has the label '{label}'"):
        read_label_file(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("id,label\n", "holds no label"),
        ("id,label", "holds no label"),
        ("id,label\na,\n", "holds no label"),
        ("id,label\na,1\na,2\n", r"more than one row \('a'\)"),
        ("id,label\na,1\na.zarr,2\n", r"more than one row \('a'\)"),
        ("id,label\na,1\nb\n", "row 2 has 1 cell, but the header has 2"),
        ("id,label\na,1\nb,2,3\n", "row 2 has 3 cells, but the header has 2"),
        ("id,label\na\nb,2,3\n", "row 1 has 1 cell"),
        ("id,label\n,1\n", "row 1 has no id"),
        ("id,label\na,1\n,2\n", "row 2 has no id"),
        ("id,value\na,1\n", "no column 'label'"),
        ("name,label\na,1\n", "no column 'id'"),
        ("a,1\nb,2\n", "no column 'id'; its header is 'a', '1'"),
        ("id,label,label\na,1,2\n", "more than one column 'label'"),
        ("id;label\na;1,5\n", "semicolons"),
        ('id,label\na,"1,5"\n', "decimal comma"),
        ('id,label\n"a,1\n', "cannot be read as CSV"),
        (b"id,label\na\xe9,1\n", "not UTF-8"),
        ("id,label\na,1\n".encode("utf-16"), "UTF-16"),
        (b"id,label\na\0,1\n", "NUL"),
        (b"PK\x03\x04", "zip file"),
    ],
)
def test_a_bad_file_is_refused_with_a_sentence(write, content, message):
    path = write(content)
    with pytest.raises(LabelError, match=message) as caught:
        read_label_file(path)
    assert str(path) in str(caught.value)


def test_a_folder_is_read_task_by_task_in_alphabetical_order(write, tmp_path):
    for stem in ("b__regr", "a__cls", "B__regr"):
        write("id,label\na,1\n", f"{stem}.csv")
    assert list(read_label_folder(tmp_path)) == ["B", "a", "b"]


def test_hidden_files_and_other_endings_are_passed_over(write, tmp_path):
    write("id,label\na,1\n")
    write("x", ".hidden__regr.csv")
    write("x", "README.md")
    assert list(read_label_folder(str(tmp_path))) == ["crops"]


@pytest.mark.parametrize(
    "other", ["crops__reg", "crops__classification"], ids=["type", "another type"]
)
def test_two_files_of_one_task_are_refused_by_name(write, tmp_path, other):
    write("id,label\na,1\n")
    write("id,label\na,1\n", f"{other}.csv")
    with pytest.raises(LabelError, match=r"crops__regr\.csv.*task 'crops'") as caught:
        read_label_folder(tmp_path)
    assert f"{other}.csv" in str(caught.value)


def test_an_alias_and_its_task_are_two_files_of_one_task(write, tmp_path):
    write("id,label\na,1\n", "landcover_agriculture__regr.csv")
    write("id,label\na,1\n", "landcover_aggriculture_regr.csv")
    with pytest.raises(LabelError, match="both labels of the task"):
        read_label_folder(tmp_path)


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(LabelError, match="does not exist"):
        read_label_folder(tmp_path / "none")


def test_a_file_in_the_place_of_the_folder_is_refused(write):
    with pytest.raises(LabelError, match="give the folder"):
        read_label_folder(write("id,label\na,1\n"))


def test_an_empty_folder_is_refused_with_the_form(tmp_path):
    with pytest.raises(LabelError, match=r"<task>__<type>\.csv"):
        read_label_folder(tmp_path)


def test_the_root_of_the_data_set_is_told_from_its_label_folder(tmp_path):
    (tmp_path / "labels").mkdir()
    with pytest.raises(LabelError, match=r"Did you mean .*labels\?"):
        read_label_folder(tmp_path)


def test_a_folder_named_like_a_label_file_is_refused(tmp_path):
    (tmp_path / "crops__regr.csv").mkdir()
    with pytest.raises(LabelError, match="is a folder"):
        read_label_folder(tmp_path)


labels = st.floats(allow_nan=False, allow_infinity=False)


@settings(deadline=None, max_examples=60)
@given(rows=st.lists(st.tuples(st.from_regex(r"\w+", fullmatch=True), labels)))
def test_the_quick_and_the_careful_reader_agree(tmp_path_factory, rows):
    path = tmp_path_factory.getbasetemp() / "labels.csv"
    plain = "".join(f"{name},{label!r}\n" for name, label in rows)
    quick = read_rows(f"id,label\n{plain}".encode(), path)
    careful = read_rows(
        f"label,id\n{''.join(f'{b!r},{a}{chr(10)}' for a, b in rows)}".encode(), path
    )
    assert quick.ids == careful.ids == [name for name, _ in rows]
    np.testing.assert_array_equal(quick.values, careful.values)
    np.testing.assert_array_equal(quick.values, [label for _, label in rows])


words = b"id label , 0 1 a ; nan inf 1e999 -1.5 1_0 \xc3\xa9 \xff +.5".split()
label_like = st.lists(
    st.sampled_from([*words, b"\n", b"\r\n", b'"', b" ", b"\0"]), max_size=30
).map(b"".join)


@settings(deadline=None, max_examples=200)
@given(head=st.sampled_from([b"", b"id,label\n", b"label,id\r\n"]), data=label_like)
def test_no_content_ends_in_another_error(tmp_path_factory, head, data):
    path = tmp_path_factory.getbasetemp() / "labels.csv"
    try:
        rows = read_rows(head + data, path)
    except LabelError:
        return
    assert len(rows.ids) == len(rows.values)
    assert np.isfinite(rows.values).all()


def test_a_file_name_that_is_not_unicode_is_refused(tmp_path):
    path = tmp_path / os.fsdecode(b"t\xff__regression.csv")
    path.write_text("id,label\na,1\n")
    with pytest.raises(LabelError, match="not UTF-8"):
        read_label_folder(tmp_path)
