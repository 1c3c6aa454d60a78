"""Links that make an account, or set a new password."""

import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from neucobench.server.accounts.invitations import (
    accept,
    first_admin,
    invite,
    open_invitation,
    reset_link,
)
from neucobench.server.accounts.people import delete_user, list_users
from neucobench.server.accounts.sessions import log_in, visitor_of_session
from neucobench.server.audit import COMMAND_LINE
from neucobench.server.refusals import Conflict, NotAllowed, NotFound, Rejected
from neucobench.server.tables import Invitation

HERE = "192.0.2.1"
NEW = "another good password"


def _invite(context, *, role="participant", team="lovelace", **options):
    return invite(context, role=role, team=team, actor=COMMAND_LINE, **options)


def test_a_link_makes_an_account_in_its_team(context, password):
    link = _invite(context)
    secret = accept(context, link, name="ada", password=password)
    found = visitor_of_session(context, secret)
    assert (found.name, found.role, found.team) == ("ada", "participant", "lovelace")
    assert log_in(context, "ada", password, address=HERE)


def test_a_guest_learns_what_the_link_is_for(context, clock):
    guest = open_invitation(context, _invite(context, hours=2))
    assert (guest.role, guest.team, guest.account) == ("participant", "lovelace", None)
    assert not guest.names_team
    assert (guest.expires - clock()).total_seconds() == 7200


def test_without_a_team_a_participant_names_a_new_one(context, password):
    link = _invite(context, team=None)
    assert open_invitation(context, link).names_team
    with pytest.raises(Rejected, match="No team was named"):
        accept(context, link, name="ada", password=password)
    secret = accept(context, link, name="ada", password=password, team="- t_<1>_")
    assert visitor_of_session(context, secret).team == "- t_<1>_"


def test_a_guest_with_a_team_cannot_choose_another(context, password):
    secret = accept(
        context, _invite(context), name="ada", password=password, team="other"
    )
    assert visitor_of_session(context, secret).team == "lovelace"


def test_a_guest_cannot_enter_a_team_that_is_there(context, person, password):
    person(context, "bob", team="lovelace")
    link = _invite(context, team=None)
    with pytest.raises(Conflict, match="joined through a member's invitation"):
        accept(context, link, name="ada", password=password, team="Lovelace")


def test_a_link_works_once(context, password):
    link = _invite(context)
    accept(context, link, name="ada", password=password)
    for use in (
        lambda: open_invitation(context, link),
        lambda: accept(context, link, name="bob", password=password),
    ):
        with pytest.raises(NotFound, match="link does not work"):
            use()
    assert len(list_users(context)) == 1


def test_of_many_who_use_a_link_at_once_one_gets_in(context, password):
    link = _invite(context)

    def attempt(number):
        try:
            return bool(accept(context, link, name=f"ada {number}", password=password))
        except NotFound:
            return False

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(attempt, range(6))) == 1
    assert len(list_users(context)) == 1


def test_a_link_expires(context, password, clock):
    link = _invite(context, hours=1)
    clock.move(hours=1)
    with pytest.raises(NotFound, match="has expired"):
        open_invitation(context, link)
    with pytest.raises(NotFound, match="has expired"):
        accept(context, link, name="ada", password=password)


def test_a_refused_name_does_not_use_the_link_up(context, person, password):
    person(context, "ada")
    link = _invite(context)
    with pytest.raises(Conflict, match="taken"):
        accept(context, link, name="ADA", password=password)
    with pytest.raises(Rejected, match="10 to 200"):
        accept(context, link, name="bob", password="short")
    assert accept(context, link, name="bob", password=password)


@pytest.mark.parametrize("secret", ["", "x", "\udc80", "\x00", "'; --"])
def test_an_unknown_link_is_answered_like_a_used_one(context, secret, password):
    link = _invite(context)
    accept(context, link, name="ada", password=password)
    answers = set()
    for one in (link, secret):
        with pytest.raises(NotFound) as refused:
            open_invitation(context, one)
        answers.add(str(refused.value))
    assert len(answers) == 1


def test_only_the_digest_is_kept(context, dump, caplog):
    caplog.set_level(0)
    link = _invite(context)
    with context.database.read() as session:
        kept = session.scalars(select(Invitation)).one().digest
    assert kept == hashlib.sha256(link.encode()).hexdigest()
    assert link not in dump(context) + caplog.text
    with pytest.raises(NotFound):
        open_invitation(context, kept)


def test_nobody_invites_to_a_role_above_their_own(sqlite_context, person):
    person(sqlite_context, "ada")
    person(sqlite_context, "hal", team=None, role="host")
    for actor, role in (("ada", "participant"), ("hal", "admin"), ("x", "host")):
        with pytest.raises(NotAllowed, match="does not reach"):
            invite(sqlite_context, role=role, team=None, actor=actor)
    assert invite(sqlite_context, role="host", team=None, actor="hal")


def test_the_first_start_has_a_link_for_an_admin(context, password):
    secret = accept(context, first_admin(context), name="root", password=password)
    assert visitor_of_session(context, secret).may_admin
    assert first_admin(context) is None


def test_a_new_start_replaces_the_link(context):
    old, new = first_admin(context), first_admin(context)
    with pytest.raises(NotFound):
        open_invitation(context, old)
    assert open_invitation(context, new).role == "admin"


def test_a_reset_sets_the_password_and_ends_sessions(context, person, password):
    person(context)
    before = log_in(context, "ada", password, address=HERE)
    link = reset_link(context, "ada", actor=COMMAND_LINE)
    assert open_invitation(context, link).account == "ada"
    assert visitor_of_session(context, before).name == "ada"
    secret = accept(context, link, password=NEW)
    assert visitor_of_session(context, before) is None
    assert visitor_of_session(context, secret).name == "ada"
    assert log_in(context, "ada", NEW, address=HERE)
    with pytest.raises(NotFound):
        accept(context, link, password=password)


def test_a_reset_changes_neither_name_nor_team(context, person):
    person(context)
    link = reset_link(context, "ada", actor=COMMAND_LINE)
    secret = accept(context, link, name="eve", password=NEW, team="other")
    found = visitor_of_session(context, secret)
    assert (found.name, found.team) == ("ada", "lovelace")


def test_a_new_reset_link_replaces_the_one_before(context, person):
    person(context)
    old, new = (reset_link(context, "ada", actor=COMMAND_LINE) for _ in range(2))
    with pytest.raises(NotFound):
        accept(context, old, password=NEW)
    assert accept(context, new, password=NEW)


def test_a_reset_gives_a_token_account_its_first_password(context):
    from neucobench.server.accounts.people import add_user

    add_user(context, "ada", team="t", actor=COMMAND_LINE)
    accept(context, reset_link(context, "ada", actor=COMMAND_LINE), password=NEW)
    assert log_in(context, "ada", NEW, address=HERE)


def test_a_host_resets_no_admins_password(sqlite_context, person):
    person(sqlite_context, "root", team=None, role="admin")
    person(sqlite_context, "hal", team=None, role="host")
    with pytest.raises(NotAllowed, match="does not reach"):
        reset_link(sqlite_context, "root", actor="hal")


def test_a_used_invitation_does_not_stand_in_the_way_of_deletion(context, password):
    accept(context, _invite(context), name="ada", password=password)
    delete_user(context, "ada", actor="ada")
    assert list_users(context)[0].deleted is not None
