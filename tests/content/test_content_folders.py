import re
import subprocess

import pytest
from pydantic import BaseModel

from neucobench.codecs.card import CodecCard, codec_card, codec_names
from neucobench.codecs.training.recipe import TrainingRecipe
from neucobench.content import TOP_FOLDERS, card_paths, load_card, read_toml
from neucobench.encoders.base import ENCODER_FAMILIES, ENCODERS
from neucobench.encoders.card import EncoderCard, encoder_card, encoder_card_names
from neucobench.encoders.recipe import Recipe
from neucobench.encoders.tables import TableEncoder
from neucobench.errors import CardError
from neucobench.evaluation.protocol import Protocol
from neucobench.leaderboard.card import BoardCard, board_card, board_card_names
from neucobench.leaderboard.published import read_published
from neucobench.tasks.card import Suite, TaskCard, suite, suite_names, task_names

MODELS: dict[str, type[BaseModel]] = {
    "codecs": CodecCard,
    "codecs/encoders": EncoderCard,
    "codecs/recipes": Recipe,
    "leaderboard/boards": BoardCard,
    "tasks": TaskCard,
    "tasks/protocols": Protocol,
    "tasks/suites": Suite,
}
MIB = 2**20


@pytest.fixture(scope="module")
def content_files(checkout):
    """Return every file in the three content folders."""
    return [
        path
        for folder in TOP_FOLDERS
        for path in sorted((checkout / folder).rglob("*"))
        if path.is_file()
    ]


def test_no_code_lies_in_the_content_folders(content_files):
    assert {path.suffix for path in content_files} <= {
        *(".toml", ".md", ".json", ".csv", ".safetensors")
    }


def test_every_card_lies_in_a_section_that_has_a_model(checkout, content_files):
    sections = {
        path.parent.relative_to(checkout).as_posix()
        for path in content_files
        if path.suffix == ".toml" and path.parent.name != "weights"
    }
    assert sections - {"codecs/weights"} == set(MODELS)  # numbers, and no cards


@pytest.mark.parametrize("section", MODELS)
def test_every_card_loads(section):
    paths = card_paths(section)
    assert paths
    for path in paths.values():
        training = read_toml(path).get("kind") == "training"
        load_card(path, TrainingRecipe if training else MODELS[section])


@pytest.mark.parametrize("section", MODELS)
def test_a_name_that_two_folders_define_names_both_files(
    section, checkout, tmp_path, monkeypatch
):
    shipped = sorted((checkout / section).glob("*.toml"))[0]
    own = tmp_path / section / shipped.name
    own.parent.mkdir(parents=True)
    own.write_bytes(shipped.read_bytes())
    monkeypatch.setenv("NEUCOBENCH_PATH", str(tmp_path))
    with pytest.raises(CardError) as caught:
        card_paths(section)
    assert str(own) in str(caught.value)
    assert f"{section}/{shipped.name}" in str(caught.value)


def test_a_content_folder_that_does_not_exist_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setenv("NEUCOBENCH_PATH", str(tmp_path / "nowhere"))
    with pytest.raises(CardError, match="nowhere"):
        card_paths("tasks")


def test_every_suite_names_tasks_that_exist():
    for name in suite_names():
        assert set(suite(name).tasks) <= set(task_names())


def test_every_board_names_a_suite_and_a_protocol_that_exist():
    for name in board_card_names():
        assert board_card(name).suite in suite_names()


def test_every_encoder_has_a_card_and_every_card_an_encoder():
    known = [*ENCODERS.names(), *ENCODER_FAMILIES.names(), TableEncoder.name]
    assert encoder_card_names() == sorted(known)


@pytest.mark.parametrize("name", ENCODERS.names())
def test_the_card_of_an_encoder_says_what_the_code_does(name):
    card, encoder = encoder_card(name), ENCODERS.load(name)()
    assert (card.dims, set(card.modalities)) == (encoder.dims, set(encoder.modalities))


def test_every_published_board_is_named_after_its_file(checkout):
    paths = sorted((checkout / "leaderboard" / "published").glob("*.json"))
    assert [read_published(path).name for path in paths] == [
        path.stem for path in paths
    ]


def test_the_first_line_of_every_readme_points_to_the_code(content_files):
    readmes = [path for path in content_files if path.name == "README.md"]
    assert {path.parent.name for path in readmes} >= set(TOP_FOLDERS)
    for readme in readmes:
        first = readme.read_text(encoding="utf-8").splitlines()[0]
        links = re.findall(r"\]\(([^)]+)\)", first)
        assert links
        assert all((readme.parent / link).exists() for link in links), readme


def test_no_card_holds_a_path_of_a_machine(content_files):
    for path in content_files:
        if path.suffix == ".safetensors":
            continue
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"(?<![\w.:/])/(home|tmp|work|root|Users)/", text), path


def test_no_file_is_larger_than_a_mebibyte_but_weights_on_a_card(checkout):
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=checkout,
        capture_output=True,
        check=False,
    )
    if listing.returncode != 0:
        pytest.skip("this is not a git checkout")
    names = [name for name in listing.stdout.decode().split("\0") if name]
    weights = {
        f"codecs/{entry.file}"
        for codec in codec_names()
        for entry in codec_card(codec).weights
        if entry.repo is None
    }
    paths = {checkout / name: MIB * (1 + 3 * (name in weights)) for name in names}
    assert [
        path
        for path, limit in paths.items()
        if path.is_file() and path.stat().st_size > limit
    ] == []
