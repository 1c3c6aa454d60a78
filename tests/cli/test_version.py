"""The text of ``neucobench --version``."""

import pytest

from neucobench import __version__
from neucobench.cli import version


def _rows() -> dict[str, str]:
    lines = version.describe_environment().splitlines()
    return dict(line.split(maxsplit=1) for line in lines)


def test_the_first_line_is_the_version():
    first = version.describe_environment().splitlines()[0]
    assert first.split() == ["neucobench", __version__]


@pytest.mark.parametrize("name", [*version.PACKAGES, "python", "platform", "cores"])
def test_what_decides_a_result_is_named(name):
    assert _rows()[name]


def test_a_missing_package_is_said_to_be_missing(monkeypatch):
    monkeypatch.setattr(version, "PACKAGES", ("surely-not-installed",))
    assert _rows()["surely-not-installed"] == "not installed"
