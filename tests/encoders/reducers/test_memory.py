"""What is fitted on a memory map does not take memory for all of its rows."""

import tracemalloc

import numpy as np
import pytest

from neucobench.encoders.reducers.base import Block, row_chunks
from neucobench.encoders.reducers.chain import Chain
from neucobench.encoders.reducers.l2 import L2
from neucobench.encoders.reducers.pca import Pca
from neucobench.encoders.reducers.per_block import PerBlock
from neucobench.encoders.reducers.random_projection import RandomProjection
from neucobench.encoders.reducers.scale import Scale
from neucobench.encoders.reducers.standardize import Standardize
from neucobench.encoders.reducers.whiten import Whiten

DIMS = 64
BLOCKS = (Block(name="a", start=0, stop=32), Block(name="b", start=32, stop=DIMS))
STREAMED = Pca(dims=16, solver="streaming")
REDUCED = {
    "pca": STREAMED,
    "chain": Chain(steps=(Standardize(), STREAMED, L2())),
    "per-block": PerBlock(steps={"a": STREAMED}),
    "random-projection": RandomProjection(dims=16),
    "scale": Scale(),
    "standardize": Standardize(),
    "whiten": Whiten(),
}


@pytest.fixture(scope="module")
def mapped(tmp_path_factory):
    """Return a memory map of 20 million numbers, five of the chunks that are read."""
    path = tmp_path_factory.mktemp("features") / "features.npy"
    rows = 5 * 2**22 // DIMS
    array = np.lib.format.open_memmap(path, "w+", np.float32, (rows, DIMS))
    draws = np.random.default_rng(0)
    for start in range(0, rows, rows // 5):
        part = array[start : start + rows // 5]
        part[:] = draws.standard_normal(part.shape, dtype=np.float32)
    array.flush()
    del array
    return np.load(path, mmap_mode="r")


def _peak(work) -> int:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.slow
@pytest.mark.parametrize("case", REDUCED)
def test_more_rows_take_no_more_memory(case, mapped):
    def work(rows: int) -> None:
        part = mapped[:rows]
        fitted = REDUCED[case].fit(part, BLOCKS)
        for chunk in row_chunks(part):
            fitted.transform(chunk)

    work(100)  # what is imported or cached on first use does not count
    rows = len(mapped)
    few, many = (_peak(lambda n=n: work(n)) for n in (2 * rows // 5, rows))
    assert many < 1.05 * few
    assert many < mapped.nbytes


@pytest.mark.slow
def test_exact_pca_takes_memory_for_all_rows(mapped):
    # So that the test above is known to see such memory.
    part = mapped[: len(mapped) // 2]
    peak = _peak(lambda: Pca(dims=2, solver="exact").fit(part, BLOCKS))
    assert peak > 2 * part.nbytes


def test_what_a_chain_writes_lies_beside_the_features_and_is_removed(
    mapped, tmp_path, monkeypatch
):
    seen = []

    class Spy:
        name = "spy"
        fits = False

        def fit(self, features, blocks):
            folder = next(tmp_path.glob(".neucobench-*"))
            seen.append(
                (type(features), sorted(path.name for path in folder.iterdir()))
            )
            return L2().fit(features, blocks)

    np.save(tmp_path / "features.npy", mapped[:50])
    features = np.load(tmp_path / "features.npy", mmap_mode="r")
    Chain(steps=(L2(), Spy(), Spy())).fit(features, BLOCKS)
    assert seen == [(np.memmap, ["0.npy"]), (np.memmap, ["1.npy"])]
    assert [path.name for path in tmp_path.iterdir()] == ["features.npy"]
