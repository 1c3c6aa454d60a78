"""Leaderboards of EvalAI: what is accepted, what is refused, what becomes of them."""

import json

import pytest

from neucobench.errors import InputError, UnknownNameError, UsageError
from neucobench.leaderboard.history import read_states
from neucobench.leaderboard.published import read_published
from neucobench.server.boards.history import history, record_standing
from neucobench.server.challenges.phases import phase_of
from neucobench.server.operations.import_evalai import (
    add_to_history,
    read_leaderboard,
    write_published,
)
from neucobench.server.refusals import NotFound
from neucobench.server.tables import AuditEntry

HOSTILE = ("__#bold team__|[e]", "=HYPERLINK(1)", "<script>x</script>", "\x1b[2J")
PLAIN = """Rank,Participant team,Mean Q,Last submission at
1,Ada,15.225,2025-04-05 00:01:02.123456+00:00
2,Bea,16.5,2025-04-04 10:00:00+02:00
"""


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a file and returns its path."""

    def write(text, name="leaderboard.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return write


def test_rank_team_mean_q_and_the_newest_time_are_taken_over(write):
    board = read_leaderboard(write(PLAIN))
    assert [(row.rank, row.team, row.mean_q) for row in board.rows] == [
        (1, "Ada", 15.225),
        (2, "Bea", 16.5),
    ]
    assert board.as_dict()["date"] == "2025-04-05T00:01:02Z"


@pytest.mark.parametrize(
    "header",
    [
        "Participant team,Q",
        "team_name,mean_q",
        "TEAM NAME,Score",
        "submission__participant_team__team_name,Mean Q",
    ],
)
def test_columns_are_known_by_several_names(write, header):
    board = read_leaderboard(write(f"{header}\nAda,1.5\n"), date="2025-04-05T00:00:00Z")
    assert board.rows[0].as_dict() == {"rank": 1, "team": "Ada", "mean_q": 1.5}


def test_without_ranks_the_order_of_the_lines_counts(write):
    text = "Team,Q\nBea,1\nAda,2\n"
    board = read_leaderboard(write(text), date="2025-04-05")
    assert [(row.rank, row.team) for row in board.rows] == [(1, "Bea"), (2, "Ada")]


def test_another_column_can_hold_mean_q(write):
    text = "Team,Q,Final\nAda,1,7.5\n"
    board = read_leaderboard(write(text), score="final", date="2025-04-05")
    assert board.rows[0].mean_q == 7.5
    with pytest.raises(UnknownNameError, match="Final"):
        read_leaderboard(write(text), score="Finale", date="2025-04-05")


def test_one_of_several_phases_is_taken(write):
    text = "Team,Q,Challenge Phase\nAda,1,dev\nAda,2,test\n"
    with pytest.raises(UsageError, match="--challenge-phase"):
        read_leaderboard(write(text), date="2025-04-05")
    board = read_leaderboard(write(text), phase="test", date="2025-04-05")
    assert (board.phase, board.rows[0].mean_q) == ("test", 2.0)
    with pytest.raises(UnknownNameError, match="'test'"):
        read_leaderboard(write(text), phase="tets", date="2025-04-05")


def test_lines_that_are_not_finished_are_left_out(write):
    text = "Team,Q,Status\nAda,,failed\nBea,2,Finished\n"
    board = read_leaderboard(write(text), date="2025-04-05")
    assert [row.team for row in board.rows] == ["Bea"]


def test_team_names_are_kept_to_the_character(write, tmp_path):
    lines = "".join(f'"{name}",{n}\n' for n, name in enumerate(HOSTILE))
    board = read_leaderboard(write("\ufeffTeam,Q\n" + lines), date="2025-04-05")
    path = write_published(board, "old", tmp_path)
    assert [row.team for row in read_published(path).rows] == list(HOSTILE)
    assert read_states(path)[0].rows.keys() == set(HOSTILE)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "no column with the teams"),
        ("a,b\n1,2\n", "no column with the teams"),
        ("Team,Status\nAda,finished\n", "has no scores; take the leaderboard"),
        ("Team,Q\n", "no finished entry"),
        ("Team,Q\nAda\n", "line 2: it has 1 cells"),
        ("Team,Q\nAda,x\n", "line 2: the score is 'x'"),
        ("Team,Q\nAda,nan\n", "finite number"),
        ("Team,Q\nAda,1e999\n", "finite number"),
        ("Team,Q\n ,1\n", "the team's name is ' '"),
        (f"Team,Q\n{'x' * 201},1\n", "1 to 200 characters"),
        ("Team,Q\nAda,1\nAda,2\n", "'Ada' more than once"),
        ("Team,Q,Rank\nAda,1,0\n", "the rank is '0'"),
        ("Team,Q,Rank\nAda,1,1.5\n", "the rank is '1.5'"),
        ('Team,Q\n"Ada,1\n', "not a readable CSV file"),
    ],
)
def test_a_wrong_file_gets_a_sentence(write, text, sentence):
    with pytest.raises(InputError, match=sentence):
        read_leaderboard(write(text), date="2025-04-05")


def test_other_files_get_a_sentence(write, tmp_path):
    for path in (
        tmp_path / "nothing.csv",
        tmp_path,
        write("Team,Q\nÄ,1", "l", "utf-16"),
    ):
        with pytest.raises(InputError, match=r"not a readable CSV|no column"):
            read_leaderboard(path, date="2025-04-05")


def test_a_time_must_be_known_and_be_one(write):
    with pytest.raises(InputError, match="give it with --date"):
        read_leaderboard(write("Team,Q\nAda,1\n"))
    with pytest.raises(InputError, match="is not a time"):
        read_leaderboard(write("Team,Q\nAda,1\n"), date="yesterday")


def test_the_month_comes_first_in_a_custom_export_of_evalai(write):
    text = "Team,Q,Submitted At (mm/dd/yyyy hh:mm:ss)\nAda,1,04/05/2025 01:02:03\n"
    assert read_leaderboard(write(text)).as_dict()["date"] == "2025-04-05T01:02:03Z"


@pytest.mark.parametrize("name", ["../x", "", "a/b", "x" * 81, ".hidden"])
def test_a_published_board_needs_the_name_of_a_file(write, tmp_path, name):
    board = read_leaderboard(write(PLAIN))
    with pytest.raises(InputError, match="cannot be that of a file"):
        write_published(board, name, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_imported_states_stand_before_the_servers_own_in_order_of_time(
    context, make, write, two_tasks
):
    filled = make.Filled(context)
    filled.challenge()
    filled.submission("Cy", "own", (20.0, 10.5))
    record_standing(context, phase_of(context, "test"))
    for day in ("04-05", "04-03", "04-04"):
        board = read_leaderboard(write(PLAIN), date=f"2025-{day}T00:00:00Z")
        add_to_history(context, "test", board)
    found = history(context, phase_of(context, "test"))
    assert [f"{state.created:%m-%d}" for state in found[:3]] == [
        "04-03",
        "04-04",
        "04-05",
    ]
    assert [row.team for row in found[0].rows] == ["Ada", "Bea"]
    assert [row.team for row in found[-1].rows] == ["Cy"]
    with context.database.read() as session:
        acts = [entry.action for entry in session.query(AuditEntry)]
    assert acts == ["leaderboard-imported"] * 3


def test_the_same_state_is_not_imported_twice(sqlite_context, make, write):
    make.Filled(sqlite_context).challenge()
    board = read_leaderboard(write(PLAIN))
    add_to_history(sqlite_context, "test", board)
    with pytest.raises(InputError, match="already"):
        add_to_history(sqlite_context, "test", board)
    with pytest.raises(NotFound):
        add_to_history(sqlite_context, "nothing", board)
    assert len(history(sqlite_context, phase_of(sqlite_context, "test"))) == 1


def test_a_published_board_says_where_it_is_from(write, tmp_path):
    path = write_published(read_leaderboard(write(PLAIN)), "embed", tmp_path)
    document = json.loads(path.read_text())
    assert document["source"] == "A leaderboard of EvalAI, leaderboard.csv"
    assert document["name"] == "embed"
