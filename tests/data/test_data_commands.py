import json

import pytest
import typer
from typer.testing import CliRunner

from neucobench.cli import data
from neucobench.errors import CubeError, DownloadError


@pytest.fixture
def run():
    """Return a function that runs one of the commands as from a shell."""
    app = typer.Typer()
    app.command("download")(data.download)
    app.command("check")(data.check)

    def invoke(*arguments):
        result = CliRunner().invoke(app, [str(item) for item in arguments])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return invoke


def test_check_of_a_whole_folder_exits_with_0(run, published):
    result = run("check", published)
    assert result.exit_code == 0
    assert "3 cubes in 9 files (s1, s2l1c, s2l2a) are whole" in result.stderr
    assert result.stdout == ""


def test_check_names_what_is_wrong_and_exits_with_1(run, published):
    for path in published.glob("data/s1/*/a.zarr.zip"):
        path.write_bytes(b"no zip")
    result = run("check", published)
    assert result.exit_code == 1
    assert "a.zarr.zip: this is not a zip file" in result.stderr
    assert "error: 1 of 3 cubes cannot be read: a." in result.stderr


def test_check_prints_one_json_document_and_nothing_else(run, published):
    for path in published.glob("data/s1/*/a.zarr.zip"):
        path.unlink()
    result = run("check", published, "--json")
    assert result.exit_code == 1
    document = json.loads(result.stdout)
    assert document["problems"][0]["kind"] == "missing"
    assert document["findings"][0]["code"] == "missing-cubes"


def test_check_of_many_problems_shows_the_first_and_counts_the_rest(run, published):
    part = published / "data" / "s1" / "part-000000"
    for number in range(25):
        (part / f"x{number:02d}.zarr.zip").write_bytes(b"")
    result = run("check", published)
    assert "... and 55 more; --json has all." in result.stderr


def test_check_of_no_folder_is_a_sentence(run, tmp_path):
    with pytest.raises(CubeError, match="does not exist"):
        run("check", tmp_path / "absent")


def test_download_says_what_it_did(run, hub, tmp_path):
    result = run("download", tmp_path, "--modality", "s1", "--modality", "s2l2a")
    assert result.exit_code == 0
    assert f"holds 8 files of {hub.repository} at {hub.commit}" in result.stderr
    assert "8 downloaded" in result.stderr
    assert result.stdout == ""


def test_download_prints_one_json_document(run, hub, tmp_path):
    result = run("download", tmp_path, "--labels-only", "--revision", "v1", "--json")
    document = json.loads(result.stdout)
    assert document["commit"] == hub.commit
    assert (document["files"], document["downloaded"]) == (2, 2)


def test_download_from_a_hub_out_of_reach_is_a_sentence(run, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(DownloadError, match="run the same command again"):
        run("download", tmp_path)
