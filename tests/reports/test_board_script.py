"""What the board's page does in a browser; skipped where there is none."""

import re
import shutil
import subprocess
from dataclasses import replace

import pytest

from neucobench.leaderboard.tables import TaskEntry
from neucobench.reports.page import write_board_page

BROWSER = shutil.which("chromium")

pytestmark = pytest.mark.skipif(
    BROWSER is None, reason="the browser 'chromium' is not installed"
)


@pytest.fixture
def shown(make_board, tmp_path):
    """Return a function that opens the board at an address and returns its rows."""
    return browser(write_board_page(make_board(("beta", "alpha", "gamma")), tmp_path))


def browser(path):
    """Return the same for any board's page."""

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
                f"--user-data-dir={path.parent / 'profile'}",
                "--dump-dom",
                f"{path.as_uri()}#{state}",
            ],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        body = re.search(r'<tbody id="entries">(.*?)</tbody>', done.stdout, re.DOTALL)
        rows = re.findall(
            r'<tr([^>]*)>.*?<bdi>(\w+)</bdi>.*?data-q="[^>]*>([^<]*)<',
            body[1],
            re.DOTALL,
        )
        return [('hidden=""' in signs, name, cell) for signs, name, cell in rows]

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


def test_the_address_chooses_the_rule(make_board, tmp_path):
    board = make_board(("uneven", "even"), tasks=("crops", "forest", "nodata"))
    q = {"uneven": (60.0, 10.0, 10.0), "even": (20.0, 20.0, 20.0)}
    entries = tuple(
        replace(
            entry,
            mean_q=sum(q[entry.method]) / 3,
            tasks={
                task: TaskEntry(q=value, rank=1, mean=0.5, std=0.1)
                for task, value in zip(board.tasks, q[entry.method], strict=True)
            },
        )
        for entry in board.entries
    )
    show = browser(write_board_page(replace(board, entries=entries), tmp_path))
    assert [name for _, name, _ in show("rule=mean-q")] == ["uneven", "even"]
    assert [name for _, name, _ in show("rule=borda")] == ["even", "uneven"]
