"""The encoder of a study, and rows that are picked from tables."""

from pathlib import Path

import numpy as np
import pytest

from neucobench.embeddings.table import EmbeddingTable
from neucobench.errors import UnknownNameError, UsageError
from neucobench.studies.utility.request import CodecSetting, UtilityRequest
from neucobench.studies.utility.tables import load_reader, take


def request_for(**changes):
    return UtilityRequest(
        cubes=Path("cubes"),
        labels=Path("labels"),
        out=Path("out"),
        settings=(CodecSetting(codec="blocks", rate=10),),
        **changes,
    )


def test_an_encoder_that_chooses_its_inputs_reads_l2a_alone():
    assert load_reader(request_for()).modalities == ("s2l2a",)
    assert load_reader(request_for(encoder="dct")).modalities == ("s2l2a",)


def test_inputs_that_are_asked_for_are_kept():
    reader = load_reader(request_for(options={"inputs": "s2l2a,s1"}))
    assert reader.modalities == ("s2l2a", "s1")


def test_a_device_goes_to_the_encoders_that_take_one():
    options = {"mode": "gaussian", "features": "8"}
    reader = load_reader(
        request_for(encoder="mosaiks", options=options, device="cuda:7")
    )
    assert reader.device == "cuda:7"
    assert load_reader(request_for(device="cuda:7")).device == "cpu"


def test_a_wrong_option_is_named_as_it_was_given():
    with pytest.raises(UnknownNameError, match="statistic"):
        load_reader(request_for(options={"statistic": "mean"}))
    with pytest.raises(UnknownNameError, match="inputs"):
        load_reader(request_for(encoder="mean", options={"inputs": "s2l2a"}))


def test_embeddings_of_a_file_are_no_encoder_of_cubes():
    with pytest.raises(UsageError, match="reads an embedding file"):
        load_reader(request_for(encoder="table"))


def test_rows_are_taken_by_id_in_the_order_asked_for():
    values = np.arange(6, dtype=np.float32).reshape(3, 2)
    table = EmbeddingTable(ids=("a", "b", "c"), values=values, sha256="x")
    taken = take(table, ("c", "a"))
    assert taken.ids == ("c", "a")
    assert taken.sha256 is None
    np.testing.assert_array_equal(taken.values, values[[2, 0]])
    assert take(table, table.ids) is table
