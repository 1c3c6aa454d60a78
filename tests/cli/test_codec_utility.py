"""``neucobench codec utility`` as a user types it."""

import json

import pytest
from typer.testing import CliRunner

from neucobench.cli.app import app
from neucobench.data.sample import make_sample_world
from neucobench.embeddings.files import read_embeddings
from neucobench.errors import UsageError

SMALL = ("--task", "landcover_forest", "--dims", "8", "--store", "float32")


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Return a sample world of 20 cubes; tests must not change it."""
    folder = tmp_path_factory.mktemp("world")
    make_sample_world(folder, cubes=20, size=16)
    return folder


@pytest.fixture
def utility(world, block_codecs, tmp_path):
    """Return a function that runs the command in this process."""

    def run(*arguments):
        labels, out = str(world / "labels"), str(tmp_path / "out")
        command = ("codec", "utility", str(world), "--labels", labels, "--out", out)
        return CliRunner().invoke(app, [*command, *arguments])

    return run


def test_the_tables_show_every_rate_and_every_storage(utility):
    result = utility("--codec", "blocks", "--rates", "10,1000", *SMALL)
    assert result.exit_code == 0, result.output
    lines = [line.split() for line in result.stdout.splitlines() if line.strip()]
    assert [line[0] for line in lines[:6]] == [
        *("vectors", "original", "decoded", "latents", "decoded", "latents")
    ]
    assert lines[2][1:3] == ["blocks", "10"]
    assert lines[6] == ["dimensions", "float32"]
    assert lines[7][:3] == ["8", "mean", "Q"]
    assert lines[8] == ["bytes", "32"]


def test_messages_say_that_it_is_synthetic_and_where_the_files_are(utility, tmp_path):
    result = utility("--codec", "blocks", "--rates", "100", *SMALL)
    assert "synthetic" in result.stderr
    assert f"Table and figures: {tmp_path / 'out'}" in result.stderr


def test_json_is_the_document_and_nothing_else(utility, tmp_path):
    result = utility("--codec", "blocks", "--rates", "100", *SMALL, "--json")
    document = json.loads(result.stdout)
    assert document == json.loads((tmp_path / "out" / "utility.json").read_text())
    assert [point["input"] for point in document["points"]] == [
        *("original", "decoded", "latents", "original", "original")
    ]


def test_without_rates_those_of_the_card_are_taken(utility):
    result = utility("--codec", "blocks", *SMALL, "--json")
    rates = [point["rate"] for point in json.loads(result.stdout)["points"]]
    assert rates == [None, 10, 10, 100, 100, 1000, 1000, None, None]


def test_another_encoder_and_its_options_are_used(utility):
    options = ("--encoder", "dct", "--option", "block=1", *SMALL, "--json")
    result = utility("--codec", "blocks", "--rates", "100", *options)
    document = json.loads(result.stdout)
    assert document["encoder"]["name"] == "dct"
    assert document["encoder"]["options"]["block"] == "1"
    assert document["points"][0]["dims"] == 48


def test_an_unknown_codec_is_a_wrong_command_line(neucobench, world):
    done = neucobench(
        *("codec", "utility", world, "--labels", world / "labels"),
        *("--codec", "tec-fb"),
    )
    assert done.returncode == 2
    assert "Did you mean 'tec-fp'" in done.stderr


def test_labels_that_are_missing_are_bad_input(neucobench, world, tmp_path):
    done = neucobench(
        *("codec", "utility", world, "--labels", tmp_path / "none"),
        *("--codec", "tec-fp", "--rates", "10"),
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "utility").exists()


def test_rates_of_two_codecs_are_given_by_name(utility):
    codecs = ("--codec", "blocks,plain-blocks")
    rates = ("--rates", "blocks=10", "--rates", "plain-blocks=100")
    document = json.loads(utility(*codecs, *rates, *SMALL, "--json").stdout)
    settings = {(point["codec"], point["rate"]) for point in document["points"]}
    assert settings == {(None, None), ("blocks", 10), ("plain-blocks", 100)}


def test_weights_of_the_user_s_own_go_to_their_rate(utility, tmp_path):
    file = tmp_path / "own.pt"
    file.write_bytes(b"")
    result = utility("--codec", "blocks", "--weights", f"blocks:100={file}", *SMALL)
    assert result.exit_code == 0, result.output
    record = next((tmp_path / "out" / "embeddings").glob("*-latents-*.parquet"))
    assert str(file) in read_embeddings(record).metadata["options"]


@pytest.mark.parametrize(
    "wrong", [("--rates", "a"), ("--dims", "8,,9"), ("--rates", "tec=1")]
)
def test_what_cannot_be_read_is_refused(utility, wrong):
    result = utility("--codec", "blocks", *wrong)
    assert isinstance(result.exception, UsageError)
