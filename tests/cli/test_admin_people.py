"""The commands of ``admin`` that are about people."""

import json
import re

import pytest

pytest.importorskip("sqlalchemy")

from neucobench.cli.admin_folder import open_server
from neucobench.server.accounts.invitations import open_invitation
from neucobench.server.accounts.sessions import log_in
from neucobench.server.accounts.tokens import visitor_of_token

TOKEN = re.compile(r"nb_[\w-]{43}\n")


@pytest.fixture
def admin(neucobench, tmp_path):
    """Return a function that runs ``neucobench admin`` for one folder."""

    def run(*arguments, **kwargs):
        folder = ("--dir", tmp_path / "server")
        return neucobench("admin", *arguments, *folder, **kwargs)

    return run


@pytest.fixture
def server(admin, tmp_path):
    """Return the context of a server that has an account ``ada``."""
    assert admin("user", "add", "ada", "--team", "lovelace").returncode == 0
    found = open_server(tmp_path / "server", None)
    yield found
    found.database.dispose()


def test_user_add_prints_a_token_and_nothing_else(admin, server):
    run = admin("user", "add", "hal", "--role", "host")
    assert run.returncode == 0, run.stderr
    assert TOKEN.fullmatch(run.stdout)
    assert run.stdout.strip() not in run.stderr
    assert visitor_of_token(server, run.stdout.strip()).role == "host"


def test_user_add_prints_json(admin):
    run = admin("user", "add", "ada", "--team", "=cmd()", "--json")
    found = json.loads(run.stdout)
    assert TOKEN.fullmatch(found.pop("token") + "\n")
    assert found == {"name": "ada", "role": "participant", "team": "=cmd()"}


def test_a_taken_name_is_a_sentence(admin, server):
    run = admin("user", "add", "Ada")
    assert run.returncode == 1
    assert run.stdout == ""
    assert "taken, or looks like one" in run.stderr
    assert "Traceback" not in run.stderr


def test_an_unknown_role_exits_2(admin):
    run = admin("user", "add", "ada", "--role", "hots")
    assert run.returncode == 2
    assert "Did you mean 'host'" in run.stderr


def test_user_list_shows_accounts(admin, server):
    run = admin("user", "list")
    assert run.returncode == 0, run.stderr
    assert "lovelace" in run.stdout
    (found,) = json.loads(admin("user", "list", "--json").stdout)
    assert (found["name"], found["tokens"]) == ("ada", 1)


def test_user_role_changes_it(admin, server):
    assert admin("user", "role", "ada", "host").returncode == 0
    (found,) = json.loads(admin("user", "list", "--json").stdout)
    assert found["role"] == "host"


def test_user_delete_asks_first(admin, server):
    assert admin("user", "delete", "ada", input="n\n").returncode == 1
    (found,) = json.loads(admin("user", "list", "--json").stdout)
    assert found["name"] == "ada"
    run = admin("user", "delete", "ada", "--yes", "--json")
    assert json.loads(run.stdout) == {"name": "deleted account 1"}
    assert "deleted 20" in admin("user", "list").stdout


def test_a_participant_without_a_team_is_pointed_out(admin):
    run = admin("user", "add", "ada")
    assert TOKEN.fullmatch(run.stdout)
    assert "not submit" in run.stderr


def test_token_prints_a_new_one_and_revokes(admin, server):
    run = admin("token", "ada")
    assert TOKEN.fullmatch(run.stdout)
    assert visitor_of_token(server, run.stdout.strip()).name == "ada"
    again = admin("token", "ada", "--revoke", "--json")
    assert json.loads(again.stdout) == {"name": "ada", "revoked": 2}
    assert visitor_of_token(server, run.stdout.strip()) is None


def test_an_unknown_account_is_a_sentence_with_near_names(admin, server):
    run = admin("token", "adda")
    assert run.returncode == 2
    assert "Did you mean 'ada'" in run.stderr


def test_password_is_read_from_standard_input_and_not_shown(admin, server):
    run = admin("password", "ada", input="correct horse battery\n")
    assert run.returncode == 0, run.stderr
    assert "correct horse" not in run.stdout + run.stderr
    assert log_in(server, "ada", "correct horse battery", address="192.0.2.1")


def test_a_short_password_is_a_sentence(admin, server):
    run = admin("password", "ada", input="short\n")
    assert run.returncode == 1
    assert "10 to 200" in run.stderr


def test_password_link_prints_a_link(admin, server):
    run = admin("password", "ada", "--link", "--url", "https://a.example/")
    address, _, secret = run.stdout.strip().rpartition("/")
    assert address == "https://a.example/invitations"
    assert open_invitation(server, secret).account == "ada"


def test_invite_prints_a_link(admin, server):
    run = admin("invite", "--team", "lovelace", "--hours", "2", "--json")
    found = json.loads(run.stdout)
    assert found["hours"] == 2
    guest = open_invitation(server, found["link"].rpartition("/")[2])
    assert (guest.team, guest.role) == ("lovelace", "participant")


def test_a_folder_without_a_server_is_left_alone(neucobench, tmp_path):
    run = neucobench("admin", "user", "list")
    assert run.returncode == 1
    assert "There is no server in '.'" in run.stderr
    assert list(tmp_path.iterdir()) == []
