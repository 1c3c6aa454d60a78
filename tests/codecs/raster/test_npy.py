"""A ``.npy`` file comes back with its shape and type."""

import numpy as np
import pytest

from neucobench.codecs.raster.files import open_sink, open_source
from neucobench.errors import CodecError


@pytest.mark.parametrize("shape", [(3, 20, 30), (4, 3, 20, 30), (1, 3, 20, 30)])
@pytest.mark.parametrize("order", ["C", "F"])
def test_it_comes_back(tmp_path, shape, order):
    values = np.asarray(np.arange(np.prod(shape)).reshape(shape), ">i2", order=order)
    np.save(tmp_path / "a.npy", values)
    with open_source(tmp_path / "a.npy") as source:
        assert source.picture.shape == (1, *shape)[-4:]
        with open_sink(tmp_path / "b.npy", source.picture, None) as sink:
            for top in (0, 12):
                rows = slice(top, min(top + 12, 20))
                sink.write(top, source.read(rows, slice(0, 30)))
    back = np.load(tmp_path / "b.npy")
    np.testing.assert_array_equal(back, values)
    assert back.dtype == np.int16


@pytest.mark.parametrize("shape", [(20, 30), (1, 1, 3, 20, 30), (3, 0, 30)])
def test_other_shapes_are_refused(tmp_path, shape):
    np.save(tmp_path / "a.npy", np.zeros(shape, np.int16))
    with (
        pytest.raises(CodecError, match=r"a.npy: .*accepted is|no whole"),
        open_source(tmp_path / "a.npy"),
    ):
        pass


@pytest.mark.parametrize(
    "values", [np.zeros((3, 20, 20), bool), np.full((3, 20, 20), "text")]
)
def test_other_types_are_refused(tmp_path, values):
    np.save(tmp_path / "a.npy", values)
    with (
        pytest.raises(CodecError, match="codecs take uint8"),
        open_source(tmp_path / "a.npy"),
    ):
        pass


@pytest.mark.parametrize("content", [b"", b"text", b"\x93NUMPY\x01\x00\xff"])
def test_a_file_that_is_none_is_called_so(tmp_path, content):
    (tmp_path / "a.npy").write_bytes(content)
    with (
        pytest.raises(CodecError, match=r"no whole \.npy file"),
        open_source(tmp_path / "a.npy"),
    ):
        pass


def test_a_file_that_was_cut_off_is_called_so(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((3, 20, 20)))
    content = (tmp_path / "a.npy").read_bytes()
    (tmp_path / "a.npy").write_bytes(content[:-1])
    with (
        pytest.raises(CodecError, match=r"no whole \.npy file"),
        open_source(tmp_path / "a.npy"),
    ):
        pass


def test_objects_are_never_unpickled(tmp_path):
    np.save(tmp_path / "a.npy", np.array([[[{}]]]), allow_pickle=True)
    with pytest.raises(CodecError), open_source(tmp_path / "a.npy"):
        pass


def test_a_folder_and_a_missing_file_are_called_so(tmp_path):
    (tmp_path / "b.npy").mkdir()
    with (
        pytest.raises(CodecError, match="is a folder"),
        open_source(tmp_path / "b.npy"),
    ):
        pass
    with (
        pytest.raises(CodecError, match="no such file"),
        open_source(tmp_path / "c.npy"),
    ):
        pass
