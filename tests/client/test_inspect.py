import numpy as np
import pytest

from neucobench.client.inspect import inspect_file
from neucobench.client.rules import rules_of
from neucobench.embeddings.files import write_embeddings
from neucobench.embeddings.table import EmbeddingTable
from neucobench.errors import EmbeddingError, UsageError
from neucobench.evaluation.protocol import protocol


@pytest.fixture
def phase(rules_document):
    """Return the settings of the phase ``test``, some of them changed."""

    def phase(**changes):
        rules_document["settings"].update(changes)
        return rules_of(rules_document, server="https://a.example").settings

    return phase


@pytest.fixture
def write(tmp_path):
    """Return a function that writes an embedding file of ten cubes."""

    def write(dims=4, name="mine.parquet", **metadata):
        values = np.random.default_rng(0).normal(size=(10, dims)).astype(np.float32)
        ids = tuple(f"cube-{n}" for n in range(10))
        path = tmp_path / name
        write_embeddings(
            EmbeddingTable(ids=ids, values=values, metadata=metadata), path
        )
        return path

    return write


def _errors(found):
    return [item.code for item in found.findings if item.level == "error"]


def test_a_good_file_is_fit(phase, write):
    found = inspect_file(write(), phase(), protocol_name="neuco-1.1")
    assert found.fit
    assert found.bytes_per_vector == 16


def test_too_many_dimensions_are_an_error(phase, write):
    found = inspect_file(write(9), phase(), protocol_name="neuco-1.1")
    assert _errors(found) == ["too-wide"]
    assert not found.fit


def test_a_vector_of_too_many_bytes_is_an_error(phase, write):
    rules = phase(max_vector_bytes=15)
    found = inspect_file(write(), rules, protocol_name="neuco-1.1")
    assert _errors(found) == ["too-many-bytes"]


def test_a_file_over_the_limit_is_refused_unread_with_the_limit(phase, tmp_path):
    path = tmp_path / "mine.npz"
    path.write_bytes(bytes(5001))
    rules = phase(max_upload_bytes=5000)
    with pytest.raises(
        EmbeddingError, match="5,001 bytes; the phase takes at most 5,0"
    ):
        inspect_file(path, rules, protocol_name="neuco-1.1")


def test_cubes_without_an_embedding_are_an_error_where_they_are_known(phase, write):
    ids = [f"cube-{n}" for n in range(11)]
    found = inspect_file(write(), phase(), protocol_name="neuco-1.1", ids=ids)
    assert _errors(found) == ["missing-ids"]


def test_a_transductive_file_is_refused_where_the_phase_says_so(phase, write):
    rules = phase(transductive=False)
    found = inspect_file(
        write(transductive="true"), rules, protocol_name="neuco-1.1", transductive=True
    )
    assert _errors(found) == ["transductive"]


def test_a_file_that_says_it_is_transductive_must_be_declared(phase, write):
    path = write(transductive="true")
    silent = inspect_file(path, phase(), protocol_name="neuco-1.1")
    said = inspect_file(path, phase(), protocol_name="neuco-1.1", transductive=True)
    assert _errors(silent) == ["transductive"]
    assert said.fit


def test_a_strict_protocol_takes_no_empty_cells(phase, tmp_path, monkeypatch):
    path = tmp_path / "mine.csv"
    path.write_text("id,0,1\na,,2\nb,1,2\n")
    assert inspect_file(path, phase(), protocol_name="neuco-1.1").fit
    strict = protocol("neuco-1.1").model_copy(update={"strict_cells": True})
    monkeypatch.setattr("neucobench.client.inspect.protocol", lambda _: strict)
    with pytest.raises(EmbeddingError):
        inspect_file(path, phase(), protocol_name="neuco-1.1")


def test_files_that_are_none_get_a_sentence(phase, tmp_path):
    with pytest.raises(UsageError, match="embedding files end in"):
        inspect_file(tmp_path / "x.txt", phase(), protocol_name="neuco-1.1")
    with pytest.raises(EmbeddingError, match="no file that exists"):
        inspect_file(tmp_path / "x.csv", phase(), protocol_name="neuco-1.1")
