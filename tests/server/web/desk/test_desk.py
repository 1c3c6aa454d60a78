"""The host's desk."""

import re

from neucobench.server.accounts.people import list_users
from neucobench.server.challenges.desk import announcements
from neucobench.server.challenges.phases import phase_of
from neucobench.server.submissions.queue import claim, fail, health


def test_the_desk_shows_queue_and_failures(quick, browser):
    for method in ("fails", "runs", "waits"):
        quick.hand_in("ada", "open", method=method)
    fail(quick.context, claim(quick.context), message="Team reads.", host_message="Why")
    claim(quick.context)
    text = browser("hana").page("/host").text
    for part in ("fails", "runs", "waits", "running", "queued", "Team reads.", "Why"):
        assert part in text


def test_the_list_of_a_phase_shows_the_mean_q_of_what_is_scored(quick, browser):
    quick.hand_in("ada", "open", method="first")
    quick.score([10.0 + place for place in range(14)])
    quick.hand_in("ada", "open", method="waits")
    text = browser("hana").page("/host/phases/open").text
    assert "waits lovelace ada queued – 4 May" in text
    assert "first lovelace ada scored 16.500 4 May" in text


def test_dates_are_changed_in_utc(hosted, browser):
    browser("hana").post(
        "/host/phases/open/dates", "/host", closes="2026-07-01T10:00:00"
    )
    phase = phase_of(hosted.context, "open")
    assert phase.rules.closes.isoformat() == "2026-07-01T10:00:00+00:00"
    assert phase.rules.opens.month == 5


def test_dates_that_cannot_be_are_a_sentence(hosted, browser):
    for closes in ("2020-01-01T00:00", "tomorrow"):
        answer = browser("hana").post("/host/phases/open/dates", "/host", closes=closes)
        assert answer.status_code == 422
        assert 'role="alert"' in answer.text


def test_a_phase_is_closed_now(hosted, browser, clock):
    browser("hana").post("/host/phases/open/close", "/host")
    assert phase_of(hosted.context, "open").state(clock()) == "closed"


def test_an_announcement_is_made_and_hidden(hosted, browser):
    visitor = browser("hana")
    visitor.post("/host/challenges/quiz/announce", "/host", text="<b>Soon</b>")
    assert "<b>Soon</b>" in browser().page("/phases/open").text
    number = announcements(hosted.context, "quiz")[0].id
    visitor.post(f"/host/announcements/{number}/withdraw", "/host")
    assert "Soon" not in browser().page("/phases/open").text


def test_archiving_asks_first(hosted, browser, clock):
    visitor = browser("hana")
    assert "Archive quiz?" in visitor.page("/host/challenges/quiz/archive").text
    assert phase_of(hosted.context, "open").state(clock()) == "open"
    visitor.post("/host/challenges/quiz/archive", "/host")
    assert phase_of(hosted.context, "open").state(clock()) == "archived"


def test_a_submission_is_marked_verified_and_back(scored, browser):
    own = scored.client("ada").get("/api/v1/submissions").json()
    id_ = next(item["id"] for item in own if item["phase"] == "open")
    visitor, address = browser("hana"), f"/host/submissions/{id_}/verify"
    visitor.post(address, "/host", verified="true")
    assert "verified" in browser().page(f"/phases/open/methods/{id_}").text
    visitor.post(address, "/host", verified="false")
    assert "verified" not in browser().page(f"/phases/open/methods/{id_}").text


def test_scoring_again_asks_first_and_says_how_many(scored, browser):
    visitor = browser("hana")
    page = visitor.page("/host/rescore?phase=open")
    assert "Of open, 2 submissions will be queued." in page.text
    assert health(scored.context).queued == 0
    visitor.post("/host/rescore?phase=open", "/host")
    assert health(scored.context).queued == 2


def test_all_submissions_of_a_phase_are_listed(scored, browser):
    scored.hand_in("ada", "open", method="private one", public="false")
    text = browser("hana").page("/host/phases/open").text
    assert "private one" in text
    assert "of bob" in text


def test_an_invitation_is_shown_once(hosted, browser):
    visitor = browser("hana")
    text = visitor.post(
        "/host/invitations", "/host", role="participant", team="new <team>"
    ).text
    link = re.search(r"/invitations/[\w-]+", text)[0]
    assert "in the team new <team>" in browser().page(link).text
    assert link not in visitor.get("/host/people").text


def test_a_host_makes_no_admins(hosted, browser):
    answer = browser("hana").post("/host/invitations", "/host", role="admin")
    assert answer.status_code == 403
    answer = browser("hana").post("/host/people/reset", "/host", name="root")
    assert answer.status_code == 403


def test_an_admin_changes_roles(hosted, browser):
    browser("root").post("/host/people/role", "/host", name="ada", role="host")
    assert browser("ada").get("/host").status_code == 200
    answer = browser("root").post(
        "/host/people/role", "/host", name="ada", role="<king>"
    )
    assert answer.status_code == 422


def test_an_account_is_deleted_when_its_name_was_typed(hosted, browser):
    form = {"name": "bob", "confirm": "bo"}
    assert (
        browser("hana").post("/host/people/delete", "/host", **form).status_code == 422
    )
    form["confirm"] = "bob"
    assert (
        browser("hana").post("/host/people/delete", "/host", **form).status_code == 303
    )
    assert "bob" not in [person.name for person in list_users(hosted.context)]


def test_every_act_stands_in_the_audit_log(hosted, browser):
    visitor = browser("hana")
    visitor.post("/host/challenges/quiz/announce", "/host", text="Hello")
    visitor.post("/host/phases/open/close", "/host")
    text = visitor.page("/host/audit").text
    assert text.index("phase-closed") < text.index("announcement-made")
    assert "hana" in text
