import pickle
import zipfile
from io import BytesIO

import numpy as np
import pytest

from neucobench.embeddings import npz, raw
from neucobench.embeddings.files import read_embeddings
from neucobench.errors import EmbeddingError

VECTORS = np.array([[1.5, 2.0], [3.0, -4.25]], np.float32)
IDS = np.array(["a", "b"])


@pytest.fixture
def save(tmp_path):
    """Return a function that saves arrays to an npz file."""

    def save(function=np.savez, **arrays):
        path = tmp_path / "table.npz"
        function(path, **arrays)
        return path

    return save


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64, ">f4"])
@pytest.mark.parametrize("function", [np.savez, np.savez_compressed])
def test_any_float_and_any_compression_is_read(save, kind, function):
    table = read_embeddings(save(function, ids=IDS, embeddings=VECTORS.astype(kind)))
    assert (table.ids, table.values.dtype) == (("a", "b"), np.float32)
    np.testing.assert_array_equal(table.values, VECTORS)


def test_columns_first_in_memory_do_not_matter(save):
    table = read_embeddings(save(ids=IDS, embeddings=np.asfortranarray(VECTORS)))
    np.testing.assert_array_equal(table.values, VECTORS)
    assert table.values.flags.c_contiguous


def test_ids_may_be_bytes(save):
    ids = np.array(["é".encode(), b"007"])
    assert read_embeddings(save(ids=ids, embeddings=VECTORS)).ids == ("é", "007")


def test_ids_that_are_numbers_are_a_finding(save):
    table = read_embeddings(save(ids=np.array([7, 8]), embeddings=VECTORS))
    assert table.ids == ("7", "8")
    assert [finding.code for finding in table.findings] == ["numeric-ids"]


def test_nan_becomes_zero_with_a_finding(save):
    path = save(ids=IDS, embeddings=np.array([[1, 2], [np.nan, 4]]))
    table = read_embeddings(path)
    np.testing.assert_array_equal(table.values, [[1, 2], [0, 4]])
    assert [finding.count for finding in table.findings] == [1]
    with pytest.raises(EmbeddingError, match=r"row 2 \(id 'b'\), column '0'"):
        read_embeddings(path, strict=True)


@pytest.mark.parametrize("cell", [np.inf, 1e39])
def test_an_infinite_cell_is_an_error_that_says_where(save, cell):
    path = save(ids=IDS, embeddings=np.array([[1, 2], [3, cell]]))
    with pytest.raises(EmbeddingError, match=r"row 2 \(id 'b'\), column '1'"):
        read_embeddings(path)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"ids": IDS}, "holds ids; the arrays 'ids' and 'embeddings' are needed"),
        ({"embeddings": VECTORS}, "holds embeddings"),
        ({"ids": IDS[:1], "embeddings": VECTORS}, "1 ids and 2 vectors"),
        ({"ids": IDS, "embeddings": VECTORS[0]}, r"must be \(samples, dims\)"),
        ({"ids": IDS, "embeddings": VECTORS[:, :0]}, r"must be \(samples, dims\)"),
        ({"ids": IDS, "embeddings": IDS[:, None]}, r"must be \(samples, dims\)"),
        ({"ids": IDS, "embeddings": VECTORS * 1j}, r"must be \(samples, dims\)"),
        ({"ids": IDS[:, None], "embeddings": VECTORS}, "one row of text"),
        ({"ids": VECTORS[0], "embeddings": VECTORS}, "one row of text"),
        ({"ids": np.array(["a", "a"]), "embeddings": VECTORS}, "more than one row"),
        ({"ids": np.array(["a", "\ud800"]), "embeddings": VECTORS}, "not Unicode"),
        ({"ids": np.array(["a", ""]), "embeddings": VECTORS}, "row 2 has no id"),
        ({"ids": np.array([b"\xff", b"b"]), "embeddings": VECTORS}, "can be read"),
        ({"ids": IDS, "embeddings": VECTORS, "metadata": IDS}, "JSON object"),
        ({"ids": IDS, "embeddings": VECTORS, "metadata": "[1]"}, "JSON object"),
    ],
)
def test_a_bad_archive_is_refused_with_a_sentence(save, arrays, message):
    with pytest.raises(EmbeddingError, match=message):
        read_embeddings(save(**arrays))


class Trap:
    """An object that leaves a mark when it is unpickled."""

    sprung = False

    def __reduce__(self):
        return setattr, (Trap, "sprung", True)


@pytest.mark.parametrize("name", ["ids", "embeddings"])
def test_pickled_objects_are_never_loaded(save, name):
    arrays = {"ids": IDS, "embeddings": VECTORS}
    arrays[name] = np.array([Trap(), Trap()], dtype=object)
    with pytest.raises(EmbeddingError, match="never loaded"):
        read_embeddings(save(**arrays))
    assert not Trap.sprung


def test_a_pickle_in_the_place_of_an_array_is_never_loaded(tmp_path):
    path = tmp_path / "table.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("ids.npy", pickle.dumps(Trap()))
    with pytest.raises(EmbeddingError, match="never loaded"):
        read_embeddings(path)
    assert not Trap.sprung


def test_a_zip_bomb_is_refused_before_it_is_unpacked(save, monkeypatch):
    monkeypatch.setattr(npz, "MAX_VECTOR_BYTES", 1000)
    bomb = np.zeros((2, 100_000), np.float32)
    path = save(np.savez_compressed, ids=IDS, embeddings=bomb)
    assert path.stat().st_size < 2000
    with pytest.raises(EmbeddingError, match="unpacks to 800,128 bytes"):
        read_embeddings(path)


def test_more_cells_than_the_limit_are_refused(save, monkeypatch):
    monkeypatch.setattr(raw, "MAX_CELLS", 3)
    with pytest.raises(EmbeddingError, match="2 rows of 2 dimensions"):
        read_embeddings(save(ids=IDS, embeddings=VECTORS))


def test_a_header_that_states_more_than_there_is_is_refused(tmp_path):
    member = BytesIO()
    shape = (2, 2**40)
    header = {"descr": "<f4", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(member, header)
    path = tmp_path / "table.npz"
    np.savez(path, ids=IDS)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("embeddings.npy", member.getvalue() + b"\0" * 100)
    with pytest.raises(EmbeddingError, match="can be read"):
        read_embeddings(path)


@pytest.mark.parametrize("place", [0.2, 0.5, 0.9])
def test_a_changed_byte_is_noticed(save, place):
    path = save(ids=IDS, embeddings=np.ones((2, 5000), np.float32))
    data = bytearray(path.read_bytes())
    data[int(len(data) * place)] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(EmbeddingError):
        read_embeddings(path)


def test_other_bytes_are_refused(tmp_path):
    path = tmp_path / "table.npz"
    path.write_bytes(b"id,0\na,1\n")
    with pytest.raises(EmbeddingError, match="is not an npz file that can be read"):
        read_embeddings(path)
