"""Accounts that visitors make for themselves, and members that they bring."""

import pytest

from neucobench.server.accounts.invitations import accept, open_invitation
from neucobench.server.accounts.people import list_users
from neucobench.server.accounts.registration import invite_member, register
from neucobench.server.accounts.sessions import visitor_of_session
from neucobench.server.refusals import Conflict, NotAllowed, Rejected, TooMany
from neucobench.server.tables import Team

HERE = "192.0.2.1"
PASSWORD = "correct horse battery"


def _register(context, name="ada", team="lovelace", password=PASSWORD, address=HERE):
    return register(context, name=name, team=team, password=password, address=address)


def test_registering_makes_an_account_a_team_and_a_session(context):
    found = visitor_of_session(context, _register(context, team="=cmd()"))
    assert (found.name, found.role, found.team) == ("ada", "participant", "=cmd()")


def test_a_team_that_is_there_is_joined_by_invitation(context):
    _register(context, "ada", "KTH")
    for team in ("KTH", "kth"):
        with pytest.raises(Conflict, match="joined through a member's invitation"):
            _register(context, "eve", team)
    assert [one.name for one in list_users(context)] == ["ada"]


def test_a_refused_name_leaves_no_team_behind(context):
    _register(context, "ada", "first")
    with pytest.raises(Conflict, match="account name"):
        _register(context, "Ada", "second")
    with context.database.read() as session:
        assert session.get(Team, 2) is None


@pytest.mark.parametrize(
    ("name", "team", "password"),
    [("", "t", PASSWORD), ("a", "\u202e", PASSWORD), ("a", "t", "short")],
)
def test_what_is_not_acceptable_is_refused(sqlite_context, name, team, password):
    with pytest.raises(Rejected):
        _register(sqlite_context, name, team, password)
    assert list_users(sqlite_context) == []


def test_a_server_may_take_accounts_by_invitation_only(sqlite_context, settings_of):
    closed = settings_of(sqlite_context, registration=False)
    with pytest.raises(NotAllowed, match="by invitation only"):
        _register(closed)


def test_an_address_registers_thirty_times_an_hour(sqlite_context, clock):
    _register(sqlite_context)
    for _ in range(29):
        with pytest.raises(Conflict):
            _register(sqlite_context)
    with pytest.raises(TooMany):
        _register(sqlite_context, "bob", "second")
    assert _register(sqlite_context, "cid", "third", address="198.51.100.1")
    clock.move(hours=1)
    assert _register(sqlite_context, "bob", "second")


def test_a_member_brings_another_one_into_the_team(context):
    ada = visitor_of_session(context, _register(context))
    link = invite_member(context, ada)
    assert open_invitation(context, link).team == "lovelace"
    bob = visitor_of_session(
        context, accept(context, link, name="bob", password=PASSWORD)
    )
    assert (bob.team_id, bob.role) == (ada.team_id, "participant")


def test_the_member_whom_a_host_brings_is_a_participant(context, person):
    person(context, "hal", team="hosts", role="host")
    from neucobench.server.accounts.tokens import issue_token, visitor_of_token

    hal = visitor_of_token(context, issue_token(context, "hal"))
    assert open_invitation(context, invite_member(context, hal)).role == "participant"


def test_without_a_team_there_is_nothing_to_join(sqlite_context, person):
    person(sqlite_context, "hal", team=None, role="host")
    from neucobench.server.accounts.tokens import issue_token, visitor_of_token

    hal = visitor_of_token(sqlite_context, issue_token(sqlite_context, "hal"))
    with pytest.raises(NotAllowed, match="has no team"):
        invite_member(sqlite_context, hal)


def test_a_team_makes_fifty_links_a_day(sqlite_context, clock):
    ada = visitor_of_session(sqlite_context, _register(sqlite_context))
    for _ in range(50):
        invite_member(sqlite_context, ada)
    with pytest.raises(TooMany):
        invite_member(sqlite_context, ada)
    clock.move(days=1)
    assert invite_member(sqlite_context, ada)
