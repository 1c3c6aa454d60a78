"""The command ``serve``, as far as it needs no server: what it says without one."""

import sys

import pytest

from neucobench.cli.serve import serve
from neucobench.errors import MissingExtraError


@pytest.mark.parametrize("package", ["fastapi", "sqlalchemy", "uvicorn"])
def test_without_the_extra_it_says_how_to_install_it(monkeypatch, tmp_path, package):
    for name in list(sys.modules):
        ours = ("neucobench.cli.serving", "neucobench.cli.first_start")
        if name.startswith(("neucobench.server", "neucobench.studies", *ours)):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match=r"neucobench\[server\]"):
        serve(tmp_path)
    assert list(tmp_path.iterdir()) == []
