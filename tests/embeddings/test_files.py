import hashlib
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from neucobench.embeddings.files import ENDINGS, read_embeddings, write_embeddings
from neucobench.errors import EmbeddingError, UsageError

every_ending = pytest.mark.parametrize("ending", ENDINGS)


@every_ending
def test_a_written_table_reads_back_to_the_same_bits(make_table, tmp_path, ending):
    table = make_table(rows=300, dims=33)
    path = tmp_path / f"table{ending}"
    write_embeddings(table, path)
    found = read_embeddings(path)
    assert found.ids == table.ids
    np.testing.assert_array_equal(
        found.values.view(np.int32), table.values.view(np.int32)
    )
    assert found.values.flags.c_contiguous
    assert found.findings == ()


@every_ending
def test_extreme_float32_values_read_back_to_the_same_bits(
    make_table, tmp_path, ending
):
    extreme = np.finfo(np.float32)
    cells = [
        0.0,
        -0.0,
        extreme.max,
        extreme.min,
        extreme.tiny,
        extreme.smallest_subnormal,
    ]
    values = np.array([cells, cells[::-1]], np.float32)
    path = tmp_path / f"table{ending}"
    write_embeddings(make_table(rows=2, values=values), path)
    found = read_embeddings(path).values
    np.testing.assert_array_equal(found.view(np.int32), values.view(np.int32))


@every_ending
def test_the_same_table_gives_the_same_bytes(make_table, tmp_path, ending):
    first, second = tmp_path / f"a{ending}", tmp_path / f"b{ending}"
    write_embeddings(make_table(metadata={"b": "2", "a": "1"}), first)
    write_embeddings(make_table(metadata={"a": "1", "b": "2"}), second)
    assert first.read_bytes() == second.read_bytes()


@every_ending
def test_memory_order_does_not_change_the_bytes(make_table, tmp_path, ending):
    first, second = tmp_path / f"a{ending}", tmp_path / f"b{ending}"
    table = make_table()
    write_embeddings(table, first)
    write_embeddings(make_table(values=np.asfortranarray(table.values)), second)
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("ending", [".parquet", ".npz"])
def test_metadata_is_kept(make_table, tmp_path, ending):
    path = tmp_path / f"table{ending}"
    metadata = {"encoder": "mean", "notes": 'naïve "quoted"\n'}
    write_embeddings(make_table(metadata=metadata), path)
    assert dict(read_embeddings(path).metadata) == metadata


@every_ending
def test_the_table_knows_its_file(make_table, tmp_path, ending):
    path = tmp_path / f"my.method{ending}"
    write_embeddings(make_table(), path)
    found = read_embeddings(str(path))
    assert (found.name, found.path) == ("my.method", path)
    assert found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


@every_ending
def test_the_ending_of_cubes_is_taken_off_the_ids(make_table, tmp_path, ending):
    path = tmp_path / f"table{ending}"
    ids = ("a.zarr.zip", "b.zarr", "c.zarr.zip.d")
    write_embeddings(make_table(rows=3, ids=ids), path)
    assert read_embeddings(path).ids == ("a", "b", "c.zarr.zip.d")


@every_ending
def test_ids_that_become_the_same_are_refused(make_table, tmp_path, ending):
    path = tmp_path / f"table{ending}"
    write_embeddings(make_table(rows=2, ids=("a.zarr.zip", "a")), path)
    with pytest.raises(EmbeddingError, match=r"1 id is in more than one row \('a'\)"):
        read_embeddings(path)


@pytest.mark.parametrize("call", ["read", "write"])
def test_an_unknown_ending_is_a_wrong_command_line(make_table, tmp_path, call):
    path = tmp_path / "table.txt"
    with pytest.raises(UsageError, match=r"\.csv, \.parquet or \.npz"):
        read_embeddings(path) if call == "read" else write_embeddings(
            make_table(), path
        )


def test_endings_may_be_in_upper_case(make_table, tmp_path):
    write_embeddings(make_table(), tmp_path / "TABLE.CSV")
    assert read_embeddings(tmp_path / "TABLE.CSV").rows == 5


@every_ending
def test_a_missing_file_is_refused(tmp_path, ending):
    with pytest.raises(EmbeddingError, match="does not exist"):
        read_embeddings(tmp_path / f"none{ending}")


@every_ending
def test_a_folder_is_refused(tmp_path, ending):
    (tmp_path / f"folder{ending}").mkdir()
    with pytest.raises(EmbeddingError, match="is a folder"):
        read_embeddings(tmp_path / f"folder{ending}")


@every_ending
def test_an_empty_file_is_refused(tmp_path, ending):
    path = tmp_path / f"empty{ending}"
    path.touch()
    with pytest.raises(EmbeddingError, match="is empty"):
        read_embeddings(path)


@every_ending
def test_a_file_that_was_cut_off_is_refused(make_table, tmp_path, ending):
    path = tmp_path / f"table{ending}"
    write_embeddings(make_table(rows=50, dims=40), path)
    path.write_bytes(path.read_bytes()[:-150])
    with pytest.raises(EmbeddingError):
        read_embeddings(path)


@every_ending
@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"values": np.full((5, 4), np.nan, np.float32)}, "20 of them are not finite"),
        ({"values": np.zeros((5, 4))}, "values are float64"),
        ({"values": np.zeros((4, 4), np.float32)}, "5 ids and values of the shape"),
        ({"values": np.zeros((5, 0), np.float32)}, "at least one of each"),
        ({"values": np.zeros(5, np.float32)}, "shape"),
        ({"ids": ("a", "b", "c", "c", "d")}, "more than one row"),
        ({"ids": ("a", "b", "", "c", "d")}, "no id"),
        ({"ids": ("a", "b", "x\0", "c", "d")}, "row 3 contains a NUL"),
        ({"ids": ("a", "b", "x\ud800", "c", "d")}, "row 3 .* not Unicode text"),
        ({"ids": ("a", "b", "x" * 1001, "c", "d")}, "1,001 characters long"),
    ],
)
def test_a_table_that_could_not_be_read_back_is_not_written(
    make_table, tmp_path, ending, fields, message
):
    path = tmp_path / f"table{ending}"
    with pytest.raises(EmbeddingError, match=message):
        write_embeddings(make_table(**fields), path)
    assert list(tmp_path.iterdir()) == []


@every_ending
def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path, ending):
    """The size of files is limited to 64 KiB, in a process of its own."""
    path = tmp_path / f"table{ending}"
    path.write_bytes(b"old")
    code = """
import resource, signal, sys
import numpy as np
from neucobench.embeddings.files import write_embeddings
from neucobench.embeddings.table import EmbeddingTable
values = np.random.default_rng(0).normal(size=(500, 300)).astype(np.float32)
table = EmbeddingTable(ids=tuple(map(str, range(500))), values=values)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))
try:
    write_embeddings(table, sys.argv[1])
except OSError:
    sys.exit(7)
"""
    done = subprocess.run([sys.executable, "-c", code, path], check=False)
    assert done.returncode == 7
    assert [item.read_bytes() for item in tmp_path.iterdir()] == [b"old"]


def test_reading_needs_neither_pandas_nor_torch(make_table, tmp_path):
    for ending in ENDINGS:
        write_embeddings(make_table(), tmp_path / f"table{ending}")
    code = """
import sys
from pathlib import Path
from neucobench.embeddings.files import read_embeddings
for path in Path(sys.argv[1]).iterdir():
    read_embeddings(path)
heavy = {"pandas", "torch", "sklearn", "matplotlib"} & set(sys.modules)
sys.exit(", ".join(heavy) or 0)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path], capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_csv_has_the_documented_layout(make_table, tmp_path):
    values = np.array([[0.1, 1e-7], [-2, 3]], np.float32)
    path = tmp_path / "table.csv"
    write_embeddings(make_table(rows=2, values=values, ids=("007", 'a,"b"')), path)
    header, first, second = path.read_bytes().decode().splitlines()
    assert header == "id,0,1"
    assert first.startswith("007,0.1,")
    assert second.startswith('"a,""b""",-2')


def test_npz_entries_are_plain_and_undated(make_table, tmp_path):
    path = tmp_path / "table.npz"
    write_embeddings(make_table(), path)
    with np.load(path, allow_pickle=False) as arrays:
        assert sorted(arrays) == ["embeddings", "ids"]
    with zipfile.ZipFile(path) as archive:
        assert {info.date_time[0] for info in archive.infolist()} == {1980}
