"""A folder of cubes to one embedding file."""

import errno
import json
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest

from neucobench.data.dataset import CubeFolder
from neucobench.embeddings.files import read_embeddings
from neucobench.encoders.baselines.mean import MeanEncoder
from neucobench.encoders.baselines.random_vectors import RandomEncoder
from neucobench.encoders.load import load_encoder
from neucobench.encoders.reducers.l2 import L2
from neucobench.encoders.reducers.pca import Pca
from neucobench.encoders.reducers.standardize import Standardize
from neucobench.encoders.reducers.state import load_fitted, save_fitted
from neucobench.encoders.reducers.truncate import Truncate
from neucobench.encoders.running import output
from neucobench.encoders.running.provenance import sidecar
from neucobench.encoders.running.run import encode_folder
from neucobench.encoders.running.shards import shard_folder
from neucobench.errors import CubeError, InputError, UnknownNameError, UsageError

ENDINGS = (".csv", ".npz", ".parquet")


class Counting:
    """Take the first pixel of S1; count the cubes, fail on request."""

    name = "counting"
    modalities = ("s1",)
    dims = 1
    batch_size = 2

    def __init__(self):
        self.seen: list[str] = []
        self.fail_at, self.error = None, KeyboardInterrupt

    def encode(self, batch):
        if self.fail_at is not None and len(self.seen) >= self.fail_at:
            raise self.error("on purpose")
        self.seen.extend(batch.ids)
        return batch.arrays["s1"][:, 0, 0, 0, :1]


def _failing(at: int, error: type = KeyboardInterrupt) -> Counting:
    encoder = Counting()
    encoder.fail_at, encoder.error = at, error
    return encoder


def _damage(root, cube_id: str, modality: str = "s2l1c") -> None:
    path = root / "data" / modality / "part-000000" / f"{cube_id}.zarr.zip"
    path.write_bytes(path.read_bytes()[:500])


def test_the_file_holds_every_cube_in_the_order_of_sorted_ids(cubes, tmp_path):
    report = encode_folder(cubes, MeanEncoder(), tmp_path / "mean.parquet")
    table = read_embeddings(report.out)
    assert table.ids == tuple(f"{number:04d}" for number in range(12))
    assert (report.rows, report.dims, report.encoded) == (12, 1024, 12)
    assert report.bytes_read > 12 * 3 * 1000
    assert not report.findings


def test_three_kinds_of_file_hold_the_same_bits(cubes, tmp_path):
    tables = [
        read_embeddings(
            encode_folder(cubes, MeanEncoder(), tmp_path / f"mean{ending}").out
        )
        for ending in ENDINGS
    ]
    for table in tables[1:]:
        assert table.ids == tables[0].ids
        np.testing.assert_array_equal(table.values, tables[0].values)


@pytest.mark.parametrize("encoder", [MeanEncoder(), RandomEncoder(), Counting()])
def test_the_number_of_workers_does_not_change_a_bit(cubes, tmp_path, encoder):
    files = [
        encode_folder(cubes, encoder, tmp_path / f"{workers}.npz", workers=workers).out
        for workers in (1, 2, 5)
    ]
    assert len({file.read_bytes() for file in files}) == 1


def test_nothing_else_stays_in_the_folder(cubes, tmp_path):
    encode_folder(cubes, Counting(), tmp_path / "a.parquet")
    assert [path.name for path in tmp_path.iterdir()] == ["a.parquet"]


def test_the_metadata_says_where_the_vectors_come_from(cubes, tmp_path):
    report = encode_folder(cubes, MeanEncoder(corrected=True), tmp_path / "a.parquet")
    metadata = read_embeddings(report.out).metadata
    assert metadata["encoder"] == "mean-corrected"
    assert json.loads(metadata["options"]) == {"corrected": "True", "shift": "1000"}
    assert metadata["modalities"] == "s2l1c,s2l2a,s1"
    assert metadata["transductive"] == "false"
    assert len(metadata["cube_digest"]) == 64
    assert "synthetic" not in metadata


def test_vectors_of_synthetic_cubes_are_marked(tmp_path, cube_writer):
    make, write = cube_writer
    write(tmp_path / "cubes", "synthetic-0000001", make(1))
    report = encode_folder(tmp_path / "cubes", RandomEncoder(), tmp_path / "a.npz")
    assert read_embeddings(report.out).metadata["synthetic"] == "true"


def test_progress_counts_every_cube(own_cubes, tmp_path):
    _damage(own_cubes, "0002", "s1")
    told = []
    encode_folder(
        *(own_cubes, Counting(), tmp_path / "a.npz"),
        workers=1,
        shard_rows=4,
        advance=lambda done, total: told.append((done, total)),
    )
    assert told == [(0, 5), (2, 5), (4, 5), (5, 5)]


# Broken cubes


def test_a_broken_cube_is_a_finding_and_the_others_go_on(own_cubes, tmp_path):
    _damage(own_cubes, "0003")
    report = encode_folder(own_cubes, MeanEncoder(), tmp_path / "a.parquet")
    assert read_embeddings(report.out).ids == ("0000", "0001", "0002", "0004")
    (finding,) = report.findings
    assert finding.code == "broken-cube"
    assert "0003" in finding.message


def test_a_flipped_bit_in_a_picture_is_a_finding(own_cubes, tmp_path):
    path = own_cubes / "data" / "s2l1c" / "part-000000" / "0003.zarr.zip"
    with ZipFile(path) as archive:
        chunk = max(archive.infolist(), key=lambda entry: entry.file_size)
    content = bytearray(path.read_bytes())
    content[chunk.header_offset + chunk.file_size // 2] ^= 1
    path.write_bytes(content)
    report = encode_folder(own_cubes, MeanEncoder(), tmp_path / "a.parquet")
    assert report.rows == 4
    assert "CRC" in report.findings[0].message


def test_a_cube_that_vanishes_meanwhile_ends_the_run_and_costs_no_row(
    own_cubes, tmp_path, monkeypatch
):
    read = CubeFolder.read

    def read_and_remove(self, cube, **options):
        found = read(self, cube, **options)
        if cube == "0002":
            self.files(cube)["s1"].unlink()
        return found

    monkeypatch.setattr(CubeFolder, "read", read_and_remove)
    with pytest.raises(InputError, match="could not read the cube '0002'"):
        encode_folder(own_cubes, Counting(), tmp_path / "a.npz")


def test_too_many_open_files_are_no_fault_of_the_cubes(
    own_cubes, tmp_path, monkeypatch
):
    def crowded(self, cube, **_):
        try:
            raise OSError(errno.EMFILE, "Too many open files")
        except OSError as error:
            raise CubeError(f"{cube}: cannot be opened") from error

    with monkeypatch.context() as patched:
        patched.setattr(CubeFolder, "read", crowded)
        with pytest.raises(InputError, match="Too many open files"):
            encode_folder(own_cubes, Counting(), tmp_path / "a.npz")
    report = encode_folder(own_cubes, Counting(), tmp_path / "a.npz")
    assert (report.rows, report.left_out) == (5, 0)


def test_a_missing_modality_is_a_finding(own_cubes, tmp_path):
    (own_cubes / "data" / "s1" / "part-000000" / "0001.zarr.zip").unlink()
    report = encode_folder(own_cubes, MeanEncoder(), tmp_path / "a.parquet")
    assert report.rows == 4
    assert "0001" in report.findings[0].message
    assert "s1" in report.findings[0].message


@pytest.mark.parametrize("wrong", ["bands", "seasons"])
def test_a_cube_of_another_shape_is_a_finding(own_cubes, tmp_path, cube_writer, wrong):
    make, write = cube_writer
    arrays = make(9)
    if wrong == "bands":
        arrays["s2l2a"] = arrays["s2l2a"][:, :7]
    else:
        arrays = {name: array[:3] for name, array in arrays.items()}
    write(own_cubes, "0009", arrays)
    report = encode_folder(own_cubes, MeanEncoder(), tmp_path / "a.parquet")
    assert report.rows == 5
    assert "0009" in report.findings[0].message


def test_a_cube_that_the_encoder_refuses_takes_no_other_with_it(own_cubes, tmp_path):
    class Picky(Counting):
        batch_size = 3

        def encode(self, batch):
            if "0001" in batch.ids:
                raise CubeError("I do not like 0001.")
            return super().encode(batch)

    report = encode_folder(own_cubes, Picky(), tmp_path / "a.parquet")
    assert read_embeddings(report.out).ids == ("0000", "0002", "0003", "0004")
    assert "I do not like" in report.findings[0].message


def test_cubes_of_two_sizes_can_lie_in_one_batch(own_cubes, tmp_path, cube_writer):
    make, write = cube_writer
    write(own_cubes, "0001", make(1, size=24))
    encoder = Counting()
    encoder.batch_size = 5
    report = encode_folder(own_cubes, encoder, tmp_path / "a.parquet")
    assert report.rows == 5


def test_a_file_that_is_no_cube_gets_no_random_vector(own_cubes, tmp_path):
    _damage(own_cubes, "0003")
    report = encode_folder(own_cubes, RandomEncoder(), tmp_path / "a.parquet")
    assert report.rows == 4


def test_strict_stops_at_a_broken_cube_and_writes_no_file(own_cubes, tmp_path):
    _damage(own_cubes, "0003")
    with pytest.raises(CubeError, match=r"0003.*--strict"):
        encode_folder(own_cubes, MeanEncoder(), tmp_path / "a.parquet", strict=True)
    assert not (tmp_path / "a.parquet").exists()


def test_no_readable_cube_is_an_error_and_leaves_nothing(own_cubes, tmp_path):
    for number in range(5):
        _damage(own_cubes, f"{number:04d}")
    out = tmp_path / "out" / "a.parquet"
    with pytest.raises(CubeError, match="None of the 5 cubes"):
        encode_folder(own_cubes, MeanEncoder(), out)
    assert not list(out.parent.iterdir())


def test_cells_that_are_no_numbers_become_0_with_a_finding(own_cubes, tmp_path):
    class Strange(Counting):
        def encode(self, batch):
            values = super().encode(batch).copy()
            values[0] = np.inf if "0000" in batch.ids else np.nan
            return values

    report = encode_folder(own_cubes, Strange(), tmp_path / "a.parquet")
    (finding,) = report.findings
    assert (finding.code, finding.count) == ("non-finite-cells", 3)
    assert "0000, 0002, 0004" in finding.message
    assert not read_embeddings(report.out).values[[0, 2, 4]].any()


def test_an_encoder_that_fails_ends_the_run_and_is_named(own_cubes, tmp_path):
    encoder = _failing(2, RuntimeError)
    with pytest.raises(InputError, match="'counting' failed on the cubes 000"):
        encode_folder(own_cubes, encoder, tmp_path / "a.parquet", workers=2)


def test_a_result_that_is_a_view_of_the_pixels_keeps_its_numbers(cubes, tmp_path):
    class Alone(Counting):
        batch_size = 1

    tables = [
        read_embeddings(
            encode_folder(cubes, encoder, tmp_path / "a.npz", **settings).out
        )
        for encoder, settings in (
            (Counting(), {}),
            (Alone(), {"shard_rows": 12, "overwrite": True}),
        )
    ]
    assert len(np.unique(tables[1].values)) == 12
    np.testing.assert_array_equal(tables[1].values, tables[0].values)


# What is there already


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_complete_output_is_left_alone(cubes, tmp_path, ending):
    out = tmp_path / f"a{ending}"
    encode_folder(cubes, Counting(), out)
    before = out.stat().st_mtime_ns
    encoder = Counting()
    report = encode_folder(cubes, encoder, out)
    assert report.unchanged
    assert report.rows == 12
    assert not encoder.seen
    assert out.stat().st_mtime_ns == before


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_output_of_other_options_is_an_error(cubes, tmp_path, ending):
    out = tmp_path / f"a{ending}"
    encode_folder(cubes, RandomEncoder(seed=1), out)
    before = out.read_bytes()
    with pytest.raises(InputError, match="other options; replace it with --overwrite"):
        encode_folder(cubes, RandomEncoder(seed=2), out)
    assert out.read_bytes() == before


def test_an_output_of_other_cubes_is_an_error(own_cubes, tmp_path, cube_writer):
    make, write = cube_writer
    encode_folder(own_cubes, Counting(), tmp_path / "a.npz")
    write(own_cubes, "0002", make(77))
    with pytest.raises(InputError, match="from other cubes"):
        encode_folder(own_cubes, Counting(), tmp_path / "a.npz")


def test_cubes_that_were_copied_are_the_same_cubes(own_cubes, tmp_path, cube_writer):
    make, write = cube_writer
    encode_folder(own_cubes, Counting(), tmp_path / "a.npz")
    write(own_cubes, "0002", make(2))
    assert encode_folder(own_cubes, Counting(), tmp_path / "a.npz").unchanged


@pytest.mark.parametrize("ending", ENDINGS)
def test_overwrite_replaces_what_is_there(cubes, tmp_path, ending):
    out = tmp_path / f"a{ending}"
    out.write_text("id,0\nx,1\n")
    with pytest.raises(InputError, match="nothing tells how it was made"):
        encode_folder(cubes, Counting(), out)
    encode_folder(cubes, Counting(), out, overwrite=True)
    assert read_embeddings(out).rows == 12
    assert encode_folder(cubes, Counting(), out).unchanged


def test_a_csv_file_that_was_edited_is_no_longer_ours(cubes, tmp_path):
    out = tmp_path / "a.csv"
    encode_folder(cubes, Counting(), out)
    out.write_text(out.read_text() + "extra,1\n")
    with pytest.raises(InputError, match="nothing tells how it was made"):
        encode_folder(cubes, Counting(), out)


def test_a_run_that_replaces_the_file_is_not_disturbed_by_one_that_keeps_it(
    cubes, tmp_path
):
    out = tmp_path / "a.npz"
    encode_folder(cubes, Counting(), out)

    class Meanwhile(Counting):
        def encode(self, batch):
            with pytest.raises(InputError, match="Another run is writing"):
                encode_folder(cubes, Counting(), out)
            return super().encode(batch)

    report = encode_folder(cubes, Meanwhile(), out, overwrite=True)
    assert report.encoded == 12


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("complete", [False, True])
def test_what_a_killed_run_had_fitted_is_not_put_beside_another_file(
    cubes, tmp_path, monkeypatch, complete, ending
):
    out = tmp_path / f"a{ending}"
    if complete:
        encode_folder(cubes, Counting(), out)

    def save_and_die(path, fitted):
        save_fitted(path, fitted)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(output, "save_fitted", save_and_die)
        with pytest.raises(KeyboardInterrupt):
            encode_folder(
                *(cubes, Counting(), out), reduce=[Standardize()], overwrite=complete
            )
    report = encode_folder(cubes, Counting(), out)
    assert (report.state, report.unchanged) == (None, complete)
    beside = {sidecar(out).name} if ending == ".csv" else set()
    assert {path.name for path in tmp_path.iterdir()} == {out.name, *beside}


def test_a_csv_file_killed_before_its_record_is_finished_by_the_next_run(
    cubes, tmp_path, monkeypatch
):
    out = tmp_path / "a.csv"

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(output, "_move_staged", killed)
        with pytest.raises(KeyboardInterrupt):
            encode_folder(cubes, Counting(), out)
    assert out.exists()
    assert not sidecar(out).exists()
    assert encode_folder(cubes, Counting(), out).unchanged
    assert sidecar(out).exists()
    assert not shard_folder(out).exists()


def test_findings_of_a_complete_output_are_told_again(own_cubes, tmp_path):
    _damage(own_cubes, "0003")
    first = encode_folder(own_cubes, MeanEncoder(), tmp_path / "a.npz")
    second = encode_folder(own_cubes, MeanEncoder(), tmp_path / "a.npz")
    assert second.unchanged
    assert second.findings == first.findings
    with pytest.raises(CubeError, match="0003"):
        encode_folder(own_cubes, MeanEncoder(), tmp_path / "a.npz", strict=True)


def test_a_repaired_cube_is_a_reason_to_encode_again(own_cubes, tmp_path, cube_writer):
    make, write = cube_writer
    _damage(own_cubes, "0003")
    encode_folder(own_cubes, MeanEncoder(), tmp_path / "a.npz")
    write(own_cubes, "0003", make(3))
    with pytest.raises(InputError, match="--overwrite"):
        encode_folder(own_cubes, MeanEncoder(), tmp_path / "a.npz")


def test_a_budget_of_bytes_holds_for_a_file_that_is_there_too(cubes, tmp_path):
    encode_folder(cubes, Counting(), tmp_path / "a.npz", max_bytes=4)
    with pytest.raises(UsageError, match="takes 4 bytes as float32, and --max-bytes"):
        encode_folder(cubes, Counting(), tmp_path / "a.npz", max_bytes=3)


# Fitted on other cubes


def test_ranges_that_a_state_does_not_hold_are_learned_from_the_cubes(
    cubes, own_cubes, tmp_path
):
    first = encode_folder(cubes, Counting(), tmp_path / "a.npz", reduce=[Standardize()])
    state = load_fitted(first.state)
    second = encode_folder(
        own_cubes, Counting(), tmp_path / "b.npz", state=state, storage="int8"
    )
    assert second.transductive
    assert "storage" not in load_fitted(second.state).about


def test_ranges_that_a_state_holds_are_used_for_other_cubes(
    cubes, other_cubes, tmp_path
):
    first = encode_folder(cubes, Counting(), tmp_path / "a.npz", storage="int8")
    second = encode_folder(
        *(other_cubes, Counting(), tmp_path / "b.npz"),
        state=load_fitted(first.state),
        storage="int8",
    )
    assert (first.transductive, second.transductive) == (True, False)
    stored = [read_embeddings(report.out).metadata for report in (first, second)]
    assert stored[0]["storage_parameters"] == stored[1]["storage_parameters"]


def test_a_state_that_was_fitted_on_one_of_the_cubes_is_transductive(
    cubes, own_cubes, tmp_path
):
    # The five cubes of the second folder have ids of the first.
    first = encode_folder(cubes, Counting(), tmp_path / "a.npz", reduce=[Standardize()])
    state = load_fitted(first.state)
    second = encode_folder(own_cubes, Counting(), tmp_path / "b.npz", state=state)
    assert second.transductive


def test_limits_that_cannot_be_kept_are_told_before_anything_is_encoded(
    cubes, tmp_path
):
    limits = [
        ({"reduce": [Pca(dims=10)], "dims": 8}, "gives 10 dimensions and --dims"),
        ({"max_bytes": 100}, "takes 4096 bytes"),
        ({"storage": "int4"}, "int4"),
    ]
    for settings, sentence in limits:
        with pytest.raises(UsageError, match=sentence):
            encode_folder(cubes, MeanEncoder(), tmp_path / "a.npz", **settings)
        assert not list(tmp_path.iterdir())


def test_the_output_may_not_be_what_is_read(cubes, tmp_path):
    first = encode_folder(cubes, Counting(), tmp_path / "a.parquet")
    encoder = load_encoder("table", cubes=first.out)
    with pytest.raises(InputError, match="is what is read"):
        encode_folder(first.out, encoder, first.out, overwrite=True)


@pytest.mark.parametrize("method", ["prepare", "fit", "fitted"])
def test_a_method_of_ones_own_that_fails_is_named_with_the_line(
    own_cubes, tmp_path, method
):
    class Failing(Counting):
        def prepare(self):
            return None

        def fit(self, _):
            return {"mean": np.zeros(1)}

        def fitted(self, _):
            return self

    def fail(*_):
        raise RuntimeError("on purpose")

    setattr(Failing, method, fail)
    sentence = rf"^{method} of the encoder 'counting' failed: RuntimeError: on purpose"
    with pytest.raises(InputError, match=sentence):
        encode_folder(own_cubes, Failing(), tmp_path / "a.npz")


def test_what_fit_returns_must_be_arrays(own_cubes, tmp_path):
    class Wrong(Counting):
        def fit(self, _):
            return {"mean": "text"}

        def fitted(self, _):
            return self

    with pytest.raises(InputError, match="dictionary of names and NumPy arrays"):
        encode_folder(own_cubes, Wrong(), tmp_path / "a.npz")


def test_a_finding_holds_no_path_of_the_machine(own_cubes, tmp_path):
    _damage(own_cubes, "0003")
    report = encode_folder(own_cubes, MeanEncoder(), tmp_path / "a.parquet")
    assert str(own_cubes) not in report.findings[0].message
    assert "0003" in report.findings[0].message


def test_a_reducer_that_gives_less_is_found_inside_a_chain(own_cubes, tmp_path):
    report = encode_folder(
        *(own_cubes, MeanEncoder(), tmp_path / "a.npz"), reduce=[Pca(dims=50), L2()]
    )
    assert [finding.code for finding in report.findings] == ["fewer-dimensions"]


def test_a_state_does_not_excuse_an_encoder_that_looks_at_the_other_cubes(
    cubes, own_cubes, tmp_path
):
    class Looking(Counting):
        transductive = True

    first = encode_folder(cubes, Looking(), tmp_path / "a.npz", reduce=[Standardize()])
    state = load_fitted(first.state)
    second = encode_folder(own_cubes, Looking(), tmp_path / "b.npz", state=state)
    assert second.transductive


def test_a_state_that_learned_nothing_is_not_transductive_anywhere(cubes, tmp_path):
    first = encode_folder(
        cubes, Counting(), tmp_path / "a.npz", reduce=[Truncate(dims=1)]
    )
    state = load_fitted(first.state)
    second = encode_folder(cubes, Counting(), tmp_path / "b.npz", state=state)
    assert (first.transductive, second.transductive) == (False, False)


# Interrupted


def test_an_interrupted_run_goes_on_from_where_it_was(cubes, tmp_path):
    out = tmp_path / "a.npz"
    with pytest.raises(KeyboardInterrupt):
        encode_folder(cubes, _failing(6), out, workers=1, shard_rows=2)
    assert [path.name for path in tmp_path.iterdir()] == [shard_folder(out).name]
    encoder = Counting()
    report = encode_folder(cubes, encoder, out, workers=2, shard_rows=2)
    assert report.resumed == 6
    assert len(encoder.seen) == report.encoded == 6
    whole = encode_folder(cubes, Counting(), tmp_path / "whole.npz").out
    assert out.read_bytes() == whole.read_bytes()


def test_only_the_shard_of_a_cube_that_changed_in_between_is_encoded_again(
    own_cubes, tmp_path, cube_writer
):
    make, write = cube_writer
    settings = {"workers": 1, "shard_rows": 2}
    with pytest.raises(KeyboardInterrupt):
        encode_folder(own_cubes, _failing(4), tmp_path / "a.npz", **settings)
    write(own_cubes, "0001", make(77))
    encoder = Counting()
    encode_folder(own_cubes, encoder, tmp_path / "a.npz", **settings)
    assert encoder.seen == ["0000", "0001", "0004"]


def test_a_full_disk_leaves_no_file_and_loses_no_row(cubes, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(output, "write_embeddings", full)
        with pytest.raises(OSError, match="No space left"):
            encode_folder(cubes, Counting(), tmp_path / "a.npz")
    assert not (tmp_path / "a.npz").exists()
    assert encode_folder(cubes, Counting(), tmp_path / "a.npz").resumed == 12


# The call


def test_an_unknown_ending_is_a_usage_error(cubes, tmp_path):
    with pytest.raises(UnknownNameError, match=r"Did you mean '\.parquet'"):
        encode_folder(cubes, Counting(), tmp_path / "a.parqet")


def test_a_folder_in_place_of_the_output_is_an_error(cubes, tmp_path):
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(InputError, match="is a folder"):
        encode_folder(cubes, Counting(), tmp_path / "a.csv")


def test_a_csv_file_holds_float32_alone(cubes, tmp_path):
    with pytest.raises(UsageError, match="saves nothing by storing int8"):
        encode_folder(cubes, Counting(), tmp_path / "a.csv", storage="int8")


def test_a_state_and_a_reducer_exclude_each_other(cubes, tmp_path):
    first = encode_folder(cubes, Counting(), tmp_path / "a.npz", reduce=[Standardize()])
    with pytest.raises(UsageError, match="--reducer uses a fitted one"):
        encode_folder(
            *(cubes, Counting(), tmp_path / "b.npz"),
            reduce=[Standardize()],
            state=load_fitted(first.state),
        )


def test_fewer_dimensions_than_were_asked_for_are_a_finding(own_cubes, tmp_path):
    report = encode_folder(
        own_cubes, MeanEncoder(), tmp_path / "a.npz", reduce=[Pca(dims=64)]
    )
    assert report.dims == 5
    (finding,) = report.findings
    assert (finding.code, finding.level) == ("fewer-dimensions", "info")
    assert "5 dimensions of mean in place of 64" in finding.message


def test_dims_is_a_cap(cubes, tmp_path):
    assert encode_folder(cubes, Counting(), tmp_path / "a.npz", dims=1024).dims == 1
    with pytest.raises(UsageError, match="gives 1024 dimensions and --dims allows 512"):
        encode_folder(cubes, MeanEncoder(), tmp_path / "b.npz", dims=512)


def test_dims_names_the_option_of_an_encoder_that_has_one(cubes, tmp_path):
    with pytest.raises(UsageError, match=r"Give --option dims=512, or --dims 1024\."):
        encode_folder(cubes, load_encoder("random"), tmp_path / "a.npz", dims=512)


# Real input


def test_real_tiles_give_the_published_vector(shared, terramesh_cubes, tmp_path):
    fixture = shared / "fixtures" / "encoders" / "mean_baseline.npz"
    if not fixture.is_file():
        pytest.skip("the encoder fixtures are not in the shared folder")
    report = encode_folder(terramesh_cubes, MeanEncoder(), tmp_path / "mean.parquet")
    table = read_embeddings(report.out)
    assert table.rows == 3
    assert not report.findings
    # The L2A tile of this place alone carries the shift, as the fixture takes it.
    row = table.values[table.ids.index("433D_629L_3_1")]
    with np.load(fixture) as published:
        assert np.abs(row - published["433D_629L_3_1_224"]).max() < 1e-6


def test_real_seasons_are_encoded_by_an_encoder_of_ones_own(
    shared, ssl4eo_cubes, tmp_path
):
    fixture = shared / "fixtures" / "encoders" / "mean_baseline.npz"
    if not fixture.is_file():
        pytest.skip("the encoder fixtures are not in the shared folder")
    own = load_encoder(f"{Path(__file__).parents[1] / 'l2a_points.py'}:L2APoints")
    report = encode_folder(ssl4eo_cubes, own, tmp_path / "l2a.parquet")
    table = read_embeddings(report.out)
    assert (report.rows, report.dims) == (3, 3072)
    with np.load(fixture) as published:
        for place, row in zip(table.ids, table.values, strict=True):
            assert np.abs(row - published[f"l2a_{place}"].ravel()).max() < 1e-6


def test_cubes_without_l1c_and_s1_are_refused_by_the_mean_baseline(
    ssl4eo_cubes, tmp_path
):
    with pytest.raises(CubeError, match="None of the 3 cubes"):
        encode_folder(ssl4eo_cubes, MeanEncoder(), tmp_path / "mean.parquet")
