"""Finished rows that survive a kill."""

import numpy as np
import pytest

from neucobench.encoders.shards import open_shards, remove_shards, shard_folder
from neucobench.errors import InputError

RUN = {"encoder": "own", "options": "{}"}
SIGNATURES = {"a": "1", "b": "2", "c": "3"}


def _vectors(*values: float) -> np.ndarray:
    return np.array([[value, value] for value in values], np.float32)


@pytest.fixture
def out(tmp_path):
    return tmp_path / "own.parquet"


@pytest.fixture
def stores(out):
    """Return a function that opens the store of ``out``."""

    def opened(run=RUN, *, rows=2, seconds=1e9):
        return open_shards(out, run, shard_rows=rows, shard_seconds=seconds)

    return opened


def test_rows_of_an_interrupted_run_are_there_again(stores):
    def interrupted():
        with stores(rows=100) as store:
            store.add(["a", "b"], SIGNATURES, _vectors(1, 2))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    with stores() as store:
        assert set(store.rows) == {"a", "b"}
        np.testing.assert_array_equal(store.rows["b"].vector, [2, 2])


def test_a_full_shard_is_on_disk_before_the_run_ends(stores):
    with stores(rows=2) as store:
        store.add(["a"], SIGNATURES, _vectors(1))
        assert not list(store.folder.glob("*.npz"))
        store.add(["b"], SIGNATURES, _vectors(2))
        assert len(list(store.folder.glob("*.npz"))) == 1


def test_a_shard_is_written_when_its_time_has_come(stores):
    with stores(rows=100, seconds=0) as store:
        store.add(["a"], SIGNATURES, _vectors(1))
        assert len(list(store.folder.glob("*.npz"))) == 1


def test_a_row_whose_cube_has_changed_is_dropped(stores):
    with stores() as store:
        store.add(["a", "b"], SIGNATURES, _vectors(1, 2))
        store.drop_stale({"a": "1", "b": "changed"})
        assert set(store.rows) == {"a"}


def test_a_row_that_was_encoded_again_counts_as_last_written(stores):
    with stores(rows=1) as store:
        store.add(["a"], {"a": "old"}, _vectors(1))
        store.add(["a"], {"a": "new"}, _vectors(5))
    with stores() as store:
        assert store.rows["a"].signature == "new"
        assert store.rows["a"].vector[0] == 5


def test_rows_of_other_options_are_discarded(stores):
    with stores() as store:
        store.add(["a", "b"], SIGNATURES, _vectors(1, 2))
    with stores(RUN | {"options": "other"}) as store:
        assert not store.rows
        assert not list(store.folder.glob("*.npz"))


def test_a_damaged_shard_costs_only_its_own_rows(stores):
    with stores(rows=1) as store:
        store.add(["a"], SIGNATURES, _vectors(1))
        store.add(["b"], SIGNATURES, _vectors(2))
        first = min(store.folder.glob("*.npz"))
        first.write_bytes(first.read_bytes()[:100])
    with stores() as store:
        assert set(store.rows) == {"b"}


def test_what_a_kill_left_half_written_is_removed(stores, out):
    with stores(rows=1) as store:
        store.add(["a"], SIGNATURES, _vectors(1))
        half = store.folder / ".neucobench-0000-000001.npz"
        half.write_bytes(b"PK")
    with stores():
        assert not half.exists()


def test_a_run_that_finished_nothing_leaves_no_folder(stores, out):
    with stores():
        assert shard_folder(out).is_dir()
    assert not shard_folder(out).exists()


def test_two_runs_cannot_write_one_output(stores):
    with stores(), pytest.raises(InputError, match="Another run is writing"), stores():
        pass


def test_removing_the_folder_inside_the_run_is_the_normal_end(stores, out):
    with stores() as store:
        store.add(["a"], SIGNATURES, _vectors(1))
        remove_shards(out)
    assert not shard_folder(out).exists()
