import json
import subprocess
import sys

import pytest

from neucobench.client.kit import write_kit
from neucobench.client.rules import read_rules
from neucobench.errors import InputError, UnknownNameError


@pytest.fixture
def kit(connect, tmp_path):
    """Return a kit for the phase ``open`` of the real server."""
    return write_kit(connect(), challenge="quiz", phase="open", folder=tmp_path / "kit")


def test_a_kit_holds_an_encoder_the_rules_and_the_commands(kit):
    assert {path.name for path in kit.folder.iterdir()} == {
        "README.md",
        "RULES.md",
        "encoder.py",
        "ids.txt",
        "rules.json",
    }
    assert len((kit.folder / "ids.txt").read_text().splitlines()) == kit.ids
    assert read_rules(kit.folder / "rules.json") == kit.rules
    readme = (kit.folder / "README.md").read_text()
    assert "--url http://testserver --phase open" in readme
    assert "--ids ids.txt --dims 16" in readme
    rules = (kit.folder / "RULES.md").read_text()
    assert "at most 16 dimensions" in rules
    assert "| What is shown | All scores of all tasks. |" in rules


@pytest.mark.slow
def test_the_kits_encoder_runs_as_it_is(kit, world):
    command = (kit.folder / "README.md").read_text().split("$ ")[1].split("\n")[0]
    words = command.replace("CUBES", str(world)).split()
    run = [sys.executable, "-m", *words]
    done = subprocess.run(
        run, cwd=kit.folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "80 rows of 16 dimensions" in done.stderr


def test_without_a_phase_it_is_the_one_that_opens_first(connect, tmp_path):
    found = write_kit(connect(), challenge=None, folder=tmp_path / "kit")
    assert found.rules.phase in found.phases == ("coded", "open")


def test_a_phase_alone_names_its_challenge(connect, tmp_path):
    found = write_kit(connect(), challenge=None, phase="coded", folder=tmp_path / "kit")
    assert (found.rules.challenge, found.rules.phase) == ("quiz", "coded")


def test_a_phase_that_is_not_there_leaves_no_folder(connect, tmp_path):
    with pytest.raises(UnknownNameError, match="'open'"):
        write_kit(connect(), challenge="quiz", phase="opne", folder=tmp_path / "kit")
    assert not (tmp_path / "kit").exists()


def test_a_folder_with_something_in_it_is_left_alone(connect, tmp_path):
    (tmp_path / "kit").mkdir()
    (tmp_path / "kit" / "mine.py").write_text("x")
    with pytest.raises(InputError, match="not empty"):
        write_kit(connect(), challenge="quiz", folder=tmp_path / "kit")
    assert [path.name for path in (tmp_path / "kit").iterdir()] == ["mine.py"]


def test_an_empty_folder_will_do(connect, tmp_path):
    (tmp_path / "kit").mkdir()
    found = write_kit(connect(), challenge="quiz", folder=tmp_path / "kit")
    assert (found.folder / "README.md").is_file()


def test_names_of_a_hostile_server_are_no_markup_and_no_path(
    told, rules_document, tmp_path, monkeypatch
):
    import httpx2

    monkeypatch.chdir(tmp_path)
    rules_document |= {
        "challenge": "../../evil",
        "title": "<script>x</script> [a](javascript:b)",
        "description": "one\n\n$ rm -rf ~",
    }
    listed = [{"challenge": "../../evil", "phases": [{"phase": "test"}]}]

    def answer(request):
        if request.url.path.endswith("/challenges"):
            return httpx2.Response(200, json=listed)
        if request.url.path.endswith("/ids"):
            return httpx2.Response(200, text="a\nb\n")
        return httpx2.Response(200, json=rules_document)

    found = write_kit(told(answer), challenge=None)
    assert found.folder.resolve().parent == tmp_path
    assert found.ids == 2
    readme = (found.folder / "README.md").read_text()
    assert "<script>" not in readme
    assert "--ids ids.txt" in readme
    rules = (found.folder / "RULES.md").read_text()
    assert "\n$ rm" not in rules
    assert json.loads((found.folder / "rules.json").read_text())["challenge"] == (
        "../../evil"
    )
