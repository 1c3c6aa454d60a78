import json

import pytest

pytest.importorskip("sqlalchemy")


@pytest.fixture
def server(neucobench, tmp_path):
    """Return the folder of a server that has an account, and no challenge."""
    folder = tmp_path / "server"
    made = neucobench("admin", "user", "add", "ada", "--team", "a", "--dir", folder)
    assert made.returncode == 0, made.stderr
    return folder


def test_rescore_says_how_many_in_json(neucobench, server):
    done = neucobench("admin", "rescore", "--dir", server, "--json")
    assert (done.returncode, json.loads(done.stdout)) == (0, {"queued": 0})
    assert "Queued to be scored again: 0. Old scores are kept." in done.stderr


def test_rescore_wants_a_phase_or_a_submission_not_both(neucobench, server):
    done = neucobench(
        "admin", "rescore", "--phase", "p", "--submission", "s", "--dir", server
    )
    assert done.returncode == 2
    assert "Both --phase and --submission are given" in done.stderr


def test_rescore_of_an_unknown_submission_is_a_wrong_command_line(neucobench, server):
    done = neucobench("admin", "rescore", "--submission", "abc", "--dir", server)
    assert done.returncode == 2
    assert "There is no submission 'abc' on this server" in done.stderr
    assert "Traceback" not in done.stderr
