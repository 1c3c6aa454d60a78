"""What challenges there are, and the rules of a phase."""

from sqlalchemy import select

from neucobench.server.tables import Announcement, ChallengePhase


def test_challenges_are_listed_with_their_phases(quick):
    (found,) = quick.client().get("/api/v1/challenges").json()
    assert found["challenge"] == "quiz"
    assert found["title"] == "A quiz"
    assert [phase["phase"] for phase in found["phases"]] == ["blind", "coded", "open"]
    assert found["phases"][0]["state"] == "open"
    assert found["phases"][0]["closes"] == "2026-05-31T23:59:59Z"


def test_announcements_that_stand_are_listed(quick, clock):
    with quick.context.database.write() as session:
        for text, withdrawn in (("Stands.", None), ("Gone.", clock())):
            session.add(
                Announcement(
                    challenge_id=1, text=text, created=clock(), withdrawn=withdrawn
                )
            )
    (found,) = quick.client().get("/api/v1/challenges").json()
    assert found["announcements"] == [
        {"text": "Stands.", "created": "2026-05-04T12:00:00Z"}
    ]


def test_a_phase_states_its_rules_and_the_clock(quick):
    found = quick.client().get("/api/v1/phases/blind").json()
    assert found["schema"] == "neucobench/rules/1"
    assert found["settings"]["reveals"] == "mean-q"
    assert found["settings"]["max_upload_bytes"] == 100_000
    assert found["state"] == "open"
    assert found["now"] == "2026-05-04T12:00:00Z"
    assert found["quota"] is None


def test_a_phase_without_a_limit_of_its_own_states_that_of_the_server(quick):
    with quick.context.database.write() as session:
        named = select(ChallengePhase).where(ChallengePhase.key == "blind")
        phase = session.scalars(named).one()
        phase.settings = {**phase.settings, "max_upload_bytes": None}
    found = quick.client().get("/api/v1/phases/blind").json()
    most = quick.context.settings.max_upload_bytes
    assert found["settings"]["max_upload_bytes"] == most


def test_a_member_learns_what_the_team_has_left(quick):
    quick.hand_in("ada")
    found = quick.client("ben").get("/api/v1/phases/blind").json()
    assert found["quota"] == {
        "per_day": 1000,
        "total": 5000,
        "used_today": 0,
        "used": 0,
        "waiting": 1,
        "left": 999,
    }


def test_a_phase_goes_by_its_challenge_and_name_too(quick):
    found = quick.client().get("/api/v1/phases/quiz-blind").json()
    assert found["phase"] == "blind"


def test_an_unknown_phase_is_refused_with_the_nearest(quick):
    found = quick.client().get("/api/v1/phases/blnd")
    assert found.status_code == 404
    assert "'blind'" in found.json()["error"]
    assert found.json()["findings"] == []


def test_a_phase_that_reveals_everything_lists_the_ids_to_cover(quick):
    found = quick.client().get("/api/v1/phases/open/ids")
    assert found.headers["content-type"].startswith("text/plain")
    assert found.text.split() == quick.ids


def test_a_blind_phase_does_not_say_which_cubes_are_scored(quick):
    found = quick.client("ada").get("/api/v1/phases/blind/ids")
    assert found.status_code == 403
    assert "synthetic" not in found.text
