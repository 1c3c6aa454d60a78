"""What users rely on: the names to import, what importing costs, the commands."""

import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

import neucobench
from neucobench.cli.app import app

NAMES = [
    "Board",
    "EmbeddingTable",
    "Evaluation",
    "build_board",
    "evaluate",
    "read_embeddings",
    "read_evaluation",
    "write_embeddings",
]
COMMANDS = {
    "admin challenge announce",
    "admin backup",
    "admin challenge archive",
    "admin challenge close",
    "admin challenge create",
    "admin challenge dates",
    "admin challenge list",
    "admin challenge split",
    "admin export",
    "admin import",
    "admin invite",
    "admin password",
    "admin rescore",
    "admin restore",
    "admin token",
    "admin user add",
    "admin user delete",
    "admin user list",
    "admin user role",
    "demo",
    "data sample",
    "data download",
    "data check",
    "encode",
    "encoders",
    "encoders show",
    "codecs",
    "codecs show",
    "codec compare",
    "codec compress",
    "codec decompress",
    "codec info",
    "codec inpaint",
    "codec inpaint-evaluate",
    "codec train",
    "codec utility",
    "tasks",
    "tasks show",
    "suites",
    "suites show",
    "protocols",
    "protocols show",
    "boards",
    "boards show",
    "check",
    "evaluate",
    "board build",
    "board history",
    "init",
    "rehearse",
    "report",
    "serve",
    "submit",
}
HEAVY = (
    "av",
    "compressai",
    "distributed",
    "fastapi",
    "httpx2",
    "imagecodecs",
    "matplotlib",
    "numba",
    "pandas",
    "polars",
    "pyarrow",
    "sklearn",
    "sqlalchemy",
    "torch",
)


def _commands() -> set[str]:
    """Return the full name of every command that can be run."""

    def walk(command, name: str) -> set[str]:
        # Not isinstance: typer carries its own copy of click, or uses the package.
        if not hasattr(command, "commands"):
            return {name}
        found = {name} if command.invoke_without_command and name else set()
        for child, subcommand in command.commands.items():
            found |= walk(subcommand, f"{name} {child}".strip())
        return found

    return walk(typer.main.get_command(app), "")


def _loaded_by(statement: str) -> set[str]:
    """Return the heavy packages that a fresh process has loaded after a statement."""
    code = f"import sys\n{statement}\nprint(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True
    )
    return {*HEAVY, "zarr"} & set(run.stdout.split())


def test_the_public_names_are_these():
    assert neucobench.__all__ == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_can_be_imported(name):
    assert getattr(neucobench, name).__doc__


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nothing_like_this"):
        _ = neucobench.nothing_like_this


def test_importing_the_package_loads_nothing_heavy():
    assert _loaded_by("import neucobench") == set()


def test_importing_the_command_line_loads_nothing_heavy():
    assert _loaded_by("import neucobench.cli.app") == set()


def test_the_commands_are_these():
    assert _commands() == COMMANDS


@pytest.mark.parametrize("name", sorted({*COMMANDS, "board", "data"}))
def test_every_command_has_help_with_an_example(name):
    result = CliRunner().invoke(app, [*name.split(), "--help"])
    assert result.exit_code == 0
    assert f"Example: neucobench {name.split()[0]}" in " ".join(result.stdout.split())


def test_the_command_line_runs_as_a_module():
    command = [sys.executable, "-m", "neucobench", "--version"]
    run = subprocess.run(command, capture_output=True, check=True, text=True)
    assert run.stdout.split()[:2] == ["neucobench", neucobench.__version__]
