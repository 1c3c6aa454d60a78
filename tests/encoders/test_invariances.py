"""What every registered encoder must keep, whatever it computes."""

import numpy as np
import pytest

from neucobench.data.bands import MODALITIES
from neucobench.encoders.base import ENCODERS, CubeBatch
from neucobench.encoders.card import encoder_card
from neucobench.encoders.checked import CheckedEncoder
from neucobench.encoders.load import load_encoder

pytestmark = pytest.mark.parametrize("name", ENCODERS.names())


class _Source:
    """Give the cubes of a batch to an encoder that is fitted on them."""

    def __init__(self, batch: CubeBatch) -> None:
        self.ids = batch.ids
        self._batch = batch

    def read(self, cube_id: str) -> CubeBatch:
        return _part(self._batch, [self.ids.index(cube_id)])


@pytest.fixture
def weights(name, request) -> str | None:
    """Return a small file for an encoder whose codec is fetched, else None."""
    if name != "temporal":
        return None
    return request.getfixturevalue("temporal_weights")["tec-tt"]


def ready(name: str, batch: CubeBatch, weights: str | None) -> CheckedEncoder:
    """Return the encoder, fitted on the batch if it must see cubes first.

    Random weights stand in for those that are published elsewhere.
    """
    elsewhere = encoder_card(name).weights is not None
    options = {"pretrained": "false"} if elsewhere else {}
    encoder = load_encoder(name, options=options, weights=weights)
    if encoder.needs_fit:
        return encoder.fitted(encoder.fit(_Source(batch)))
    return encoder


def _part(batch: CubeBatch, rows: list[int]) -> CubeBatch:
    return CubeBatch(
        ids=tuple(batch.ids[row] for row in rows),
        arrays={key: array[rows] for key, array in batch.arrays.items()},
        offsets=batch.offsets,
    )


def test_the_vectors_are_as_declared(name, batch, weights):
    encoder = ready(name, batch, weights)
    vectors = encoder.encode(batch)
    assert vectors.shape == (len(batch), encoder.dims)
    assert vectors.dtype == np.float32
    assert np.isfinite(vectors).all()


def test_the_size_of_the_batch_does_not_change_a_bit(name, batch, weights):
    encoder = ready(name, batch, weights)
    alone = [encoder.encode(_part(batch, [row])) for row in range(len(batch))]
    np.testing.assert_array_equal(np.concatenate(alone), encoder.encode(batch))


def test_the_order_of_the_cubes_does_not_change_a_bit(name, batch, weights):
    encoder = ready(name, batch, weights)
    order = [3, 0, 4, 1, 2]
    shuffled = encoder.encode(_part(batch, order))
    np.testing.assert_array_equal(shuffled, encoder.encode(batch)[order])


def test_different_cubes_get_different_vectors(name, batch, weights):
    vectors = ready(name, batch, weights).encode(batch)
    assert len(np.unique(vectors, axis=0)) == len(batch)


def test_a_new_encoder_gives_the_same_bits(name, batch, weights):
    first, second = ready(name, batch, weights), ready(name, batch, weights)
    np.testing.assert_array_equal(first.encode(batch), second.encode(batch))


def test_encoding_leaves_the_pixels_and_the_global_random_state_alone(
    name, batch, weights
):
    before = {key: array.copy() for key, array in batch.arrays.items()}
    state = np.random.get_state()[1].copy()  # noqa: NPY002 - the state is the subject
    ready(name, batch, weights).encode(batch)
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002
    for key, array in batch.arrays.items():
        np.testing.assert_array_equal(array, before[key])


def test_what_it_reads_exists(name, weights):
    encoder = load_encoder(name, weights=weights)
    assert set(encoder.modalities) <= set(MODALITIES)
    assert encoder.seasons is None or set(encoder.seasons) <= set(range(4))
    assert encoder.name == name
