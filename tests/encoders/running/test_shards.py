"""Finished shards that survive a kill."""

import fcntl
from contextlib import ExitStack
from dataclasses import replace

import numpy as np
import pytest

from neucobench.encoders.baselines.random_vectors import RandomEncoder
from neucobench.encoders.checking import check_encoder
from neucobench.encoders.running.missing import shard_size
from neucobench.encoders.running.shards import (
    finished,
    open_folder,
    plan_shards,
    read_shard,
    remove_folder,
    shard_folder,
    write_shard,
)
from neucobench.errors import InputError
from neucobench.findings import Finding

SIGNATURES = {f"cube-{number}": str(number) for number in (3, 1, 2, 5, 4)}


@pytest.fixture
def out(tmp_path):
    return tmp_path / "own.parquet"


@pytest.fixture
def shards(tmp_path):
    return plan_shards(tmp_path, "run", SIGNATURES, size=2)


def _write(shard, rows=2, dims=3):
    vectors = np.arange(rows * dims, dtype=np.float32).reshape(rows, dims)
    finding = Finding(code="broken-cube", level="warning", message="x", count=1)
    write_shard(shard, shard.ids[:rows], vectors, [finding], bytes_read=7)
    return vectors


def test_shards_are_parts_of_the_sorted_ids(shards):
    assert [shard.ids for shard in shards] == [
        ("cube-1", "cube-2"),
        ("cube-3", "cube-4"),
        ("cube-5",),
    ]


@pytest.mark.parametrize(
    ("cubes", "size"), [(1, 8), (128, 8), (129, 16), (1000, 64), (10**6, 64)]
)
def test_few_cubes_make_small_shards_of_whole_batches(cubes, size):
    encoder = check_encoder(RandomEncoder())
    assert shard_size(replace(encoder, batch_size=8), cubes) == size


def test_a_finished_shard_is_read_back(shards):
    vectors = _write(shards[0])
    ids, values = read_shard(shards[0])
    assert ids == shards[0].ids
    np.testing.assert_array_equal(values, vectors)
    facts = finished(shards[0])
    assert (facts.rows, facts.bytes_read, len(facts.findings)) == (2, 7, 1)


def test_a_shard_without_a_row_knows_its_width(shards):
    _write(shards[0], rows=0)
    ids, values = read_shard(shards[0])
    assert (ids, values.shape) == ((), (0, 3))
    assert finished(shards[0]).rows == 0


@pytest.mark.parametrize(
    ("run", "changed"),
    [("other", {}), ("run", {"cube-2": "changed"}), ("run", {"cube-0": "new"})],
)
def test_a_shard_of_another_run_or_of_other_cubes_is_not_finished(
    shards, tmp_path, run, changed
):
    _write(shards[0])
    other = plan_shards(tmp_path, run, SIGNATURES | changed, size=2)[0]
    assert other.path == shards[0].path
    assert finished(other) is None


def test_a_change_elsewhere_leaves_a_shard_finished(shards, tmp_path):
    _write(shards[0])
    signatures = SIGNATURES | {"cube-5": "changed"}
    other = plan_shards(tmp_path, "run", signatures, size=2)
    assert finished(other[0]) is not None


@pytest.mark.parametrize("length", [0, 3, 100])
def test_a_damaged_shard_is_not_finished(shards, length):
    _write(shards[0])
    shards[0].path.write_bytes(shards[0].path.read_bytes()[:length])
    assert finished(shards[0]) is None


def test_a_shard_that_is_damaged_later_is_removed_with_a_sentence(shards):
    _write(shards[0])
    content = bytearray(shards[0].path.read_bytes())
    content[60] ^= 1
    shards[0].path.write_bytes(content)
    with pytest.raises(InputError, match="only this part is encoded again"):
        read_shard(shards[0])
    assert not shards[0].path.exists()


def test_what_a_kill_left_half_written_is_removed(out):
    half = shard_folder(out) / ".neucobench-0000-000001.parquet"
    half.parent.mkdir()
    half.write_bytes(b"PAR1")
    with open_folder(out):
        assert not half.exists()


def test_a_folder_that_a_kill_left_is_removed(out):
    # Where a chain of reducers was being fitted.
    left = shard_folder(out) / ".neucobench-8ngh51mq"
    left.mkdir(parents=True)
    (left / "0.npy").write_bytes(b"rows")
    with open_folder(out):
        assert not left.exists()


def test_a_run_that_ends_leaves_the_folder_of_the_next_one_alone(out):
    with ExitStack() as first, ExitStack() as second:
        first.enter_context(open_folder(out))
        remove_folder(out)
        folder = second.enter_context(open_folder(out))
        first.close()
        assert folder.is_dir()


def test_the_lock_of_a_folder_that_was_removed_locks_nothing(out, monkeypatch):
    def removed_meanwhile(*_):
        remove_folder(out)

    monkeypatch.setattr(fcntl, "flock", removed_meanwhile)
    with pytest.raises(InputError, match="Another run is writing"), open_folder(out):
        pass


def test_a_run_that_finished_nothing_leaves_no_folder(out):
    with open_folder(out) as folder:
        assert folder.is_dir()
    assert not shard_folder(out).exists()


def test_a_run_that_finished_a_shard_leaves_its_folder(out):
    with open_folder(out) as folder:
        _write(plan_shards(folder, "run", SIGNATURES, size=2)[0])
    assert [path.suffix for path in shard_folder(out).glob("0*")] == [".parquet"]


def test_two_runs_cannot_write_one_output(out):
    with (
        open_folder(out),
        pytest.raises(InputError, match="Another run is writing"),
        open_folder(out),
    ):
        pass


def test_removing_the_folder_inside_the_run_is_the_normal_end(out):
    with open_folder(out) as folder:
        _write(plan_shards(folder, "run", SIGNATURES, size=2)[0])
        remove_folder(out)
    assert not shard_folder(out).exists()
