import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from neucobench.embeddings import parquet, raw
from neucobench.embeddings.files import read_embeddings, write_embeddings
from neucobench.errors import EmbeddingError

VECTORS = [[1.5, 2.0], [3.0, -4.25]]


@pytest.fixture
def write(tmp_path):
    """Return a function that writes columns to a Parquet file."""

    def write(columns, **options):
        path = tmp_path / "table.parquet"
        names, arrays = zip(*columns, strict=True)
        pq.write_table(pa.table(list(arrays), names=list(names)), path, **options)
        return path

    return write


def columns(vectors, kind, ids=("a", "b")):
    return [
        ("id", pa.array(ids, None if ids else pa.string())),
        ("embedding", pa.array(vectors, kind)),
    ]


@pytest.mark.parametrize(
    "kind",
    [
        pa.list_(pa.float32(), 2),
        pa.list_(pa.float64(), 2),
        pa.list_(pa.float16(), 2),
        pa.list_(pa.float32()),
        pa.list_(pa.float64()),
        pa.large_list(pa.float16()),
    ],
    ids=str,
)
def test_vectors_may_be_lists_of_any_float(write, kind):
    cells = [[np.float16(cell) for cell in row] for row in VECTORS]
    table = read_embeddings(write(columns(cells, kind)))
    assert table.ids == ("a", "b")
    assert table.values.dtype == np.float32
    np.testing.assert_array_equal(table.values, VECTORS)
    assert table.findings == ()


@pytest.mark.parametrize("kind", [pa.float32(), pa.float64(), pa.int16()], ids=str)
def test_vectors_may_be_one_column_for_each_dimension(write, kind):
    wide = [
        ("1", pa.array([2, 4], kind)),
        ("id", pa.array(["a", "b"])),
        ("0", pa.array([1, 3], kind)),
        ("place", pa.array(["x", "y"])),
    ]
    table = read_embeddings(write(wide))
    np.testing.assert_array_equal(table.values, [[1, 2], [3, 4]])
    assert [finding.code for finding in table.findings] == ["ignored-columns"]


def test_without_numbered_columns_the_numeric_ones_are_dimensions(write):
    wide = [
        ("id", pa.array(["a", "b"])),
        ("e0", pa.array([1.0, 2.0])),
        ("geometry", pa.array([b"x", b"y"])),
    ]
    np.testing.assert_array_equal(read_embeddings(write(wide)).values, [[1], [2]])


def test_other_columns_beside_the_vectors_do_not_matter(write):
    content = [*columns(VECTORS, pa.list_(pa.float32())), ("lat", pa.array([1.0, 2.0]))]
    np.testing.assert_array_equal(read_embeddings(write(content)).values, VECTORS)


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()], ids=str)
def test_ids_may_be_any_kind_of_text(write, kind):
    vectors = pa.array(VECTORS, pa.list_(pa.float32()))
    ids = pa.array(["007", "a"], kind)
    path = write([("id", ids), ("embedding", vectors)])
    assert read_embeddings(path).ids == ("007", "a")
    path = write([("id", ids.dictionary_encode()), ("embedding", vectors)])
    assert read_embeddings(path).ids == ("007", "a")


def test_ids_that_are_numbers_are_a_finding(write):
    table = read_embeddings(write(columns(VECTORS, pa.list_(pa.float32()), ids=(7, 8))))
    assert table.ids == ("7", "8")
    assert [finding.code for finding in table.findings] == ["numeric-ids"]


def test_a_missing_cell_becomes_zero_with_a_finding(write):
    path = write(columns([[1, None], [float("nan"), 2]], pa.list_(pa.float32(), 2)))
    table = read_embeddings(path)
    np.testing.assert_array_equal(table.values, [[1, 0], [0, 2]])
    assert [finding.count for finding in table.findings] == [2]
    with pytest.raises(EmbeddingError, match=r"row 1 \(id 'a'\), column '1'"):
        read_embeddings(path, strict=True)


def test_a_missing_cell_in_a_wide_table_names_its_column(write):
    path = write([("id", pa.array(["a", "b"])), ("7", pa.array([1, None]))])
    with pytest.raises(EmbeddingError, match=r"row 2 \(id 'b'\), column '7'"):
        read_embeddings(path, strict=True)


@pytest.mark.parametrize("cell", [float("inf"), 1e39])
def test_an_infinite_cell_is_an_error_that_says_where(write, cell):
    path = write(columns([[1, 2], [3, cell]], pa.list_(pa.float64(), 2)))
    with pytest.raises(EmbeddingError, match=r"row 2 \(id 'b'\), column '1'"):
        read_embeddings(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            columns([[1, 2], [3]], pa.list_(pa.float32())),
            r"row 2 \(id 'b'\) has 1 dimensions, but the rows before it have 2",
        ),
        (columns([[1], None], pa.list_(pa.float32())), "has no vector"),
        # pyarrow 25 cannot read it, pyarrow 26 gives an empty vector.
        (
            columns([[1], None], pa.list_(pa.float32(), 1)),
            "A vector is missing|has no vector",
        ),
        (columns([[], []], pa.list_(pa.float32())), "vectors are empty"),
        (columns([], pa.list_(pa.float32()), ids=()), "has no rows"),
        (columns([["x"], ["y"]], pa.list_(pa.string())), "must hold lists of numbers"),
        (columns(["x", "y"], pa.string()), "must hold lists of numbers"),
        (columns(VECTORS, pa.list_(pa.float32()), ids=("a", "a")), "more than one row"),
        (columns(VECTORS, pa.list_(pa.float32()), ids=("a", None)), "row 2 has no id"),
        (columns(VECTORS, pa.list_(pa.float32()), ids=(b"a", b"b")), "ids are text"),
        (columns(VECTORS, pa.list_(pa.float32()), ids=(1.5, 2.5)), "ids are text"),
        ([("id", pa.array(["a"]))], "and no other"),
        ([("x", pa.array(["a"])), ("0", pa.array([1.0]))], "no column 'id'"),
        ([("id", pa.array(["a"])), ("0", pa.array(["1"]))], "dimensions must be num"),
    ],
)
def test_a_bad_table_is_refused_with_a_sentence(write, content, message):
    with pytest.raises(EmbeddingError, match=message):
        read_embeddings(write(content))


def test_a_repeated_column_is_refused(write):
    twice = [("id", pa.array(["a"])), ("0", pa.array([1.0])), ("0", pa.array([2.0]))]
    with pytest.raises(EmbeddingError, match="stand there twice"):
        read_embeddings(write(twice))


def test_lengths_that_change_between_batches_are_refused(write, monkeypatch):
    monkeypatch.setattr(parquet, "BATCH_CELLS", 1)
    vectors = [[1, 2], [3, 4], [5, 6], [7, 8, 9]]
    path = write(columns(vectors, pa.list_(pa.float32()), ids=list("abcd")))
    with pytest.raises(EmbeddingError, match=r"row 4 \(id 'd'\) has 3 dimensions"):
        read_embeddings(path)


def test_many_batches_and_row_groups_are_put_together(
    make_table, tmp_path, monkeypatch
):
    monkeypatch.setattr(parquet, "BATCH_CELLS", 12)
    table = make_table(rows=100, dims=4)
    write_embeddings(table, tmp_path / "table.parquet")
    found = read_embeddings(tmp_path / "table.parquet")
    assert found.ids == table.ids
    np.testing.assert_array_equal(found.values, table.values)


def test_more_cells_than_the_limit_are_refused_before_they_are_read(write, monkeypatch):
    monkeypatch.setattr(raw, "MAX_CELLS", 3)
    with pytest.raises(EmbeddingError, match="2 rows of 2 dimensions; at most"):
        read_embeddings(write(columns(VECTORS, pa.list_(pa.float32()))))


def test_a_bomb_of_repeated_values_is_refused_before_it_is_read(write, monkeypatch):
    monkeypatch.setattr(raw, "MAX_CELLS", 10**6)
    rows = 2 * 10**6
    cells = pa.DictionaryArray.from_arrays(
        pa.array(np.zeros(rows, np.int32)), pa.array([1.0])
    ).dictionary_decode()
    ids = pa.array(["a"] * rows)
    path = write([("id", ids), ("0", cells)], compression="zstd")
    assert path.stat().st_size < 100_000
    with pytest.raises(EmbeddingError, match="2,000,000 rows of 1 dim"):
        read_embeddings(path)


def test_an_enormous_id_is_refused_before_it_is_copied(write):
    ids = ("x" * 5_000_000,) * 2
    with pytest.raises(EmbeddingError, match="5,000,000 bytes long"):
        read_embeddings(write(columns(VECTORS, pa.list_(pa.float32()), ids=ids)))


def test_a_changed_byte_of_a_vector_is_noticed(make_table, tmp_path):
    path = tmp_path / "table.parquet"
    write_embeddings(make_table(rows=100, dims=100), path)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(EmbeddingError, match="can be read"):
        read_embeddings(path)


def test_other_bytes_are_refused(tmp_path):
    path = tmp_path / "table.parquet"
    path.write_bytes(b"id,0\na,1\n")
    with pytest.raises(EmbeddingError, match="is not a Parquet file that can be read"):
        read_embeddings(path)


def test_the_notes_of_other_libraries_are_no_metadata(write):
    import pandas as pd

    path = write(columns(VECTORS, pa.list_(pa.float32())))
    pd.read_parquet(path).to_parquet(path)
    assert dict(read_embeddings(path).metadata) == {}


def test_pandas_and_polars_read_what_is_written(make_table, tmp_path):
    import pandas as pd
    import polars as pl

    table = make_table()
    path = tmp_path / "table.parquet"
    write_embeddings(table, path)
    by_pandas = np.stack(pd.read_parquet(path)["embedding"].to_numpy())
    by_polars = pl.read_parquet(path)["embedding"].to_numpy()
    np.testing.assert_array_equal(by_pandas, table.values)
    np.testing.assert_array_equal(by_polars, table.values)
