"""Encoders that must see the cubes first, alone and as blocks of an ensemble."""

import numpy as np
import pytest

from neucobench.embeddings.files import read_embeddings
from neucobench.encoders.checking import check_encoder
from neucobench.encoders.ensemble import EnsembleEncoder
from neucobench.encoders.reducers.standardize import Standardize
from neucobench.encoders.reducers.state import load_fitted
from neucobench.encoders.running.run import encode_folder
from neucobench.encoders.running.shards import shard_folder
from neucobench.errors import InputError


class Centered:
    """Subtract the mean of all cubes from that of a cube."""

    name, dims, batch_size = "centered", 1, 1

    def __init__(self, modality="s1", offset=0, seasons=None):
        self.modality, self.offset, self.seasons = modality, offset, seasons
        self.fits, self.fail, self.center = 0, False, None

    @property
    def modalities(self):
        return (self.modality,)

    def fit(self, source):
        self.fits += 1
        means = [self._mean(source.read(cube_id)) for cube_id in source.ids]
        return {"center": np.mean(means, axis=0)}

    def fitted(self, state):
        other = Centered(self.modality, self.offset, self.seasons)
        other.center, other.fail = state["center"], self.fail
        return other

    def encode(self, batch):
        if self.fail and "0003" in batch.ids:
            raise KeyboardInterrupt
        return self._mean(batch) - self.center

    def _mean(self, batch):
        return batch.arrays[self.modality].mean((1, 2, 3, 4), dtype="f8")[:, None]


def _values(report):
    return read_embeddings(report.out).values


def test_the_encoder_is_fitted_once_on_all_cubes(own_cubes, tmp_path):
    encoder = Centered()
    report = encode_folder(own_cubes, encoder, tmp_path / "a.npz")
    assert encoder.fits == 1
    assert report.transductive
    assert abs(_values(report).mean()) < 1e-5
    assert _values(report).std() > 0


def _interrupted(cubes, out):
    encoder = Centered()
    encoder.fail = True
    with pytest.raises(KeyboardInterrupt):
        encode_folder(cubes, encoder, out, workers=1)
    return encoder


def test_a_resumed_run_uses_what_was_learned_before(own_cubes, tmp_path):
    out = tmp_path / "a.npz"
    assert _interrupted(own_cubes, out).fits == 1
    encoder = Centered()
    report = encode_folder(own_cubes, encoder, out)
    assert (encoder.fits, report.resumed, report.encoded) == (0, 3, 2)
    whole = encode_folder(own_cubes, Centered(), tmp_path / "whole.npz")
    assert out.read_bytes() == whole.out.read_bytes()


def test_what_was_learned_is_learned_again_when_a_cube_changed(
    own_cubes, tmp_path, cube_writer
):
    make, write = cube_writer
    _interrupted(own_cubes, tmp_path / "a.npz")
    write(own_cubes, "0004", make(44))
    encoder = Centered()
    report = encode_folder(own_cubes, encoder, tmp_path / "a.npz")
    # All vectors depend on the cube, so that no shard is left.
    assert (encoder.fits, report.resumed) == (1, 0)


@pytest.mark.parametrize("content", [b"", b"no tensors"])
def test_a_damaged_file_of_what_was_learned_is_no_harm(own_cubes, tmp_path, content):
    out = tmp_path / "a.npz"
    _interrupted(own_cubes, out)
    (shard_folder(out) / "encoder.safetensors").write_bytes(content)
    encoder = Centered()
    assert encode_folder(own_cubes, encoder, out).resumed == 3
    assert encoder.fits == 1


def test_a_saved_state_takes_the_place_of_fitting(cubes, other_cubes, tmp_path):
    first = encode_folder(cubes, Centered(), tmp_path / "a.npz")
    encoder = Centered()
    second = encode_folder(
        other_cubes, encoder, tmp_path / "b.npz", state=load_fitted(first.state)
    )
    assert (encoder.fits, second.transductive) == (0, False)
    # They have the pixels of the first five of the first folder.
    np.testing.assert_array_equal(_values(second), _values(first)[:5])


def test_a_state_without_a_fitted_encoder_is_refused(own_cubes, tmp_path):
    class Plain:
        name, modalities, dims = "centered", ("s1",), 1

        def __init__(self, modality="s1", offset=0, seasons=None):
            self.modality, self.offset, self.seasons = modality, offset, seasons

        def encode(self, batch):
            return np.zeros((len(batch), 1))

    first = encode_folder(
        own_cubes, Plain(), tmp_path / "a.npz", reduce=[Standardize()]
    )
    with pytest.raises(InputError, match="holds no fitted encoder"):
        encode_folder(
            *(own_cubes, Centered(), tmp_path / "b.npz"),
            state=load_fitted(first.state),
        )


def test_each_block_is_fitted_on_what_it_reads_itself(own_cubes, tmp_path):
    parts = {
        "radar": Centered("s1", seasons=(1, 2)),
        "stored": Centered("s2l2a"),
        "shifted": Centered("s2l2a", offset=1000),
    }
    ensemble = EnsembleEncoder(
        name="three",
        parts=tuple((name, check_encoder(part)) for name, part in parts.items()),
    )
    report = encode_folder(own_cubes, ensemble, tmp_path / "all.npz")
    assert [part.fits for part in parts.values()] == [1, 1, 1]
    learned = load_fitted(report.state).encoder
    assert sorted(learned) == ["radar/center", "shifted/center", "stored/center"]
    assert learned["shifted/center"] - learned["stored/center"] == pytest.approx(1000)
    alone = [
        encode_folder(own_cubes, part, tmp_path / f"{name}.npz")
        for name, part in parts.items()
    ]
    np.testing.assert_array_equal(
        _values(report), np.concatenate([_values(item) for item in alone], axis=1)
    )
