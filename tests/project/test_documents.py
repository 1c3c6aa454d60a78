"""README and docs/: every page is reachable, every link and command exists."""

import ast
import importlib
import re
import shlex

import pytest
import typer
import yaml

from neucobench.cli.app import app

BLOCK = re.compile(r"^```(?:console|bash|sh)\n(.*?)^```", re.MULTILINE | re.DOTALL)
PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def _nav_files(entry) -> list[str]:
    """Return the files of a navigation entry, nested ones included."""
    if isinstance(entry, str):
        return [entry]
    items = entry.values() if isinstance(entry, dict) else entry
    return [file for item in items for file in _nav_files(item)]


def _commands_in(text: str) -> list[str]:
    """Return the neucobench commands of the shell blocks, continued lines joined."""
    found = []
    for block in BLOCK.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            command = line.removeprefix("$ ").strip()
            if command.startswith("neucobench "):
                found.append(command)
    return found


def _options(command) -> set[str]:
    """Return the options of one command, as they are typed."""
    return {option for item in command.params for option in item.opts}


def _problem(command: str) -> str | None:
    """Return what is wrong with the words of a command, or None."""
    words = shlex.split(command, comments=True)[1:]
    current = typer.main.get_command(app)
    known = {"--help", "-h", *_options(current)}
    if words[0] == "--content":
        words = words[2:]
    # Not isinstance: typer carries its own copy of click, or uses the package.
    while words and words[0] in getattr(current, "commands", ()):
        current = current.commands[words.pop(0)]
        known |= _options(current)
    incomplete = not getattr(current, "invoke_without_command", True)
    if incomplete and not any(word.startswith("-") for word in words[:1]):
        return f"no such command: {command}"
    options = {word.split("=")[0] for word in words if re.match(r"--?[a-z]", word)}
    unknown = options - known
    return f"no such option: {sorted(unknown)} in {command}" if unknown else None


@pytest.fixture(scope="module")
def nav(checkout):
    """Return the pages that the navigation names."""
    text = (checkout / "mkdocs.yml").read_text(encoding="utf-8")
    return set(_nav_files(yaml.safe_load(text)["nav"]))


def test_every_page_is_in_the_navigation(nav, pages, checkout):
    docs = checkout / "docs"
    found = {str(page.relative_to(docs)) for page in pages if docs in page.parents}
    notebooks = {name for name in nav if name.endswith(".ipynb")}
    assert found == nav - notebooks


def test_every_notebook_of_the_navigation_exists(nav, checkout):
    assert [name for name in nav if not (checkout / "docs" / name).is_file()] == []


def test_relative_links_lead_somewhere(pages, tracked_texts):
    links = [
        (page, target.split("#")[0])
        for page in pages
        for target in LINK.findall(tracked_texts[page])
        if "://" not in target and not target.startswith("mailto:")
    ]
    broken = [link for link in links if not (link[0].parent / link[1]).exists()]
    assert broken == []


def test_commands_in_the_documents_exist(pages, tracked_texts):
    problems = [
        f"{page.name}: {problem}"
        for page in pages
        for command in _commands_in(tracked_texts[page])
        if (problem := _problem(command))
    ]
    assert problems == []


def test_python_in_the_documents_imports_what_exists(pages, tracked_texts):
    missing = []
    for page in pages:
        for block in PYTHON.findall(tracked_texts[page]):
            for node in ast.walk(ast.parse(block)):
                if isinstance(node, ast.ImportFrom) and node.module:
                    module = importlib.import_module(node.module)
                    names = [alias.name for alias in node.names]
                    missing += [
                        f"{page.name}: {node.module}.{name}"
                        for name in names
                        if not hasattr(module, name)
                    ]
    assert missing == []


def test_the_readme_names_the_two_commands(checkout):
    text = (checkout / "README.md").read_text(encoding="utf-8")
    assert "make demo" in text
    assert "make test" in text


def test_every_code_of_a_finding_is_documented(checkout):
    page = (checkout / "docs" / "files.md").read_text(encoding="utf-8")
    sources = "".join(
        path.read_text(encoding="utf-8")
        for path in (checkout / "neucobench").rglob("*.py")
    )
    codes = set(re.findall(r'code ?= ?"([a-z-]+)"', sources))
    codes |= set(re.findall(r'_(?:warn|warning|finding)\(\s*"([a-z-]+)"', sources))
    assert len(codes) > 20
    assert {code for code in codes if f"`{code}`" not in page} == set()
