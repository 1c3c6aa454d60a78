"""Properties of the readers, over many made-up tables and files."""

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from neucobench.embeddings import csv_reader
from neucobench.embeddings.files import ENDINGS, read_embeddings, write_embeddings
from neucobench.embeddings.table import EmbeddingTable
from neucobench.errors import EmbeddingError

finite = st.floats(width=32, allow_nan=False, allow_infinity=False)
names = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"])
    | st.sampled_from("0\",;\n\r\t '#é\ufeff"),
    min_size=1,
).filter(lambda name: not name.endswith((".zarr", ".zarr.zip")))


@st.composite
def tables(draw):
    """Draw a table of any finite float32 and any text ids."""
    ids = draw(st.lists(names, min_size=1, max_size=12, unique=True))
    shape = (len(ids), draw(st.integers(1, 5)))
    values = draw(npst.arrays(np.float32, shape, elements=finite))
    return EmbeddingTable(ids=tuple(ids), values=values)


@pytest.fixture(scope="module", params=[16 * 2**20, 30], ids=["whole", "pieces"])
def _pieces(request):
    """Read CSV files whole, and in pieces of 30 bytes."""
    usual = csv_reader.BLOCK_BYTES
    csv_reader.BLOCK_BYTES = request.param
    yield
    csv_reader.BLOCK_BYTES = usual


@pytest.mark.usefixtures("_pieces")
@pytest.mark.parametrize("ending", ENDINGS)
@settings(deadline=None, max_examples=60)
@given(table=tables())
def test_any_table_reads_back_to_the_same_bits(ending, table):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"table{ending}"
        write_embeddings(table, path)
        found = read_embeddings(path, strict=True)
    assert found.ids == table.ids
    np.testing.assert_array_equal(
        found.values.view(np.int32), table.values.view(np.int32)
    )


@pytest.mark.parametrize("ending", ENDINGS)
@settings(deadline=None, max_examples=20)
@given(table=tables(), seed=st.integers(0, 1000))
def test_permuting_the_rows_permutes_the_table(ending, table, seed):
    order = np.random.default_rng(seed).permutation(table.rows)
    ids = tuple(table.ids[row] for row in order)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"table{ending}"
        write_embeddings(replace(table, ids=ids, values=table.values[order]), path)
        found = read_embeddings(path)
    assert found.ids == ids
    np.testing.assert_array_equal(found.values, table.values[order])


def read_bytes(data: bytes, ending: str) -> None:
    """Read a file with this content; let an EmbeddingError pass."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"table{ending}"
        path.write_bytes(data)
        try:
            table = read_embeddings(path)
        except EmbeddingError:
            return
    assert table.values.shape == (len(set(table.ids)), table.dims)
    assert np.isfinite(table.values).all()


CSV_WORDS = [*b"id , 0 1 a ; nan inf 1e99 True 1,5 -1.5 \xc3\xa9 \xff".split()]
csv_like = st.lists(
    st.sampled_from([*CSV_WORDS, b"\n", b"\r\n", b'"', b" ", b"\t", b"\0"]), max_size=40
).map(b"".join)


@pytest.mark.usefixtures("_pieces")
@settings(deadline=None, max_examples=150)
@given(
    head=st.sampled_from([b"", b"id,0\n", b"id,0,1\r\n", b'"id","x"\n']), data=csv_like
)
def test_no_csv_ends_in_another_error(head, data):
    read_bytes(head + data, ".csv")


@pytest.mark.parametrize("ending", ENDINGS)
@settings(deadline=None, max_examples=50)
@given(data=st.binary(max_size=300))
def test_no_bytes_end_in_another_error(ending, data):
    read_bytes(data, ending)


@pytest.mark.parametrize("ending", [".parquet", ".npz"])
@settings(deadline=None, max_examples=100)
@given(changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=4))
def test_no_changed_bytes_end_in_another_error(ending, changes):
    values = np.arange(24, dtype=np.float32).reshape(8, 3)
    table = EmbeddingTable(ids=tuple("abcdefgh"), values=values, metadata={"a": "b"})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"table{ending}"
        write_embeddings(table, path)
        data = bytearray(path.read_bytes())
    for place, byte in changes:
        data[int(place * (len(data) - 1))] = byte
    read_bytes(bytes(data), ending)
