"""The commands of ``admin`` that are about a server as a whole."""

import json
import stat

import pytest

pytest.importorskip("sqlalchemy")

CSV = "Participant team,Mean Q,Submitted At\nAda,15.225,2025-04-05 00:05:32\n"


@pytest.fixture
def admin(neucobench, tmp_path):
    """Return a function that runs ``neucobench admin`` in an empty folder."""
    return lambda *words: neucobench("admin", *words)


@pytest.fixture
def server(admin):
    """Make a server in ``server/`` that has an account."""
    words = ("user", "add", "ada", "--team", "lovelace", "--dir", "server")
    assert admin(*words).returncode == 0


def test_a_server_is_backed_up_and_restored(admin, server, tmp_path):
    run = admin("backup", "backup.tar", "--dir", "server", "--json")
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["tables"]["users"] == 1
    assert "It holds labels and secrets" in run.stderr
    assert stat.S_IMODE((tmp_path / "backup.tar").stat().st_mode) == 0o600
    run = admin("restore", "backup.tar", "--dir", "again")
    assert run.returncode == 0, run.stderr
    run = admin("user", "list", "--dir", "again", "--json")
    assert [user["name"] for user in json.loads(run.stdout)] == ["ada"]


def test_a_restore_over_a_server_exits_with_1(admin, server, tmp_path):
    assert admin("backup", "backup.tar", "--dir", "server").returncode == 0
    run = admin("restore", "backup.tar", "--dir", "server")
    assert run.returncode == 1
    assert "is not empty" in run.stderr
    assert "Traceback" not in run.stderr


def test_a_site_is_exported(admin, server, tmp_path):
    run = admin("export", "site", "--dir", "server", "--json")
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["files"] == [".nojekyll", "index.html"]
    assert "There is no challenge yet." in (tmp_path / "site/index.html").read_text()


def test_a_leaderboard_becomes_a_published_board(admin, tmp_path):
    (tmp_path / "old.csv").write_text(CSV)
    run = admin("import", "old.csv", "--challenge", "embed", "--out", "boards")
    assert run.returncode == 0, run.stderr
    document = json.loads((tmp_path / "boards" / "embed.json").read_text())
    assert document["rows"] == [{"rank": 1, "team": "Ada", "mean_q": 15.225}]


@pytest.mark.parametrize("words", [(), ("--phase", "p", "--challenge", "c")])
def test_an_import_must_say_where_to(admin, tmp_path, words):
    (tmp_path / "old.csv").write_text(CSV)
    run = admin("import", "old.csv", *words)
    assert run.returncode == 2
    assert "Say where the board goes" in run.stderr
