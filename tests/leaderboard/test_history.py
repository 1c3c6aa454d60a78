import json
import os

import pytest

from neucobench.errors import ResultError, UnknownNameError
from neucobench.leaderboard.history import read_states, replay
from neucobench.leaderboard.published import published_path, read_published

HEADER = "updated,phase,commit,commit_time,rank,team,mean_q\n"
STATES = (
    "x,dev,c1,2025-03-01T10:00:00+00:00,1,a,10.0\n"
    "x,dev,c1,2025-03-01T10:00:00+00:00,2,b,11.0\n"
    "x,dev,c2,2025-03-01T11:00:00+00:00,1,b,11.0\n"
    "x,dev,c2,2025-03-01T11:00:00+00:00,2,a,10.0\n"
    "x,dev,c2,2025-03-01T11:00:00+00:00,3,c,1.0\n"
)


@pytest.fixture
def history(tmp_path):
    """Return a function that writes a history and reads its states."""

    def read(text, name="history.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return read_states(path)

    return read


@pytest.fixture(scope="module")
def published():
    """Return what the shipped history of the 2025 challenge shows, by phase."""
    phases = replay(read_states(published_path("cvpr2025-history")))
    return {phase.phase: phase for phase in phases}


def test_a_swap_is_two_unchanged_teams_in_another_order(history):
    (phase,) = replay(history(HEADER + STATES))
    assert [swap.teams for swap in phase.swaps] == [("a", "b")]
    assert (phase.transitions, phase.compared, phase.not_monotone) == (1, 2, 1)


def test_a_team_whose_score_changed_did_not_swap(history):
    (phase,) = replay(history(HEADER + STATES.replace("1,b,11.0", "1,b,12.0")))
    assert phase.swaps == ()


def test_states_are_ordered_by_time_not_by_line(history):
    lines = STATES.splitlines(keepends=True)
    (phase,) = replay(history(HEADER + "".join(lines[2:] + lines[:2])))
    assert phase.first < phase.last
    assert len(phase.swaps) == 1


def test_phases_are_replayed_apart(history):
    one, two = replay(history(HEADER + STATES.replace(",dev,c2", ",test,c2")))
    assert (one.phase, two.phase) == ("dev", "test")
    assert one.swaps == two.swaps == ()


def test_the_2025_history_has_276_states(published):
    assert sum(phase.states for phase in published.values()) == 276


def test_the_2025_history_has_39_swaps_in_29_transitions(published):
    swaps = {name: len(phase.swaps) for name, phase in published.items()}
    assert swaps == {"(single)": 0, "Dev phase": 36, "Test phase": 3}
    assert sum(phase.transitions for phase in published.values()) == 29


@pytest.mark.parametrize(
    ("phase", "compared", "not_monotone"),
    [("Dev phase", 185, 139), ("Test phase", 21, 8)],
)
def test_the_2025_ranks_were_not_those_of_mean_q(
    published, phase, compared, not_monotone
):
    found = published[phase]
    assert (found.compared, found.not_monotone) == (compared, not_monotone)


def test_the_shipped_history_is_the_published_one(checkout, shared):
    shipped = checkout / "leaderboard" / "published" / "cvpr2025-history.csv"
    source = shared / "data" / "e2s-leaderboard-history.csv"
    assert shipped.read_bytes() == source.read_bytes()


@pytest.mark.parametrize(
    ("name", "phase", "first", "entries"),
    [
        ("cvpr2025-test", "Test phase", "404 Embedding Not Found", 11),
        ("cvpr2025-dev", "Dev phase", "AI4G Intern Squad", 14),
    ],
)
def test_the_final_boards_are_the_last_states(name, phase, first, entries):
    board = read_published(published_path(name))
    states = read_states(published_path("cvpr2025-history"))
    last = max(
        (state for state in states if state.phase == phase), key=lambda s: s.time
    )
    assert {row.team: row for row in board.rows} == last.rows
    assert (board.date, board.rows[0].team, len(board.rows)) == (
        last.time,
        first,
        entries,
    )


def test_a_team_name_is_kept_to_the_character():
    states = read_states(published_path("cvpr2025-history"))
    assert "__#bold team__|[e]" in states[0].rows


def test_a_published_board_is_a_history_of_one_state():
    (phase,) = replay(read_states(published_path("cvpr2025-test")))
    assert (phase.phase, phase.states, phase.compared) == ("test", 1, 1)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "no column 'phase'"),
        (HEADER, "no states"),
        (HEADER.replace("team", "name") + STATES, "no column 'team'"),
        (HEADER + STATES.replace(",1,a,", ",x,a,"), "line 2: rank is 'x'"),
        (HEADER + STATES.replace("10.0", "nan"), "line 2: mean_q is 'nan'"),
        (HEADER + STATES.replace("2025-03-01T10", "noon"), "line 2: commit_time"),
        (HEADER + "x,dev\n", "line 2 has not as many cells"),
        (HEADER + STATES.replace(",2,b,", ",2,a,"), "stands there twice"),
    ],
)
def test_a_wrong_history_is_a_sentence(history, text, complaint):
    with pytest.raises(ResultError, match=complaint):
        history(text)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"schema": "other"}, "schema"),
        ({"date": "2025-04-05"}, "date"),
        ({"rows": [{"rank": 0, "team": "a", "mean_q": 1.0}]}, "rows.0.rank"),
        ({"extra": 1}, "extra"),
    ],
)
def test_a_wrong_published_board_is_a_sentence(history, change, complaint):
    document = json.loads(published_path("cvpr2025-test").read_text(encoding="utf-8"))
    with pytest.raises(ResultError, match=complaint):
        history(json.dumps(document | change), name="board.json")


@pytest.mark.parametrize("name", ["nothing.csv", "nothing.json"])
def test_a_missing_file_is_a_sentence(tmp_path, name):
    with pytest.raises(ResultError, match="nothing"):
        read_states(tmp_path / name)


def test_bytes_that_are_not_text_are_a_sentence(tmp_path):
    path = tmp_path / "history.csv"
    path.write_bytes(HEADER.encode() + b"\xff\n")
    with pytest.raises(ResultError, match="not a readable CSV file"):
        read_states(path)


def test_an_unknown_name_gets_the_nearest_one():
    with pytest.raises(UnknownNameError, match="'cvpr2025-history'"):
        published_path("cvpr2025-histori")


def test_a_text_beside_the_boards_is_none_of_them():
    with pytest.raises(UnknownNameError):
        published_path("README")


def test_a_board_in_a_folder_of_the_user_has_a_name(tmp_path, monkeypatch):
    monkeypatch.setenv("NEUCOBENCH_PATH", str(tmp_path))
    own = tmp_path / "leaderboard" / "published" / "mine.csv"
    own.parent.mkdir(parents=True)
    own.write_text(HEADER)
    assert published_path("mine") == own


def test_a_pipe_is_an_error_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "history.csv")
    with pytest.raises(ResultError, match="not a regular file"):
        read_states(tmp_path / "history.csv")
