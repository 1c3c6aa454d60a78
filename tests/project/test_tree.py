"""The top level, and what may not be in any file."""

import re
import tomllib
from pathlib import Path

CONTENT = ("codecs", "tasks", "leaderboard")
TOP_LEVEL = {
    *CONTENT,
    ".ci",
    ".gitignore",
    "CHANGELOG.md",
    "CITATION.cff",
    "CONTRIBUTING.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "constraints-numpy2.txt",
    "constraints.txt",
    "docs",
    "mkdocs.yml",
    "neucobench",
    "pyproject.toml",
    "tests",
}
ADDED_BY_THE_SDIST = {"PKG-INFO"}
LARGEST = 2**20

# Written so that this file does not match itself.
MACHINE_PATH = re.compile(r"(?<![\w.~-])/(?:home|opt|root|work|Users|private)/\w")
SCRATCH_PATH = re.compile(r"(?<![\w.~-])/(?:tmp|var/tmp)\b")
PACKAGE_INDEX = re.compile(
    r"index[-_]url|find[-_]links|trusted[-_]host|no[-_]index|\bpy[p]i\b", re.IGNORECASE
)


def _matches(texts: dict[Path, str], pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path}: {match.group()}"
        for path, text in texts.items()
        for match in pattern.finditer(text)
    ]


def test_the_top_level_holds_only_what_the_architecture_names(tracked_files, checkout):
    found = {path.relative_to(checkout).parts[0] for path in tracked_files}
    assert found - ADDED_BY_THE_SDIST == TOP_LEVEL


def test_no_file_is_larger_than_one_mebibyte_but_weights_on_a_card(
    tracked_files, checkout
):
    cards = [
        tomllib.loads(card.read_text(encoding="utf-8"))
        for card in (checkout / "codecs").glob("*.toml")
    ]
    weights = {
        checkout / "codecs" / entry["file"]
        for card in cards
        for entry in card.get("weights", ())
        if "repo" not in entry
    }
    limits = {path: LARGEST * (1 + 3 * (path in weights)) for path in tracked_files}
    too_large = [path for path, most in limits.items() if path.stat().st_size > most]
    assert too_large == []


def test_no_file_names_a_path_of_one_machine(tracked_texts):
    assert _matches(tracked_texts, MACHINE_PATH) == []


def test_documents_name_no_scratch_folder(tracked_texts, pages):
    texts = {path: tracked_texts[path] for path in pages}
    assert _matches(texts, SCRATCH_PATH) == []


def test_no_file_names_a_package_index(tracked_texts):
    assert _matches(tracked_texts, PACKAGE_INDEX) == []


def test_the_content_folders_hold_no_python(checkout):
    found = [path for name in CONTENT for path in (checkout / name).rglob("*.py")]
    assert found == []


def test_each_content_folder_says_first_where_its_code_is(checkout):
    for name in CONTENT:
        text = (checkout / name / "README.md").read_text(encoding="utf-8")
        opening = text.split("\n\n")[:2]
        assert "neucobench/" in " ".join(opening), name


def test_every_package_folder_is_a_package(checkout):
    modules = (checkout / "neucobench").rglob("*.py")
    folders = {path.parent for path in modules}
    assert [path for path in folders if not (path / "__init__.py").is_file()] == []
