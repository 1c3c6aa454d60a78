"""Accounts: made, listed, given another role, and deleted."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from neucobench.server.accounts.invitations import open_invitation, reset_link
from neucobench.server.accounts.people import (
    add_user,
    delete_user,
    list_users,
    set_role,
)
from neucobench.server.accounts.sessions import log_in, visitor_of_session
from neucobench.server.accounts.tokens import issue_token, visitor_of_token
from neucobench.server.audit import COMMAND_LINE
from neucobench.server.refusals import (
    Conflict,
    NotAllowed,
    NotFound,
    NotSignedIn,
    Rejected,
)
from neucobench.server.tables import (
    AuditEntry,
    Challenge,
    ChallengePhase,
    StoredFile,
    Submission,
    Team,
    User,
)


def _submission(session, user, now):
    challenge = Challenge(name="c", card={}, created=now)
    phase = ChallengePhase(
        challenge=challenge,
        key="p",
        name="p",
        settings={},
        labels="l",
        ids="i",
        codes={},
    )
    file = StoredFile(digest="0" * 64, ending=".csv", bytes=1, created=now)
    session.add_all([phase, file])
    session.flush()
    session.add(
        Submission(
            id="1" * 32,
            phase_id=phase.id,
            team_id=user.team_id,
            user_id=user.id,
            method="m",
            public=True,
            file_digest=file.digest,
            file_name="m.csv",
            rows=1,
            dims=1,
            bytes_per_vector=4,
            created=now,
        )
    )


def test_an_account_is_made_with_its_team(context):
    user = add_user(context, "ada", team="=cmd()", actor=COMMAND_LINE)
    assert (user.name, user.role, user.team.name) == ("ada", "participant", "=cmd()")
    assert user.password is None


def test_a_second_member_joins_the_team(context, person):
    assert person(context, "ada").team_id == person(context, "bob").team_id


def test_a_host_needs_no_team(context, person):
    assert person(context, "hal", team=None, role="host").team is None


@pytest.mark.parametrize("name", ["ada", "ADA", " ada ", "ａｄａ"])
def test_a_name_that_looks_like_a_taken_one_is_refused(sqlite_context, person, name):
    person(sqlite_context, "ada")
    with pytest.raises(Conflict, match="taken, or looks like one"):
        person(sqlite_context, name)


def test_a_team_that_looks_like_another_one_is_refused(sqlite_context, person):
    person(sqlite_context, "ada", team="KTH and Friends")
    with pytest.raises(Conflict, match="taken, or looks like one"):
        person(sqlite_context, "bob", team="KTH And  Friends")
    assert [one.name for one in list_users(sqlite_context)] == ["ada"]


def test_of_many_who_want_one_name_at_once_one_gets_it(context):
    def attempt(number):
        name = "ada" if number % 2 else "ADA"
        try:
            add_user(context, name, team=f"team {number}", actor=COMMAND_LINE)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(8))) == 1
    with context.database.read() as session:
        assert len(session.scalars(select(Team)).all()) == 1


def test_a_role_that_is_none_is_refused(sqlite_context):
    with pytest.raises(Rejected, match="participant, host, admin"):
        add_user(sqlite_context, "ada", team=None, role="root", actor=COMMAND_LINE)


def test_the_list_has_facts_and_no_secrets(context, person):
    user = person(context)
    token = issue_token(context, "ada")
    (found,) = list_users(context)
    assert (found.name, found.team, found.password, found.tokens) == (
        "ada",
        "lovelace",
        True,
        1,
    )
    assert found.as_dict()["created"] == "2026-05-04T12:00:00Z"
    assert user.password not in str(found)
    assert token not in str(found)


def test_a_role_counts_from_the_next_request(context, person):
    person(context)
    token = issue_token(context, "ada")
    set_role(context, "ada", "host", actor=COMMAND_LINE)
    assert visitor_of_token(context, token).may_host


@pytest.mark.parametrize(
    ("actor", "target"),
    [("ada", "bob"), ("ada", "hal"), ("hal", "root"), ("nobody", "bob")],
)
def test_a_role_reaches_no_higher_than_itself(sqlite_context, person, actor, target):
    person(sqlite_context, "ada")
    person(sqlite_context, "bob")
    person(sqlite_context, "hal", team=None, role="host")
    person(sqlite_context, "root", team=None, role="admin")
    for act in (
        lambda: delete_user(sqlite_context, target, actor=actor),
        lambda: set_role(sqlite_context, target, "participant", actor=actor),
        lambda: reset_link(sqlite_context, target, actor=actor),
    ):
        with pytest.raises(NotAllowed, match="does not reach"):
            act()


def test_a_host_makes_no_admin(sqlite_context, person):
    person(sqlite_context, "hal", team=None, role="host")
    with pytest.raises(NotAllowed, match="role admin"):
        set_role(sqlite_context, "hal", "admin", actor="hal")
    with pytest.raises(NotAllowed, match="role admin"):
        add_user(sqlite_context, "eve", team=None, role="admin", actor="hal")


def test_the_last_admin_stays(context, person):
    person(context, "root", team=None, role="admin")
    for act in (
        lambda: delete_user(context, "root", actor="root"),
        lambda: set_role(context, "root", "host", actor="root"),
    ):
        with pytest.raises(Conflict, match="only admin"):
            act()
    person(context, "toor", team=None, role="admin")
    delete_user(context, "root", actor="root")
    assert [one.deleted is None for one in list_users(context)] == [False, True]


def test_an_unknown_account_is_answered_with_near_names(sqlite_context, person):
    person(sqlite_context, "lovelace")
    for name in ("lovelase", "lovelace\x00", "\udc80"):
        with pytest.raises(NotFound, match="There is no account named"):
            delete_user(sqlite_context, name, actor=COMMAND_LINE)
    with pytest.raises(NotFound, match="Did you mean 'lovelace'"):
        set_role(sqlite_context, "lovelase", "host", actor=COMMAND_LINE)


def test_deleting_ends_every_way_in(context, person, password):
    person(context)
    token = issue_token(context, "ada")
    session = log_in(context, "ada", password, address="192.0.2.1")
    reset = reset_link(context, "ada", actor=COMMAND_LINE)
    delete_user(context, "ada", actor="ada")
    assert visitor_of_token(context, token) is None
    assert visitor_of_session(context, session) is None
    with pytest.raises(NotFound, match="link does not work"):
        open_invitation(context, reset)
    with pytest.raises(NotSignedIn):
        log_in(context, "ada", password, address="192.0.2.1")


def test_deleting_leaves_no_trace_of_the_name(context, person, password, dump):
    person(context, "Ada Lovelace", team="engine")
    log_in(context, "Ada Lovelace", password, address="192.0.2.1")
    issue_token(context, "Ada Lovelace", actor="Ada Lovelace")
    assert "Ada Lovelace" in dump(context)
    stands = delete_user(context, "Ada Lovelace", actor="Ada Lovelace")
    assert stands == "deleted account 1"
    assert "Ada Lovelace" not in dump(context)
    with context.database.read() as session:
        acts = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(act.actor, act.action, act.target) for act in acts] == [
        (COMMAND_LINE, "user-added", stands),
        (stands, "user-token", stands),
        (stands, "user-deleted", stands),
    ]


def test_deleting_leaves_what_the_team_handed_in(context, person, clock):
    user = person(context)
    with context.database.write() as session:
        _submission(session, user, clock())
    delete_user(context, "ada", actor=COMMAND_LINE)
    with context.database.read() as session:
        found = session.get(Submission, "1" * 32)
        assert found.team.name == "lovelace"
        assert found.user.name == "deleted account 1"
        assert session.get(User, user.id).password is None


def test_the_name_of_a_deleted_account_is_free_again(context, person):
    person(context)
    delete_user(context, "ada", actor=COMMAND_LINE)
    assert person(context).id == 2
    with pytest.raises(NotFound):
        delete_user(context, "deleted account 1", actor=COMMAND_LINE)
