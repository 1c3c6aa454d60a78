import io
import json
import threading
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from neucobench.server.refusals import Busy
from neucobench.server.submissions import inspect
from neucobench.server.submissions.inspect import inspect_file

MEBIBYTE = 2**20


@pytest.fixture
def staged(sqlite_stage):
    """Return a challenge that keeps its ids to itself."""
    return sqlite_stage()


@pytest.fixture
def children(monkeypatch):
    """Return the largest memory of each process that has looked into a file."""
    seen = []
    run = inspect.subprocess.run

    def watched(command, **options):
        script = (
            "import runpy, sys\n"
            "from neucobench.machine import peak_memory\n"
            f"try: runpy.run_module({command[-1]!r}, run_name='__main__')\n"
            "finally:\n"
            " print(peak_memory(), file=sys.stderr)\n"
        )
        done = run(
            [command[0], "-P", "-c", script],
            **(options | {"stderr": inspect.subprocess.PIPE}),
        )
        words = done.stderr.split()
        seen.append(int(words[-1]) if words and words[-1].isdigit() else None)
        return done

    monkeypatch.setattr(inspect.subprocess, "run", watched)
    return seen


def look(staged, content, name="mine.csv"):
    incoming = staged.incoming(content, name)
    return inspect_file(staged.context, incoming, staged.phase)


def sentence(staged, content, name):
    """Return the one error about a file that cannot be read."""
    found = look(staged, content, name)
    assert [finding.code for finding in found.errors] == ["unreadable"]
    assert str(staged.context.settings.folder) not in found.errors[0].message
    return found.errors[0].message


def as_npz(**arrays):
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def as_parquet(table, **options):
    file = io.BytesIO()
    pq.write_table(table, file, **options)
    return file.getvalue()


def test_a_good_file_has_facts_and_no_errors(staged):
    found = look(staged, staged.csv())
    assert (found.rows, found.dims, found.bytes_per_vector) == (40, 4, 16)
    assert found.errors == ()


@pytest.mark.parametrize("name", ["mine.npz", "mine.parquet"])
def test_the_other_formats_are_read_too(staged, name):
    vectors = np.random.default_rng(0).normal(size=(40, 4)).astype(np.float32)
    ids = staged.small.IDS
    kind = pa.list_(pa.float32(), 4)
    content = (
        as_npz(ids=np.array(ids), embeddings=vectors)
        if name.endswith("npz")
        else as_parquet(
            pa.table({"id": ids, "embedding": pa.array(list(vectors), kind)})
        )
    )
    found = look(staged, content, name)
    assert (found.rows, found.errors) == (40, ())


def test_missing_ids_are_an_error_that_names_none_where_ids_are_hidden(staged):
    found = look(staged, staged.csv(ids=staged.small.IDS[:-2]))
    (error,) = found.errors
    assert (error.code, error.count) == ("missing-ids", 2)
    assert "cube" not in error.message.replace("cubes", "")


def test_missing_ids_are_named_where_the_phase_reveals_them(sqlite_stage):
    staged = sqlite_stage(reveals_ids="true")
    (error,) = look(staged, staged.csv(ids=staged.small.IDS[:-2])).errors
    assert "'cube038', 'cube039'" in error.message


def test_a_phase_that_reveals_everything_names_ids(sqlite_stage):
    staged = sqlite_stage(reveals='"everything"')
    (error,) = look(staged, staged.csv(ids=staged.small.IDS[:-1])).errors
    assert "'cube039'" in error.message


def test_unknown_ids_are_a_warning_that_names_none(staged):
    found = look(staged, staged.csv(ids=[*staged.small.IDS, "stranger"]))
    assert found.errors == ()
    (warning,) = [item for item in found.findings if item.code == "unknown-ids"]
    assert (warning.count, "stranger" in warning.message) == (1, False)


def test_the_likely_cause_is_told_without_an_id(staged):
    ids = [f"data/{name}.zarr.zip" for name in staged.small.IDS]
    (error,) = look(staged, staged.csv(ids=ids)).errors
    assert "hold a path" in error.message
    assert "data/" not in error.message


def test_vectors_beyond_the_cap_are_an_error(staged):
    (error,) = look(staged, staged.csv(dims=9)).errors
    assert error.code == "too-wide"


def test_vectors_beyond_the_bytes_budget_are_an_error(sqlite_stage):
    staged = sqlite_stage(max_vector_bytes="15")
    (error,) = look(staged, staged.csv()).errors
    assert error.code == "too-many-bytes"


def test_nothing_in_the_order_or_the_environment_leads_to_labels_or_secrets(
    staged, monkeypatch
):
    monkeypatch.setenv("NEUCOBENCH_DATABASE", "postgresql://host:password@db/x")
    seen = {}
    run = inspect.subprocess.run

    def watched(command, **options):
        seen.update(options)
        return run(command, **options)

    monkeypatch.setattr(inspect.subprocess, "run", watched)
    look(staged, staged.csv())
    order = json.loads(seen["input"])
    assert "labels" not in json.dumps(order).replace("/labels0", "")
    assert "password" not in json.dumps(seen["env"])


def test_the_message_has_the_participants_name_for_the_file(staged):
    message = sentence(staged, b"id,0\na,1\na,2\n", "my file.csv")
    assert message.startswith("my file.csv: 1 id is in more than one row")


@pytest.mark.slow
def test_a_zip_bomb_ends_in_a_sentence_and_in_bounded_memory(staged, children):
    zeros = np.zeros((3 * 2**14, 2**12), np.float32)  # 768 MiB in less than 1
    content = as_npz(ids=np.array(staged.small.IDS), embeddings=zeros)
    assert len(content) < 2 * MEBIBYTE
    assert "memory" in sentence(staged, content, "bomb.npz")
    assert children[0] < 800 * MEBIBYTE


def test_a_zip_that_states_a_size_beyond_all_measure_is_a_sentence(staged, children):
    header = b"\x93NUMPY\x01\x00"
    shape = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1000000, 900000), }"
    shape = shape.ljust(117) + b"\n"
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        ids = io.BytesIO()
        np.save(ids, np.array(staged.small.IDS))
        archive.writestr("ids.npy", ids.getvalue())
        member = header + len(shape).to_bytes(2, "little") + shape
        archive.writestr("embeddings.npy", member + bytes(64))
    assert sentence(staged, file.getvalue(), "bomb.npz").startswith("bomb.npz")
    assert children[0] < 800 * MEBIBYTE


@pytest.mark.slow
def test_a_parquet_bomb_ends_in_a_sentence_and_in_bounded_memory(staged, children):
    rows = 3 * 2**15
    cells = pa.array(np.zeros(rows * 2**11, np.float32))  # 768 MiB
    table = pa.table(
        {
            "id": pa.array([f"{row}" for row in range(rows)]),
            "embedding": pa.FixedSizeListArray.from_arrays(cells, 2**11),
        }
    )
    content = as_parquet(table, compression="zstd")
    assert len(content) < 4 * MEBIBYTE
    assert "memory" in sentence(staged, content, "bomb.parquet")
    assert children[0] is None or children[0] < 800 * MEBIBYTE


def test_a_parquet_file_that_states_more_rows_than_it_has_is_a_sentence(staged):
    table = pa.table({"id": ["a"] * 3, "0": [0.0] * 3})
    content = bytearray(as_parquet(table, write_statistics=False))
    footer = int.from_bytes(content[-8:-4], "little")
    start = len(content) - 8 - footer
    # num_rows is a zigzag varint after the schema: 3 is 6, put a large one there.
    place = content.index(b"\x16\x06", start)
    content[place + 1 : place + 2] = b"\xfe\xff\xff\xff\x0f"
    content[-8:-4] = (footer + 4).to_bytes(4, "little")
    message = sentence(staged, bytes(content), "bomb.parquet")
    assert message.startswith("bomb.parquet")


@pytest.mark.slow
def test_ids_that_repeat_a_billion_times_are_a_sentence(staged, children):
    ids = pa.array(["x" * 1000] * 2**21).dictionary_encode()  # 2 GiB as text
    table = pa.table({"id": ids, "0": pa.array(np.zeros(2**21, np.float32))})
    content = as_parquet(table)
    assert len(content) < 4 * MEBIBYTE
    assert sentence(staged, content, "bomb.parquet").startswith("bomb.parquet")


def test_an_endless_header_is_a_sentence(staged, children):
    message = sentence(staged, b"id," + b"1," * 20 * MEBIBYTE, "line.csv")
    assert message.startswith("line.csv")
    assert children[0] is None or children[0] < 900 * MEBIBYTE


def test_an_endless_row_is_a_sentence(staged, children):
    message = sentence(staged, b"id,0\n" + b"1" * 64 * MEBIBYTE, "line.csv")
    assert message.startswith("line.csv")


def test_an_endless_quoted_row_is_a_sentence(staged):
    message = sentence(staged, b'id,0\n"' + b"1\n" * 16 * MEBIBYTE, "line.csv")
    assert message.startswith("line.csv")


def test_pickled_objects_are_never_loaded(staged):
    objects = np.array([{"a": 1}] * 40, dtype=object)
    content = as_npz(ids=np.array(staged.small.IDS), embeddings=objects)
    assert "Python objects" in sentence(staged, content, "mine.npz")


@pytest.mark.parametrize("name", ["mine.npz", "mine.parquet", "mine.csv"])
@pytest.mark.parametrize("keep", [0, 1, 10, -9, -100])
def test_a_truncated_file_is_a_sentence(staged, name, keep):
    vectors = np.ones((40, 4), np.float32)
    content = {
        "mine.npz": lambda: as_npz(ids=np.array(staged.small.IDS), embeddings=vectors),
        "mine.parquet": lambda: as_parquet(
            pa.table({"id": staged.small.IDS, "0": vectors[:, 0]})
        ),
        "mine.csv": staged.csv,
    }[name]()[:keep]
    assert look(staged, content, name).errors[0].message


def test_a_file_that_takes_too_long_is_a_sentence(staged, monkeypatch):
    monkeypatch.setattr(inspect, "LEAST_SECONDS", 1)
    monkeypatch.setattr(inspect, "BYTES_PER_SECOND", 2**40)
    rows = "".join(f"c{row},x{row}\n" for row in range(1_500_000))
    message = sentence(staged, ("id,0\n" + rows).encode(), "slow.csv")
    assert "more than 1 seconds" in message


def test_a_server_with_too_much_to_do_says_so(staged, monkeypatch):
    def late(command, **options):
        raise inspect.subprocess.TimeoutExpired(command, options["timeout"])

    monkeypatch.setattr(inspect.subprocess, "run", late)
    with pytest.raises(Busy, match="too much to do"):
        look(staged, staged.csv())


def test_no_more_files_are_looked_into_at_once_than_there_are_cores(
    staged, monkeypatch
):
    monkeypatch.setattr(inspect, "_turns", threading.BoundedSemaphore(1))
    inside, most = [], []
    run = inspect.subprocess.run

    def watched(*given, **options):
        inside.append(1)
        most.append(len(inside))
        done = run(*given, **options)
        inside.pop()
        return done

    monkeypatch.setattr(inspect.subprocess, "run", watched)
    content = staged.csv()
    threads = [threading.Thread(target=look, args=(staged, content)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1, 1, 1]
