"""Fitted states in files: what comes back, and what is refused."""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from neucobench.encoders.reducers.base import (
    Block,
    ReducerState,
    restore_reducer,
)
from neucobench.encoders.reducers.chain import Chain
from neucobench.encoders.reducers.pca import Pca
from neucobench.encoders.reducers.per_block import PerBlock
from neucobench.encoders.reducers.standardize import Standardize
from neucobench.encoders.reducers.state import Fitted, load_fitted, save_fitted
from neucobench.errors import InputError

NESTED = PerBlock(steps={"a": Chain(steps=(Standardize(), Pca(dims=3))), "c": Pca()})


@pytest.fixture
def fitted(features, blocks) -> Fitted:
    return Fitted(
        encoder={"kernels": np.arange(6.0).reshape(2, 3), "count": np.int64(4)},
        reducer=NESTED.fit(features, blocks).state(),
        about={"encoder": "mosaiks", "options": '{"seed": "1"}', "title": "Zürich"},
    )


@pytest.fixture
def saved(fitted, tmp_path):
    save_fitted(tmp_path / "some.state", fitted)
    return tmp_path / "some.state"


def _json(saved):
    return saved.with_name("some.state.json")


def _tensors(saved):
    return saved.with_name("some.state.safetensors")


def _same(first: ReducerState, second: ReducerState) -> bool:
    return (
        (first.name, first.options) == (second.name, second.options)
        and (first.blocks_in, first.blocks_out) == (second.blocks_in, second.blocks_out)
        and first.tensors.keys() == second.tensors.keys()
        and all(
            np.array_equal(first.tensors[name], second.tensors[name])
            and first.tensors[name].dtype == second.tensors[name].dtype
            for name in first.tensors
        )
        and all(map(_same, first.children, second.children))
    )


def test_all_comes_back(fitted, saved):
    loaded = load_fitted(saved)
    assert loaded.about == fitted.about
    assert loaded.encoder.keys() == fitted.encoder.keys()
    for name, tensor in fitted.encoder.items():
        np.testing.assert_array_equal(loaded.encoder[name], tensor)
        assert loaded.encoder[name].shape == tensor.shape
    assert _same(loaded.reducer, fitted.reducer)
    assert loaded.digest == fitted.digest


@pytest.mark.parametrize("ending", ["", ".json", ".safetensors"])
def test_the_stem_and_either_file_name_the_pair(saved, ending):
    path = saved.with_name(saved.name + ending)
    assert load_fitted(path).about["encoder"] == "mosaiks"
    files = save_fitted(path, load_fitted(path))
    assert set(files) == set(saved.parent.iterdir())


def test_an_encoder_without_a_reducer_and_the_reverse(fitted, tmp_path):
    save_fitted(tmp_path / "a", Fitted(encoder=fitted.encoder))
    save_fitted(tmp_path / "b", Fitted(reducer=fitted.reducer))
    assert load_fitted(tmp_path / "a").reducer is None
    assert load_fitted(tmp_path / "b").encoder == {}


def test_the_same_state_gives_the_same_bytes(fitted, saved, tmp_path):
    save_fitted(tmp_path / "again" / "some.state", fitted)
    for file in (_json(saved), _tensors(saved)):
        assert (tmp_path / "again" / file.name).read_bytes() == file.read_bytes()


def test_the_names_of_tensors_tell_whose_they_are(saved):
    names = set(load_file(_tensors(saved)))
    assert {"encoder/kernels", "reducer/0/1/matrix", "reducer/1/center"} <= names


def test_arrays_that_lie_otherwise_in_memory_come_back(tmp_path):
    turned = np.arange(12.0).reshape(3, 4).T
    swapped = np.arange(5, dtype=">f4")
    nothing = np.zeros((0, 3), np.float32)
    arrays = {"turned": turned, "swapped": swapped, "none": nothing}
    save_fitted(tmp_path / "a", Fitted(encoder=arrays))
    loaded = load_fitted(tmp_path / "a").encoder
    for name, array in arrays.items():
        np.testing.assert_array_equal(loaded[name], array)


def test_the_digest_follows_whatever_decides_the_numbers(fitted):
    kernels = fitted.encoder["kernels"]
    others = [
        Fitted(encoder=fitted.encoder, reducer=fitted.reducer, about={}),
        Fitted(encoder=fitted.encoder, about=fitted.about),
        Fitted(
            encoder=dict(fitted.encoder) | {"kernels": kernels + 1e-9},
            reducer=fitted.reducer,
            about=fitted.about,
        ),
        Fitted(
            encoder=dict(fitted.encoder) | {"kernels": kernels.reshape(3, 2)},
            reducer=fitted.reducer,
            about=fitted.about,
        ),
    ]
    digests = {item.digest for item in [fitted, *others]}
    assert len(digests) == 5


def _refused(path, match: str) -> None:
    with pytest.raises(InputError, match=match) as caught:
        load_fitted(path)
    assert "fit again" in str(caught.value)


@pytest.mark.parametrize("ending", [".json", ".safetensors"])
def test_a_missing_file_is_refused(saved, ending):
    saved.with_name(saved.name + ending).unlink()
    _refused(saved, f"some.state{ending} cannot be used")


def test_a_folder_is_refused(tmp_path):
    (tmp_path / "a.json").mkdir()
    _refused(tmp_path / "a", "it is a folder")


@pytest.mark.parametrize("length", [0, 5, 100, -1])
def test_tensors_that_were_cut_off_are_refused(saved, length):
    file = _tensors(saved)
    file.write_bytes(file.read_bytes()[:length])
    _refused(saved, "safetensors cannot be used")


def test_one_changed_number_is_refused(saved):
    file = _tensors(saved)
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    _refused(saved, "digest is not that")


def _edit(saved, change) -> None:
    document = json.loads(_json(saved).read_text())
    change(document)
    _json(saved).write_text(json.dumps(document))


def _seed(document) -> None:
    document["reducer"]["children"][1]["options"]["seed"] = 9


def _about(document) -> None:
    document["about"]["encoder"] = "mean"


def _digest(document) -> None:
    document["digest"] = "0" * 64


@pytest.mark.parametrize("change", [_seed, _about, _digest])
def test_a_changed_description_is_refused(saved, change):
    _edit(saved, change)
    _refused(saved, "digest is not that")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("schema", "neucobench/evaluation/1"),
        ("about", []),
        ("reducer", "pca"),
        ("encoder", {"kernels": {"dtype": "float64"}}),
        ("digest", None),
        ("more", 1),
    ],
)
def test_a_foreign_description_is_refused(saved, key, value):
    _edit(saved, lambda document: document.__setitem__(key, value))
    _refused(saved, "it is no neucobench/reducer-state/1")


@pytest.mark.parametrize("key", ["schema", "about", "encoder", "reducer", "digest"])
def test_an_incomplete_description_is_refused(saved, key):
    _edit(saved, lambda document: document.pop(key))
    _refused(saved, f"it is no neucobench/reducer-state/1: {key}")


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "\x00", "[" * 100_000, '{"about": NaN}']
)
def test_text_that_is_no_description_is_refused(saved, text):
    _json(saved).write_text(text)
    _refused(saved, "it is no neucobench/reducer-state/1")


def test_bytes_that_are_no_text_are_refused(saved):
    _json(saved).write_bytes(b"\xff\xfe")
    _refused(saved, "some.state.json cannot be used")


def _more(tensors) -> None:
    tensors["other"] = np.zeros(3)


def _fewer(tensors) -> None:
    del tensors["reducer/1/center"]


def _other_shape(tensors) -> None:
    tensors["encoder/kernels"] = tensors["encoder/kernels"].T.copy()


def _other_type(tensors) -> None:
    tensors["encoder/kernels"] = tensors["encoder/kernels"].astype("f4")


@pytest.mark.parametrize("change", [_more, _fewer, _other_shape, _other_type])
def test_tensors_that_are_not_those_listed_are_refused(saved, change):
    tensors = load_file(_tensors(saved))
    change(tensors)
    save_file(tensors, _tensors(saved))
    _refused(saved, "does not hold the tensors that .*json lists")


def test_the_tensors_of_another_state_are_refused(saved, fitted, tmp_path):
    other = Fitted(encoder={"kernels": np.zeros((2, 3)), "count": np.int64(4)})
    save_fitted(tmp_path / "other", Fitted(encoder=other.encoder))
    save_fitted(tmp_path / "own", Fitted(encoder=fitted.encoder))
    tensors = (tmp_path / "other.safetensors").read_bytes()
    (tmp_path / "own.safetensors").write_bytes(tensors)
    _refused(tmp_path / "own", "digest is not that")


def test_blocks_with_a_gap_are_refused(saved):
    _edit(saved, lambda document: document["reducer"]["blocks_in"].pop(0))
    with pytest.raises(InputError, match="do not fit"):
        load_fitted(saved)


def test_a_reducer_that_does_not_exist_is_refused(fitted):
    unknown = ReducerState(
        name="pcb",
        options={},
        blocks_in=(Block(name="a", start=0, stop=2),),
        blocks_out=(Block(name="a", start=0, stop=2),),
    )
    with pytest.raises(InputError, match=r"state cannot be used.*'pcb'.*mean 'pca'"):
        restore_reducer(unknown)


@pytest.mark.parametrize("array", [np.array(["a"]), np.array([1j]), np.array([None])])
def test_arrays_that_are_no_numbers_are_not_written(tmp_path, array):
    with pytest.raises(InputError, match="fitted array 'encoder/words'"):
        save_fitted(tmp_path / "a", Fitted(encoder={"words": array}))
    assert list(tmp_path.iterdir()) == []


def test_writing_that_fails_leaves_the_old_files(saved, monkeypatch):
    before = {path.name: path.read_bytes() for path in saved.parent.iterdir()}

    def fail(path, data):
        path.write_text("half")
        raise OSError("No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", fail)
    with pytest.raises(OSError, match="No space"):
        save_fitted(saved, Fitted(encoder={"kernels": np.ones(3)}))
    monkeypatch.undo()
    assert {p.name: p.read_bytes() for p in saved.parent.iterdir()} == before
