"""What the board's page does in a browser; skipped where there is none."""

import re
import shutil
import subprocess

import pytest

from neucobench.reports.page import write_board_page

BROWSER = shutil.which("chromium")

pytestmark = pytest.mark.skipif(
    BROWSER is None, reason="the browser 'chromium' is not installed"
)


@pytest.fixture
def shown(make_board, tmp_path):
    """Return a function that opens the board at an address and returns its rows."""
    path = write_board_page(make_board(("beta", "alpha", "gamma")), tmp_path)

    def show(state):
        done = subprocess.run(
            [
                BROWSER,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                f"--user-data-dir={tmp_path / 'profile'}",
                "--dump-dom",
                f"{path.as_uri()}#{state}",
            ],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        body = re.search(r'<tbody id="entries">(.*?)</tbody>', done.stdout, re.DOTALL)
        return re.findall(
            r'<tr( hidden="")?>.*?<bdi>(\w+)</bdi>.*?data-q="[^>]*>([^<]*)<',
            body[1],
            re.DOTALL,
        )

    return show


def test_the_address_sorts_the_table(shown):
    rows = shown("sort=method&order=ascending")
    assert [name for _, name, _ in rows] == ["alpha", "beta", "gamma"]


def test_the_address_finds_a_method(shown):
    rows = shown("find=ALPHA")
    assert [name for hidden, name, _ in rows if not hidden] == ["alpha"]


def test_the_address_chooses_what_cells_show(shown):
    rows = shown("show=rank&sort=task:crops&order=descending")
    assert [cell for _, _, cell in rows] == ["3", "2", "1"]
