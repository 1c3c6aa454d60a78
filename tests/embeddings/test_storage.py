"""Tables in fewer bytes: what is kept, what is stated, and what is refused."""

import json
from base64 import b64encode
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from neucobench.embeddings import raw, storage
from neucobench.embeddings.files import read_embeddings, write_embeddings
from neucobench.embeddings.quantizers import STORAGES
from neucobench.embeddings.storage import (
    bytes_per_vector,
    quantization_error,
    quantize,
    storage_name,
    storage_parameters,
)
from neucobench.errors import EmbeddingError, UnknownNameError, UsageError

FEWER = STORAGES[1:]
every = pytest.mark.parametrize("name", FEWER)
coded = pytest.mark.parametrize("name", ["bfloat16", "int8", "binary"])
fitted = pytest.mark.parametrize("name", ["int8", "binary"])
endings = pytest.mark.parametrize("ending", [".parquet", ".npz"])


def bits(table):
    return table.values.view(np.uint32)


@pytest.fixture
def table(make_table):
    """Return a table of 50 rows and 13 dimensions, with metadata."""
    return make_table(rows=50, dims=13, metadata={"encoder": "mean"}, name="mine")


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a table and returns the path."""

    def write(table, ending=".parquet", name="table"):
        write_embeddings(table, tmp_path / f"{name}{ending}")
        return tmp_path / f"{name}{ending}"

    return write


@every
@endings
def test_a_file_gives_back_the_quantized_values_bit_for_bit(table, write, name, ending):
    quantized = quantize(table, name)
    found = read_embeddings(write(quantized, ending))
    assert found.ids == table.ids
    assert found.values.dtype == np.float32
    np.testing.assert_array_equal(bits(found), bits(quantized))
    assert dict(found.metadata) == dict(quantized.metadata)
    assert found.findings == ()


@every
@endings
def test_a_file_that_is_read_and_written_again_keeps_its_bytes(
    table, write, name, ending
):
    first = write(quantize(table, name), ending, "first")
    second = write(read_embeddings(first), ending, "second")
    assert second.read_bytes() == first.read_bytes()


@every
def test_from_one_format_to_the_other_nothing_changes(table, write, name):
    quantized = quantize(table, name)
    there = read_embeddings(write(quantized))
    back = read_embeddings(write(there, ".npz"))
    np.testing.assert_array_equal(bits(back), bits(quantized))
    assert back.metadata == quantized.metadata


@every
def test_a_csv_file_holds_the_same_bits_as_float32(table, write, name):
    quantized = quantize(table, name)
    found = read_embeddings(write(quantized, ".csv"))
    np.testing.assert_array_equal(bits(found), bits(quantized))
    assert bytes_per_vector(found) == 4 * 13


@pytest.mark.parametrize(
    ("name", "size", "shared"),
    [("float16", 26, 0), ("bfloat16", 26, 0), ("int8", 13, 104), ("binary", 2, 156)],
)
def test_the_bytes_are_stated(table, name, size, shared):
    quantized = quantize(table, name)
    assert quantized.metadata["encoder"] == "mean"
    assert quantized.metadata["storage"] == storage_name(quantized) == name
    assert quantized.metadata["bytes_per_vector"] == str(size)
    assert bytes_per_vector(quantized) == size
    assert int(quantized.metadata.get("storage_parameter_bytes", 0)) == shared


@every
@endings
def test_a_file_takes_the_bytes_that_are_stated(make_table, write, name, ending):
    table = make_table(rows=2000, dims=256)
    quantized = quantize(table, name)
    shared = int(quantized.metadata.get("storage_parameter_bytes", 0))
    ids = 2000 * 16  # four characters of four bytes, in npz
    # In npz the parameters are text of four bytes a character.
    room = 6 * shared + ids + 4000
    assert (
        write(quantized, ending).stat().st_size
        < 2000 * bytes_per_vector(quantized) + room
    )


def test_float32_keeps_everything_and_says_nothing(table, write):
    plain = quantize(quantize(table, "float32"), "float32")
    assert plain.values is table.values
    assert dict(plain.metadata) == {"encoder": "mean"}
    assert bytes_per_vector(plain) == 52
    assert write(plain).read_bytes() == write(table, name="other").read_bytes()


@every
def test_a_quantized_table_can_be_stored_plainly_again(table, name):
    quantized = quantize(table, name)
    plain = quantize(quantized, "float32")
    assert dict(plain.metadata) == {"encoder": "mean"}
    np.testing.assert_array_equal(plain.values, quantized.values)


@every
def test_quantizing_twice_changes_nothing(table, name):
    once = quantize(table, name)
    twice = quantize(once, name)
    np.testing.assert_array_equal(bits(twice), bits(once))
    assert twice.metadata == once.metadata


def test_another_storage_takes_the_place_of_the_first(table):
    again = quantize(quantize(table, "int8"), "float16")
    assert set(again.metadata) == {"encoder", "storage", "bytes_per_vector"}


def test_what_was_quantized_is_no_longer_the_file_it_was_read_from(table, write):
    found = quantize(read_embeddings(write(table)), "int8")
    assert (found.path, found.sha256) == (None, None)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("float32", 0, 0),
        ("float16", 1e-4, 3e-4),
        ("bfloat16", 1e-3, 2.5e-3),
        ("int8", 0.005, 0.01),  # six deviations over 255 steps, over root 12
        ("binary", 0.59, 0.62),  # root of 1 - 2 / pi for a normal distribution
    ],
)
def test_the_error_of_normal_vectors_is_the_one_to_be_expected(
    make_table, name, low, high
):
    table = make_table(rows=1000, dims=50)
    assert low <= quantization_error(table, quantize(table, name)) <= high


def test_the_error_does_not_depend_on_scale_and_counts_the_spread_alone(make_table):
    table = make_table(rows=400, dims=20)
    error = quantization_error(table, quantize(table, "int8"))
    larger = replace(table, values=table.values * 64)
    moved = replace(table, values=table.values + 100)
    assert quantization_error(larger, quantize(larger, "int8")) == pytest.approx(error)
    # Between 64 and 128 half floats are a sixteenth apart.
    assert quantization_error(moved, quantize(moved, "float16")) == pytest.approx(
        1 / 16 / np.sqrt(12), rel=0.05
    )
    means = replace(table, values=np.tile(table.values.mean(axis=0), (400, 1)))
    assert quantization_error(table, means) == pytest.approx(1, rel=1e-6)


def test_the_error_of_equal_rows_is_nothing_or_everything(make_table):
    flat = make_table(values=np.ones((5, 4), np.float32))
    assert quantization_error(flat, quantize(flat, "int8")) == 0
    other = replace(flat, values=flat.values + 1)
    assert quantization_error(flat, other) == float("inf")


def test_an_error_between_different_rows_is_refused(make_table):
    with pytest.raises(EmbeddingError, match="5 rows of 4 dimensions and 6"):
        quantization_error(make_table(), make_table(rows=6))


@fitted
def test_parameters_of_one_table_serve_another(make_table, write, name):
    train, test = make_table(rows=90), make_table(rows=40, seed=1)
    parameters = storage_parameters(quantize(train, name))
    quantized = quantize(test, name, parameters)
    stated = storage_parameters(quantized)
    for key in parameters.parameters:
        np.testing.assert_array_equal(getattr(stated, key), getattr(parameters, key))
    found = read_embeddings(write(quantized))
    np.testing.assert_array_equal(bits(found), bits(quantized))


def test_values_beyond_the_fitted_range_are_clipped_with_a_finding(make_table):
    train = make_table(rows=90)
    wide = replace(train, values=train.values * 2)
    parameters = storage_parameters(quantize(train, "int8"))
    quantized = quantize(wide, "int8", parameters)
    low, high = train.values.min(axis=0), train.values.max(axis=0)
    beyond = ((wide.values < low) | (wide.values > high)).sum()
    (finding,) = quantized.findings
    assert (finding.code, finding.level) == ("clipped-cells", "warning")
    assert finding.count == pytest.approx(beyond, abs=4)
    assert (quantized.values >= low).all()
    assert quantize(train, "int8").findings == ()


def test_parameters_of_another_storage_or_width_are_refused(table, make_table):
    parameters = storage_parameters(quantize(table, "int8"))
    with pytest.raises(UsageError, match="those of int8 storage, and binary"):
        quantize(table, "binary", parameters)
    with pytest.raises(EmbeddingError, match=r"for 13 dimensions, and .* have 4"):
        quantize(make_table(), "int8", parameters)


def test_an_unknown_storage_is_refused_with_the_nearest(table):
    with pytest.raises(UnknownNameError, match="Did you mean 'float16' or"):
        quantize(table, "float15")


@pytest.mark.parametrize(("name", "value"), [("float16", 1e5), ("bfloat16", 3.4e38)])
def test_a_value_that_does_not_fit_is_an_error(make_table, name, value):
    values = np.array([[1, value]], np.float32)
    with pytest.raises(EmbeddingError, match=f"{name} ends at"):
        quantize(make_table(rows=1, values=values), name)


def test_more_dimensions_than_parameters_are_kept_for_are_refused(make_table):
    wide = make_table(values=np.ones((1, 100_001), np.float32), ids=("a",))
    with pytest.raises(EmbeddingError, match="100,001 dimensions; int8"):
        quantize(wide, "int8")


@every
@endings
def test_values_that_were_changed_afterwards_are_not_written(
    table, write, tmp_path, name, ending
):
    quantized = quantize(table, name)
    changed = replace(quantized, values=quantized.values * np.float32(1.0001))
    with pytest.raises(EmbeddingError, match=f"'mine' says that .* {name}"):
        write(changed, ending)
    assert list(tmp_path.iterdir()) == []


@fitted
def test_dimensions_that_were_removed_afterwards_are_not_written(table, write, name):
    quantized = quantize(table, name)
    with pytest.raises(EmbeddingError, match=r"for 13 dimensions, and .* have 5"):
        write(replace(quantized, values=quantized.values[:, :5]))


@every
def test_many_blocks_and_batches_are_put_together(make_table, write, monkeypatch, name):
    table = make_table(rows=100, dims=9)
    whole = quantize(table, name)
    monkeypatch.setattr(storage, "_BLOCK_CELLS", 64)
    monkeypatch.setattr("neucobench.embeddings.parquet.BATCH_CELLS", 99)
    np.testing.assert_array_equal(bits(quantize(table, name)), bits(whole))
    np.testing.assert_array_equal(bits(read_embeddings(write(whole))), bits(whole))


def test_half_floats_are_numbers_for_other_readers_too(table, write):
    quantized = quantize(table, "float16")
    column = pq.read_table(write(quantized))["embedding"].combine_chunks()
    assert column.type == pa.list_(pa.float16(), 13)
    np.testing.assert_array_equal(
        column.flatten().to_numpy().reshape(50, 13), quantized.values
    )
    with np.load(write(quantized, ".npz")) as archive:
        assert archive["embeddings"].dtype == np.float16


@coded
def test_codes_are_bytes_that_nobody_takes_for_numbers(table, write, name):
    quantized = quantize(table, name)
    kind = pq.read_schema(write(quantized)).field("embedding").type
    assert kind == pa.binary(bytes_per_vector(quantized))
    with np.load(write(quantized, ".npz")) as archive:
        assert archive["embeddings"].dtype == f"V{bytes_per_vector(quantized)}"


@coded
def test_codes_whose_metadata_is_lost_are_refused(table, write, name, tmp_path):
    content = pq.read_table(write(quantize(table, name)))
    pq.write_table(content.replace_schema_metadata(None), tmp_path / "bare.parquet")
    with pytest.raises(EmbeddingError, match="must hold lists of numbers"):
        read_embeddings(tmp_path / "bare.parquet")
    with np.load(write(quantize(table, name), ".npz")) as archive:
        arrays = {key: archive[key] for key in ("ids", "embeddings")}
    np.savez(tmp_path / "bare.npz", **arrays)
    with pytest.raises(EmbeddingError, match=r"must be \(samples, dims\) numbers"):
        read_embeddings(tmp_path / "bare.npz")


@pytest.mark.parametrize("kind", [pa.list_(pa.float16()), pa.list_(pa.float16(), 2)])
def test_half_floats_of_others_are_known_as_such(tmp_path, write, kind):
    cells = [[np.float16(1.5), np.float16(-2)], [np.float16(3), np.float16(4)]]
    columns = {"id": pa.array(["a", "b"]), "embedding": pa.array(cells, kind)}
    pq.write_table(pa.table(columns), tmp_path / "other.parquet")
    np.savez(tmp_path / "other.npz", ids=["a", "b"], embeddings=np.float16(cells))
    for path in (tmp_path / "other.parquet", tmp_path / "other.npz"):
        found = read_embeddings(path)
        np.testing.assert_array_equal(found.values, cells)
        assert (storage_name(found), bytes_per_vector(found)) == ("float16", 4)
        np.testing.assert_array_equal(read_embeddings(write(found)).values, cells)


def _parameters(**arrays):
    return json.dumps(
        {
            key: b64encode(np.float32(numbers).tobytes()).decode()
            for key, numbers in arrays.items()
        }
    )


ONES = np.ones(13)
DAMAGE = [
    ({"storage": "int9"}, "Did you mean 'int8'"),
    ({"storage": "\x1b[2J"}, "Known: bfloat16, binary"),
    ({"storage": "float32"}, "must hold lists of numbers|numbers. Save it"),
    ({"storage": "float16"}, "says that the vectors are stored as float16"),
    ({"storage": "binary"}, "parameters of binary storage cannot be read"),
    ({"storage": "bfloat16", "bytes_per_vector": "13"}, "takes two for each"),
    ({"bytes_per_vector": "1"}, "states 1 bytes for each vector, and they take 13"),
    ({"bytes_per_vector": "x" * 99}, "states x{40} bytes"),
    ({"storage_parameters": ""}, "cannot be read"),
    ({"storage_parameters": "[" * 10**5}, "cannot be read"),
    ({"storage_parameters": "[]"}, "cannot be read"),
    ({"storage_parameters": '{"low": 1, "step": 2}'}, "cannot be read"),
    ({"storage_parameters": '{"low": "AAAA!", "step": "AAAA"}'}, "cannot be read"),
    ({"storage_parameters": '{"low": "AAA=", "step": "AAA="}'}, "cannot be read"),
    ({"storage_parameters": '{"low": "é", "step": ""}'}, "cannot be read"),
    ({"storage_parameters": _parameters(low=ONES)}, "cannot be read"),
    (
        {"storage_parameters": _parameters(low=ONES, step=ONES[1:])},
        r"of the lengths \[12, 13\]",
    ),
    (
        {"storage_parameters": _parameters(low=ONES * np.nan, step=ONES)},
        "some of them not finite",
    ),
    ({"storage_parameters": _parameters(low=[], step=[])}, "cannot be read|lengths"),
    (
        {"storage_parameters": _parameters(low=ONES[1:], step=ONES[1:])},
        "take 13 bytes, and int8 takes 12",
    ),
    (
        {"storage_parameters": _parameters(low=ONES * 1e30, step=ONES)},
        "too close together",
    ),
]


@endings
@pytest.mark.parametrize(("changed", "message"), DAMAGE)
def test_damaged_metadata_is_refused_with_a_sentence(
    table, write, tmp_path, ending, changed, message
):
    path = write(quantize(table, "int8"), ending)
    if ending == ".parquet":
        content = pq.read_table(path)
        old = {
            key.decode(): text.decode() for key, text in content.schema.metadata.items()
        }
        pq.write_table(content.replace_schema_metadata(old | changed), path)
    else:
        with np.load(path) as archive:
            arrays = dict(archive)
        old = json.loads(str(arrays["metadata"]))
        arrays["metadata"] = np.array(json.dumps(old | changed))
        np.savez(path, **arrays)
    with pytest.raises(EmbeddingError, match=message) as caught:
        read_embeddings(path)
    assert str(path) in str(caught.value)
    assert str(caught.value).isprintable()


def test_metadata_cannot_make_plain_vectors_smaller(table, write):
    content = pq.read_table(write(table))
    path = write(table)
    claims = {"storage": "float16", "bytes_per_vector": "26"}
    pq.write_table(content.replace_schema_metadata(claims), path)
    with pytest.raises(EmbeddingError, match=r"stored as float16, and .* float"):
        read_embeddings(path)


def test_codes_that_decode_to_infinity_are_refused_with_their_place(table, write):
    path = write(quantize(table, "bfloat16"), ".npz")
    with np.load(path) as archive:
        arrays = dict(archive)
    codes = arrays["embeddings"].view("<u2").reshape(50, 13).copy()
    codes[2, 5] = 0x7F80
    arrays["embeddings"] = codes.view("V26").ravel()
    np.savez(path, **arrays)
    with pytest.raises(EmbeddingError, match=r"row 3 \(id '0002'\), column '5'"):
        read_embeddings(path)


def test_codes_of_more_cells_than_the_limit_are_not_decoded(table, write, monkeypatch):
    paths = [
        write(quantize(table, "binary"), ending) for ending in (".parquet", ".npz")
    ]
    monkeypatch.setattr(raw, "MAX_CELLS", 600)
    for path in paths:
        with pytest.raises(EmbeddingError, match="50 rows of 13 dimensions; at most"):
            read_embeddings(path)


@endings
def test_a_changed_byte_of_a_code_is_noticed(make_table, write, ending):
    path = write(quantize(make_table(rows=200, dims=200), "int8"), ending)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(EmbeddingError, match="can be read"):
        read_embeddings(path)


def test_arrays_with_fields_are_no_codes(table, write):
    path = write(quantize(table, "int8"), ".npz")
    with np.load(path) as archive:
        arrays = dict(archive)
    arrays["embeddings"] = np.zeros(50, [("a", "u1", 13)])
    np.savez(path, **arrays)
    with pytest.raises(EmbeddingError, match="must be"):
        read_embeddings(path)
