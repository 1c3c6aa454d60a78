"""The cells of a CSV file, compared with pandas, which NeuCo-Bench reads them with."""

from io import StringIO

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neucobench.embeddings.cells import CellJudge, as_float32, cell_value
from neucobench.embeddings.files import read_embeddings
from neucobench.errors import EmbeddingError

WORDS = """nan NaN NAN NA N/A n/a null NULL None none #N/A <NA> -nan 1.#IND 1_000 0x10
1e5 1E5 +1.5 .5 5. 1d5 - --1 ++1 +-1 + . e5 1.5f 1e 1e+ 1e-400 00012 -0 0e0 1e-46 1.2.3
$5 5% 1+2j 1E+05 1.e5 1e5.0 9007199254740993 0.1 3.4028235e38 -3.4028235e38 1.17e-38
123456789012345678901234567890 0.30000001192092896 inf -inf +inf Infinity 1e400 1e39
text ١ −1.5 True true FALSE 1f 2020-01-01"""
CELLS = [
    *WORDS.split(),
    "",
    " ",
    " 1.5",
    "1.5 ",
    "\t1.5 ",
    "1 2",
    "1 e5",
    "\u00a01.5",
    "1.5\x1c",
]


def pandas_value(cell: str) -> float:
    """Return what NeuCo-Bench makes of a cell in a column with numbers and text."""
    text = f'id,0\nfirst,1.0\na,"{cell}"\nlast,text\n'
    column = pd.read_csv(StringIO(text))["0"]
    number = pd.to_numeric(column, errors="coerce").fillna(0.0)
    with np.errstate(over="ignore"):
        return float(number.to_numpy(dtype=np.float32)[1])


@pytest.mark.parametrize("cell", CELLS)
def test_a_cell_means_what_it_means_to_pandas(write_csv, cell):
    expected = pandas_value(cell)
    path = write_csv(f'id,0\nfirst,1.0\na,"{cell}"\n')
    if np.isinf(expected):
        with pytest.raises(EmbeddingError, match="infinite or beyond float32"):
            read_embeddings(path)
    else:
        assert read_embeddings(path).values[1, 0] == expected


@pytest.mark.parametrize("cell", CELLS)
def test_the_quick_and_the_careful_reader_agree(write_csv, cell):
    """An empty cell sends the whole piece to the careful reader."""
    quick = write_csv(f"id,0\nfirst,1.0\na,{cell}\n", "quick.csv")
    careful = write_csv(f"id,0\nfirst,1.0\na,{cell}\nlast,\n", "careful.csv")
    try:
        values = read_embeddings(careful).values[:2]
    except EmbeddingError:
        with pytest.raises(EmbeddingError):
            read_embeddings(quick)
    else:
        np.testing.assert_array_equal(read_embeddings(quick).values, values)


@settings(deadline=None)
@given(st.floats(width=64, allow_nan=False, allow_infinity=False))
def test_a_float64_is_rounded_to_float32(number):
    rounded = as_float32(np.array([cell_value(repr(number))]))
    with np.errstate(over="ignore"):
        assert rounded[0] == np.float32(number)


def test_the_first_of_several_bad_cells_is_reported(tmp_path):
    judge = CellJudge(tmp_path, ["x", "y"], strict=False)
    values = np.array([[1, np.nan], [np.nan, 2]], np.float32)
    judge.settle(values, ids=["a", "b"], first_row=10)
    judge.settle(values * np.nan, ids=["c", "d"], first_row=12)
    (finding,) = judge.findings()
    assert finding.count == 6
    assert "row 11 (id 'a'), column 'y' holds 'NaN'" in finding.message


def test_columns_without_names_are_called_by_their_position(tmp_path):
    judge = CellJudge(tmp_path, None, strict=True)
    with pytest.raises(EmbeddingError, match="column '1'"):
        judge.settle(np.array([[0, np.nan]], np.float32), ids=["a"], first_row=0)
