"""torchvision that imports is left alone; one without operators is made to import."""

import subprocess
import sys

import pytest

from neucobench.errors import MissingExtraError
from neucobench.torchvision_shim import import_with_torchvision

SOUND = "VERSION = 1\n"
BROKEN = """
import torch

schema = "torchvision::nms"
if not hasattr(torch.ops.torchvision, "nms"):
    raise RuntimeError(f"operator {schema} does not exist")
assert hasattr(torch.ops.torchvision, "qnms")
"""
OTHERWISE = "raise RuntimeError('no such luck')\n"
USER = "import torchvision\nimport warnings\nwarnings.warn('old', DeprecationWarning)\n"
SCRIPT = """
import sys
import torch
from neucobench.torchvision_shim import import_with_torchvision

import_with_torchvision("user_of_torchvision", extra="models")
print(sys.modules["torchvision"].__file__)
print(hasattr(torch.ops.torchvision, "nms"))
"""


def _run(folder, torchvision: str) -> subprocess.CompletedProcess:
    (folder / "torchvision.py").write_text(torchvision)
    (folder / "user_of_torchvision.py").write_text(USER)
    code = f"import sys; sys.path.insert(0, {str(folder)!r})\n{SCRIPT}"
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        check=False,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(("torchvision", "declared"), [(SOUND, False), (BROKEN, True)])
def test_operators_are_declared_only_where_they_are_missing(
    tmp_path, torchvision, declared
):
    done = _run(tmp_path, torchvision)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        str(tmp_path / "torchvision.py"),
        str(declared),
    ]


def test_any_other_error_of_torchvision_is_not_hidden(tmp_path):
    assert "RuntimeError: no such luck" in _run(tmp_path, OTHERWISE).stderr


def test_a_package_that_is_missing_comes_with_the_command_that_installs_it():
    with pytest.raises(MissingExtraError, match=r"neucobench\[models\]"):
        import_with_torchvision("no_such_package_of_models", extra="models")


def test_what_is_installed_imports():
    assert import_with_torchvision("timm", extra="models").__name__ == "timm"
