import json

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from neucobench.cli.check import check
from neucobench.embeddings.files import write_embeddings
from neucobench.embeddings.storage import quantize
from neucobench.embeddings.table import EmbeddingTable
from neucobench.errors import EmbeddingError, LabelError, UsageError


@pytest.fixture
def run():
    """Return a function that runs ``check ARGUMENTS``."""
    app = typer.Typer()
    app.command()(check)

    def run(*arguments):
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    return run


@pytest.fixture
def file(tmp_path):
    """Return an embedding file of four cubes: a, b, c, d."""
    values = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
    path = tmp_path / "method.csv"
    write_embeddings(EmbeddingTable(ids=tuple("abcd"), values=values), path)
    return path


@pytest.fixture
def id_file(tmp_path):
    """Return a function that writes a list of ids."""

    def write(ids):
        path = tmp_path / "ids.txt"
        path.write_text("\n".join(ids), encoding="utf-8")
        return path

    return write


def test_a_good_file_exits_with_0_and_says_what_it_holds(run, file):
    done = run(file)
    assert done.exit_code == 0
    assert "4 vectors of 3 dimensions; ready to be scored." in done.stderr
    assert done.stdout == ""


def test_an_error_among_the_findings_exits_with_1(run, file, id_file):
    done = run(file, "--ids", id_file("abcde"))
    assert done.exit_code == 1
    assert "error: 1 of 5 cubes have no embedding: 'e'." in done.stderr
    assert "errors: 1, warnings: 0." in done.stderr


def test_a_warning_alone_exits_with_0(run, file, id_file):
    done = run(file, "--ids", id_file("abc"))
    assert done.exit_code == 0
    assert "warning: 1 of 4 embeddings belong to none of the cubes" in done.stderr


def test_json_is_one_document_on_standard_output(run, file, id_file):
    done = run(file, "--ids", id_file("abcde"), "--json", "--dims", 5)
    document = json.loads(done.stdout)
    assert done.exit_code == 1
    assert {key: document[key] for key in ("file", "rows", "dims", "ok")} == {
        "file": str(file),
        "rows": 4,
        "dims": 3,
        "ok": False,
    }
    assert len(document["sha256"]) == 64
    assert [item["code"] for item in document["findings"]] == [
        "narrower",
        "missing-ids",
    ]


def test_a_file_of_more_bytes_than_allowed_fails(run, file):
    assert run(file, "--max-bytes", 12).exit_code == 0
    done = run(file, "--max-bytes", 11)
    assert done.exit_code == 1
    assert "error: A vector takes 12 bytes (3 dimensions as float32)" in done.stderr


def test_quantized_vectors_count_as_they_are_stored(run, tmp_path):
    values = np.random.default_rng(0).normal(size=(40, 9)).astype(np.float32)
    ids = tuple(f"{row:04d}" for row in range(40))
    path = tmp_path / "method.parquet"
    write_embeddings(quantize(EmbeddingTable(ids=ids, values=values), "binary"), path)
    done = run(path, "--max-bytes", 2)
    assert done.exit_code == 0
    assert "40 vectors of 9 dimensions, 2 bytes each (binary)" in done.stderr
    failed = run(path, "--max-bytes", 1, "--json")
    document = json.loads(failed.stdout)
    assert failed.exit_code == 1
    assert (document["storage"], document["bytes_per_vector"]) == ("binary", 2)
    assert "too-many-bytes" in [item["code"] for item in document["findings"]]


def test_what_the_reader_noticed_is_reported(run, tmp_path):
    path = tmp_path / "method.csv"
    path.write_text("id,0,1\na,1,2\nb,x,3\n", encoding="utf-8")
    document = json.loads(run(path, "--json").stdout)
    assert document["ok"]
    assert [item["code"] for item in document["findings"]] == ["cells-set-to-zero"]


def test_labels_are_counted_for_each_task(run, file, tmp_path):
    folder = tmp_path / "labels"
    folder.mkdir()
    (folder / "t__regr.csv").write_text("id,label\na,1\ne,2\n", encoding="utf-8")
    done = run(file, "--labels", folder)
    assert done.exit_code == 0
    assert "[t] 1 of 2 labeled cubes have no embedding: 'e'." in done.stderr


def test_cubes_are_told_by_their_file_names(run, file, tmp_path):
    part = tmp_path / "cubes" / "s1" / "part-000000"
    part.mkdir(parents=True)
    for name in "abcd":
        (part / f"{name}.zarr.zip").touch()
    assert run(file, "--cubes", tmp_path / "cubes").exit_code == 0


def test_a_file_that_cannot_be_read_is_an_error(run, tmp_path):
    done = run(tmp_path / "none.csv")
    assert isinstance(done.exception, EmbeddingError)
    assert done.stdout == ""


def test_a_file_that_cannot_be_read_is_a_finding_in_json(run, tmp_path):
    done = run(tmp_path / "none.csv", "--json")
    assert isinstance(done.exception, EmbeddingError)
    document = json.loads(done.stdout)
    assert (document["ok"], document["rows"]) == (False, None)
    assert [item["code"] for item in document["findings"]] == ["unreadable"]


def test_bad_labels_are_an_error_of_their_own(run, file, tmp_path):
    done = run(file, "--labels", tmp_path / "none", "--json")
    assert isinstance(done.exception, LabelError)
    assert done.stdout == ""


def test_only_one_way_to_say_what_is_expected(run, file, tmp_path):
    done = run(file, "--labels", tmp_path, "--cubes", tmp_path)
    assert isinstance(done.exception, UsageError)


def test_an_unknown_ending_is_a_wrong_command_line(run, tmp_path):
    assert isinstance(run(tmp_path / "method.txt", "--json").exception, UsageError)
