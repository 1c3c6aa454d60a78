"""pyproject.toml, the constraint files and the version agree with the code."""

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

import neucobench

# Names to import where they differ from names to install.
IMPORTED_AS = {
    "argon2-cffi": "argon2",
    "huggingface-hub": "huggingface_hub",
    "pyyaml": "yaml",
    "scikit-learn": "sklearn",
}
# What the package imports only where a user asks for it.
EXTRAS = (
    *("cluster", "clouds", "codecs", "models", "postgres"),
    *("raster", "server", "terratorch"),
)
COMES_WITH = {"llvmlite": "numba"}
CONSTRAINTS = ("constraints.txt", "constraints-numpy2.txt")
DIFFER_WITH_NUMPY = {"numpy", "pandas", "pyarrow", "zarr"}


def _name(requirement: str) -> str:
    """Return the normalized name of a requirement, without extras and versions."""
    return re.split(r"[\[<>=!~; ]", requirement)[0].lower().replace("_", "-")


def _pins(path: Path) -> dict[str, str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    pairs = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {_name(name): version for name, version in pairs}


def _imported(package: Path) -> set[str]:
    """Return the top names of everything that the package imports, anywhere."""
    found = set()
    for path in package.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.split(".")[0])
    return found - set(sys.stdlib_module_names) - {"neucobench"}


@pytest.fixture(scope="module")
def project(checkout):
    """Return the table ``project`` of pyproject.toml."""
    text = (checkout / "pyproject.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)["project"]


def test_what_the_package_imports_is_what_it_asks_for(project, checkout):
    optional = project["optional-dependencies"]
    base = {_name(item) for item in project["dependencies"]}
    extras = {_name(item) for extra in EXTRAS for item in optional[extra]}
    imported = _imported(checkout / "neucobench")
    declared = {IMPORTED_AS.get(name, name.replace("-", "_")) for name in base}
    maybe = {IMPORTED_AS.get(name, name.replace("-", "_")) for name in extras}
    assert declared <= imported
    assert {COMES_WITH.get(name, name) for name in imported} <= declared | maybe


@pytest.mark.parametrize("constraints", CONSTRAINTS)
def test_every_dependency_is_pinned(project, checkout, constraints):
    asked = {_name(item) for item in project["dependencies"]}
    for items in project["optional-dependencies"].values():
        asked |= {_name(item) for item in items}
    assert asked - {"neucobench"} <= set(_pins(checkout / constraints))


def test_the_constraint_files_differ_only_where_numpy_decides(checkout):
    first, second = (_pins(checkout / name) for name in CONSTRAINTS)
    assert first.keys() == second.keys()
    assert {key for key in first if first[key] != second[key]} == DIFFER_WITH_NUMPY


def test_torch_is_pinned_to_one_version(checkout):
    assert {_pins(checkout / name)["torch"] for name in CONSTRAINTS} == {"2.13.0"}


def test_the_version_is_the_newest_in_the_changelog(checkout):
    text = (checkout / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## (\d+\.\d+\.\d+)", text, re.MULTILINE)
    assert newest
    assert newest.group(1) == neucobench.__version__


def test_the_citation_names_the_version(checkout):
    citation = yaml.safe_load((checkout / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == neucobench.__version__
    assert citation["license"] == "Apache-2.0"
