import numpy as np
import pytest

from neucobench.embeddings import csv_layout, csv_reader
from neucobench.embeddings.files import read_embeddings
from neucobench.errors import EmbeddingError


def codes(table):
    return [finding.code for finding in table.findings]


def test_ids_keep_their_leading_zeros(write_csv):
    assert read_embeddings(write_csv("id,0\n007,1\n1e3,2\nNA,3\n")).ids == (
        "007",
        "1e3",
        "NA",
    )


def test_numbered_columns_are_put_in_numeric_order(write_csv):
    header = ",".join(["10", "id", *map(str, range(9, -1, -1))])
    row = ",".join(["10", "a", *map(str, range(9, -1, -1))])
    table = read_embeddings(write_csv(f"{header}\n{row}\n"))
    np.testing.assert_array_equal(table.values, [range(11)])
    assert table.findings == ()


def test_numbers_may_count_from_one(write_csv):
    table = read_embeddings(write_csv("id,2,1\na,20,10\n"))
    np.testing.assert_array_equal(table.values, [[10, 20]])
    assert table.findings == ()


def test_columns_without_a_number_are_left_out_with_a_finding(write_csv):
    table = read_embeddings(write_csv("id,lat,0,1,name\na,9,1,2,x\nb,9,3,4,y\n"))
    np.testing.assert_array_equal(table.values, [[1, 2], [3, 4]])
    assert codes(table) == ["ignored-columns"]
    assert "'lat', 'name'" in table.findings[0].message


def test_without_numbered_columns_all_others_are_dimensions(write_csv):
    table = read_embeddings(write_csv("e1,id,e0\n1,a,2\n"))
    np.testing.assert_array_equal(table.values, [[1, 2]])
    assert table.findings == ()


def test_a_gap_in_the_numbers_is_a_finding(write_csv):
    table = read_embeddings(write_csv("id,0,1,4\na,1,2,3\n"))
    assert (codes(table), table.findings[0].count) == (["column-gaps"], 2)


@pytest.mark.parametrize("cell", ["", "NaN", "NA", "abc", "True", "1_000", "0x10"])
def test_a_cell_without_a_number_becomes_zero_with_a_finding(write_csv, cell):
    table = read_embeddings(write_csv(f"id,0,1\na,1,2\nb,{cell},3\nc,{cell},4\n"))
    np.testing.assert_array_equal(table.values, [[1, 2], [0, 3], [0, 4]])
    assert (codes(table), table.findings[0].count) == (["cells-set-to-zero"], 2)
    assert f"row 2 (id 'b'), column '0' holds {cell!r}" in table.findings[0].message


@pytest.mark.parametrize("cell", ["", "nan", "abc"])
def test_a_cell_without_a_number_is_an_error_in_the_strict_mode(write_csv, cell):
    path = write_csv(f"id,0,1\na,1,2\nb,3,{cell}\n")
    with pytest.raises(EmbeddingError, match=r"row 2 \(id 'b'\), column '1' holds"):
        read_embeddings(path, strict=True)


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("cell", ["inf", "-Infinity", "1e39", "1e400", "-3.5e38"])
def test_an_infinite_cell_is_an_error_that_says_where(write_csv, cell, strict):
    path = write_csv(f"id,7,8\na,1,2\nb,3,{cell}\n")
    match = rf"row 2 \(id 'b'\), column '8' holds '{cell}', which is infinite"
    with pytest.raises(EmbeddingError, match=match):
        read_embeddings(path, strict=strict)


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfid,0,1\na,1,2\nb,3,4\n",
        b"id,0,1\r\na,1,2\r\nb,3,4\r\n",
        b"id,0,1\ra,1,2\rb,3,4\r",
        b"id,0,1\na,1,2\nb,3,4",
        b"id,0,1\na,1,2\nb,3,4\n\n",
        b"id,0,1\r\na,1,2\r\nb,3,4\r\n\r\n\r\n",
        b"id,0,1\n\na,1,2\n\nb,3,4\n",
        b'"id","0","1"\n"a","1","2"\n"b","3","4"\n',
        b"id,0,1\na, 1,2 \nb,\t3,+4\n",
    ],
)
def test_harmless_differences_do_not_matter(write_csv, content):
    table = read_embeddings(write_csv(content))
    assert table.ids == ("a", "b")
    np.testing.assert_array_equal(table.values, [[1, 2], [3, 4]])
    assert table.findings == ()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("id,0,1\na,1,2\nb,3\n", "row 2 has 2 cells, but the header has 3"),
        ("id,0,1\na,1,2\nb,3,4,5\n", "row 2 has 4 cells, but the header has 3"),
        ("id,0,x\na,1,2\nb,3\n", "row 2 has 2 cells, but the header has 3"),
        ("id,0,0\na,1,2\n", "stand there twice"),
        ("id,0,00\na,1,2\n", "stand there twice"),
        ("id,id\na,1\n", "stand there twice"),
        ("id,0\na,1\nb,2\na,3\nb,4\n", r"2 ids are in more than one row \('a', 'b'\)"),
        ("name,0\na,1\n", r"no column 'id'; its 2 columns begin with 'name', '0'"),
        ("ID,0\na,1\n", "Rename the column 'ID' to 'id'"),
        ("id\na\n", "and no other"),
        ("id,0,1\n", "a header and no rows"),
        ("id,0,1", "a header and no rows"),
        ("id,0,1\n\n\n", "a header and no rows"),
        ("id,0\n,1\n", "row 1 has no id"),
        ("id,0\na,1\n,1\n", "row 2 has no id"),
        ("id;0;1\na;1,5;2\n", 'semicolons between its cells.*sep=";", decimal=","'),
        ("id\t0\na\t1\n", "tabs between its cells"),
        ('id,0\na,"1,5"\n', "row 1 .*column '0' holds '1,5', a number with a decimal"),
        ('id,0\na,1\n"b,2\n', "quote opens after row 0 and is never closed"),
        ('id,0\na,1\n"b"x,2\n', "cannot be read"),
        ('"id,0\na,1\n', "first line cannot be read"),
        (b"id,0\na\xe9,1\n", "not UTF-8 text .byte 0xe9."),
        (b"id,\xe9\na,1\n", "not UTF-8"),
        ("id,0\na,1\n".encode("utf-16"), "UTF-16"),
        (b"id,0\na\0,1\n", "NUL"),
        (b"id,0\0\na,1\n", "NUL"),
        (b"id,0\na,1\0\n", "NUL"),
        (b"PAR1....", r"is a Parquet file.*ending \.parquet"),
        (b"PK\x03\x04....", "zip file"),
        (b"\x1f\x8b....", "gunzip"),
        ("version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull"),
        ("<!DOCTYPE html><html></html>", "HTML page"),
    ],
)
def test_a_bad_file_is_refused_with_a_sentence(write_csv, content, message):
    path = write_csv(content)
    with pytest.raises(EmbeddingError, match=message) as caught:
        read_embeddings(path)
    assert str(path) in str(caught.value)
    assert str(caught.value).endswith((".", "?", "lfs pull"))


def test_a_million_columns_are_refused(write_csv):
    header = ",".join(map(str, range(1_000_000)))
    with pytest.raises(EmbeddingError, match="1,000,001 columns; at most 100,000"):
        read_embeddings(write_csv(f"id,{header}\na{',1' * 1_000_000}\n"))


def test_a_header_without_an_end_is_refused(write_csv, monkeypatch):
    monkeypatch.setattr(csv_layout, "MAX_HEADER_BYTES", 1000)
    with pytest.raises(EmbeddingError, match="first line is longer than"):
        read_embeddings(write_csv("id," + "x" * 100_000))


def test_a_row_without_an_end_is_refused(write_csv, monkeypatch):
    monkeypatch.setattr(csv_layout, "MAX_ROW_BYTES", 1000)
    monkeypatch.setattr(csv_reader, "BLOCK_BYTES", 1000)
    with pytest.raises(EmbeddingError, match="has a row of more than"):
        read_embeddings(write_csv("id,0\na," + "1" * 200_000))


@pytest.mark.parametrize("block", [1, 7, 64, 1000])
@pytest.mark.parametrize("quoted", [False, True])
def test_the_size_of_the_pieces_does_not_matter(write_csv, monkeypatch, block, quoted):
    monkeypatch.setattr(csv_reader, "BLOCK_BYTES", block)
    rng = np.random.default_rng(0)
    values = rng.normal(size=(60, 3)).astype(np.float32)
    names = [f'{row}\n,"' if quoted else str(row) for row in range(60)]
    rows = [
        '"' + name.replace('"', '""') + '",' + ",".join(map(repr, row))
        for name, row in zip(names, values.tolist(), strict=True)
    ]
    table = read_embeddings(write_csv("id,0,1,2\n" + "\n".join(rows)))
    assert table.ids == tuple(names)
    np.testing.assert_array_equal(table.values, values)


def test_a_bad_cell_is_found_in_any_piece(write_csv, monkeypatch):
    monkeypatch.setattr(csv_reader, "BLOCK_BYTES", 20)
    rows = [f"id{row},{row},1" for row in range(100)]
    rows[71] = "id71,71,inf"
    with pytest.raises(EmbeddingError, match=r"row 72 \(id 'id71'\), column '1'"):
        read_embeddings(write_csv("id,0,1\n" + "\n".join(rows)))


def test_findings_of_all_pieces_are_counted_together(write_csv, monkeypatch):
    monkeypatch.setattr(csv_reader, "BLOCK_BYTES", 20)
    rows = [f"id{row},{'' if row % 10 == 3 else row}" for row in range(100)]
    table = read_embeddings(write_csv("id,0\n" + "\n".join(rows)))
    assert [finding.count for finding in table.findings] == [10]
    assert "row 4 (id 'id3')" in table.findings[0].message


@pytest.mark.parametrize("extra", ["", ",x"])
def test_short_rows_are_not_taken_for_empty_cells(write_csv, monkeypatch, extra):
    monkeypatch.setattr(csv_reader, "BLOCK_BYTES", 1)
    path = write_csv(f"id,0,1{extra}\na,,1{extra}\nb,,2{extra}\nc,3\n")
    with pytest.raises(EmbeddingError, match="row 3 has 2 cells"):
        read_embeddings(path)


def test_nan_in_a_table_of_one_column_becomes_zero(write_csv, monkeypatch):
    monkeypatch.setattr(csv_reader, "BLOCK_BYTES", 1)
    table = read_embeddings(write_csv("id,0\na,nan\nb,nan\nc,1\n"))
    np.testing.assert_array_equal(table.values, [[0], [0], [1]])
    assert table.findings[0].count == 2


def test_a_byte_order_mark_inside_an_id_is_kept(write_csv):
    table = read_embeddings(write_csv("id,0\n\ufeffa,1\nb\ufeff,2\n"))
    assert table.ids == ("\ufeffa", "b\ufeff")


def test_a_file_of_empty_lines_says_how_to_begin(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("\n\n\n")
    with pytest.raises(EmbeddingError, match="begins with an empty line"):
        read_embeddings(path)
