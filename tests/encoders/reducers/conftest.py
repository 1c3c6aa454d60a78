"""Features with offsets and a decaying spectrum, in three blocks."""

import numpy as np
import pytest

from neucobench.encoders.reducers.base import Block

BLOCKS = (
    Block(name="a", start=0, stop=8),
    Block(name="b", start=8, stop=20),
    Block(name="c", start=20, stop=24),
)


def make_features(rows: int, dims: int, *, seed: int = 0, power: float = 1.0):
    """Return (rows, dims) float32 whose singular values fall like 1 / k**power.

    The columns lie up to some standard deviations from zero.
    """
    rng = np.random.default_rng(seed)
    turned = np.linalg.qr(rng.normal(size=(dims, dims)))[0]
    spread = np.arange(1, dims + 1.0) ** -power
    offsets = rng.normal(0, 2 * spread.mean(), dims)
    return ((rng.normal(size=(rows, dims)) * spread) @ turned + offsets).astype("f4")


@pytest.fixture
def make():
    """Return the function that makes features."""
    return make_features


@pytest.fixture
def features() -> np.ndarray:
    """Return (300, 24) features that cannot be written to, as a memory map's."""
    features = make_features(300, 24)
    features.flags.writeable = False
    return features


@pytest.fixture
def blocks() -> tuple[Block, ...]:
    """Return the blocks of the features."""
    return BLOCKS


@pytest.fixture
def one_block():
    """Return a function that makes one block of all columns."""
    return lambda dims: (Block(name="all", start=0, stop=dims),)
