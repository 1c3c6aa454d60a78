"""What a host or an admin who leaves the desk leaves behind."""

import pytest

from neucobench.server.accounts.invitations import invite, open_invitation, reset_link
from neucobench.server.accounts.people import add_user, delete_user, set_role
from neucobench.server.audit import COMMAND_LINE
from neucobench.server.refusals import NotFound


@pytest.mark.parametrize("leave", [set_role, delete_user])
def test_who_leaves_the_desk_takes_no_link_along(sqlite_context, leave):
    for name, role in (("root", "admin"), ("hana", "host"), ("ada", "participant")):
        add_user(sqlite_context, name, team=None, role=role, actor=COMMAND_LINE)
    links = [
        invite(sqlite_context, role="host", team=None, actor="hana"),
        reset_link(sqlite_context, "ada", actor="hana"),
    ]
    lesser = {"role": "participant"} if leave is set_role else {}
    leave(sqlite_context, "hana", **lesser, actor="root")
    for link in links:
        with pytest.raises(NotFound):
            open_invitation(sqlite_context, link)


def test_a_participant_who_leaves_ends_nobodys_links(sqlite_context):
    add_user(sqlite_context, "ada", team="lovelace", actor=COMMAND_LINE)
    link = invite(sqlite_context, role="host", team=None, actor=COMMAND_LINE)
    delete_user(sqlite_context, "ada", actor="ada")
    assert open_invitation(sqlite_context, link).role == "host"
