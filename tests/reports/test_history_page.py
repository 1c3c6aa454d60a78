import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta

import pytest

from neucobench.leaderboard.history import State, read_states
from neucobench.leaderboard.published import PublishedRow, published_path
from neucobench.reports.history_view import history_view
from neucobench.reports.page import write_history_page

HOSTILE = "</script><script>alert(1)</script>'\"><img src=x onerror=alert(2)>"
BROWSER = shutil.which("chromium")


def state(minute, *rows, phase="dev"):
    """Return a state in which the teams stand in the order in which they are given."""
    return State(
        phase=phase,
        time=datetime(2026, 5, 4, 12, tzinfo=UTC) + timedelta(minutes=minute),
        rows={
            team: PublishedRow(rank=rank, team=team, mean_q=mean_q)
            for rank, (team, mean_q) in enumerate(rows, start=1)
        },
    )


SWAP = [
    state(0, ("reds", 9.0), ("blues", 8.0)),
    state(1, ("greens", 9.5), ("blues", 8.0), ("reds", 9.0)),
]


@pytest.fixture(scope="module")
def published():
    """Return the 276 states of 2025."""
    return read_states(published_path("cvpr2025-history"))


def test_a_swap_is_told_with_both_teams_and_their_ranks():
    (swap,) = history_view(SWAP, title="t").phases[0].swaps
    assert swap.teams == ("blues", "reds")
    assert swap.ranks == ((2, 2), (1, 3))
    assert swap.mean_q == (8.0, 9.0)
    assert (swap.before, swap.after) == ("2026-05-04 12:00", "2026-05-04 12:01")


def test_the_page_tells_the_39_swaps_of_2025(published, tmp_path, read_page):
    page = read_page(write_history_page(published, tmp_path, title="2025"))
    assert "39 times, in 29 of 276 states" in page.text
    assert "36 swaps between teams" in page.text
    rows = sum(len(phase.swaps) for phase in history_view(published, title="").phases)
    assert rows == 39


def test_every_team_of_2025_is_on_the_page(published, tmp_path, read_page):
    page = read_page(write_history_page(published, tmp_path, title="2025"))
    data = " ".join(page.values("data-states"))
    for team in {team for item in published for team in item.rows if team.isalnum()}:
        assert team in data


def test_the_same_states_give_the_same_bytes(tmp_path):
    pages = [
        write_history_page(SWAP, tmp_path / name, title="t").read_bytes()
        for name in ("a", "b")
    ]
    assert pages[0] == pages[1]


def test_the_page_loads_nothing(tmp_path, read_page):
    page = read_page(write_history_page(SWAP, tmp_path, title="t"))
    assert page.values("src", "srcset") == []
    assert page.count("link") == 0


def test_hostile_team_names_are_text(tmp_path, read_page):
    states = [
        state(0, (HOSTILE, 9.0), ("blues", 8.0)),
        state(1, ("greens", 9.5), ("blues", 8.0), (HOSTILE, 9.0)),
    ]
    page = read_page(write_history_page(states, tmp_path, title=HOSTILE))
    assert HOSTILE in page.text
    assert page.count("script") == 1
    assert page.count("img") == 0


def test_a_phase_without_swaps_says_so(tmp_path, read_page):
    page = read_page(write_history_page(SWAP[:1], tmp_path, title="t"))
    assert "No two teams changed places" in page.text


def test_a_state_without_teams_is_shown_empty(tmp_path):
    states = [state(0, ("reds", 9.0)), state(1)]
    assert write_history_page(states, tmp_path, title="t").is_file()


@pytest.mark.skipif(BROWSER is None, reason="the browser 'chromium' is not installed")
def test_the_address_chooses_the_state(tmp_path):
    path = write_history_page(SWAP, tmp_path, title="t")
    done = subprocess.run(
        [
            BROWSER,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            f"--user-data-dir={tmp_path / 'profile'}",
            "--dump-dom",
            f"{path.as_uri()}#phase-1=1",
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    table = re.search(r'<table class="dense state">(.*?)</table>', done.stdout, re.S)
    assert re.findall(r"<bdi>(\w+)</bdi>", table[1]) == ["reds", "blues"]
