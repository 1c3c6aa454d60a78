from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from neucobench.server.challenges import desk
from neucobench.server.challenges.phases import phase_of
from neucobench.server.refusals import Conflict, NotFound, Rejected
from neucobench.server.tables import AuditEntry

JUNE = datetime(2026, 6, 1, tzinfo=UTC)

pytestmark = pytest.mark.usefixtures("unchecked")


def audit(staged):
    with staged.context.database.read() as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()[-1]
    return entry.actor, entry.action, entry.target, entry.detail


def test_a_phase_goes_from_upcoming_to_open_to_closed(sqlite_stage, clock):
    phase = sqlite_stage().phase
    opens, closes = phase.rules.opens, phase.rules.closes
    assert phase.state(opens.replace(year=2025)) == "upcoming"
    assert phase.state(opens) == "open"
    assert phase.state(closes.replace(microsecond=999_999)) == "open"
    assert phase.state(JUNE) == "closed"


def test_a_host_changes_the_dates_and_the_card_stays(stage):
    staged = stage()
    changed = desk.set_dates(staged.context, "dev", closes=JUNE, actor="hana")
    assert (changed.rules.closes, changed.revision) == (JUNE, 1)
    assert changed.rules.opens == staged.phase.rules.opens
    assert changed.card.phases[0].closes != JUNE
    assert audit(staged) == (
        "hana", "phase-dates-changed", "dev",
        "2026-05-01 00:00:00 to 2026-06-01 00:00:00 UTC",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("dates", "complaint"),
    [
        ({"opens": JUNE}, "closes before it opens"),
        ({"closes": JUNE.astimezone(UTC).replace(year=2020)}, "closes before it opens"),
    ],
)
def test_dates_that_cannot_be_are_refused(sqlite_stage, dates, complaint):
    staged = sqlite_stage()
    with pytest.raises(Rejected, match=complaint):
        desk.set_dates(staged.context, "dev", **dates, actor="hana")
    assert staged.phase.revision == 0


def test_a_phase_is_closed_before_its_time(stage, clock):
    staged = stage()
    closed = desk.close_phase(staged.context, "dev", actor="hana")
    assert (closed.state(clock()), closed.closes) == ("closed", clock())
    with pytest.raises(Conflict, match="is closed; only an open one"):
        desk.close_phase(staged.context, "dev", actor="hana")


def test_new_dates_open_a_phase_that_was_closed_early(sqlite_stage, clock):
    staged = sqlite_stage()
    desk.close_phase(staged.context, "dev", actor="hana")
    opened = desk.set_dates(staged.context, "dev", closes=JUNE, actor="hana")
    assert (opened.state(clock()), opened.closed) == ("open", None)


def test_an_archived_challenge_is_read_only(stage, clock):
    staged = stage()
    desk.archive(staged.context, "staged", actor="hana")
    assert staged.phase.state(clock()) == "archived"
    assert audit(staged)[:3] == ("hana", "challenge-archived", "staged")
    for act in (
        lambda: desk.archive(staged.context, "staged", actor="hana"),
        lambda: desk.set_dates(staged.context, "dev", closes=JUNE, actor="hana"),
        lambda: desk.close_phase(staged.context, "dev", actor="hana"),
        lambda: desk.announce(staged.context, "staged", "Hello", actor="hana"),
    ):
        with pytest.raises(Conflict, match="was archived at 2026-05-04 12:00 UTC"):
            act()


def test_announcements_are_shown_the_newest_first_until_they_are_withdrawn(stage):
    staged = stage()
    context = staged.context
    first = desk.announce(context, "staged", " One. ", actor="hana")
    desk.announce(context, "staged", "<b>Two</b>", actor="hana")
    texts = [item.text for item in desk.announcements(context, "staged")]
    assert texts == ["<b>Two</b>", "One."]
    desk.withdraw_announcement(context, first, actor="hana")
    assert len(desk.announcements(context, "staged")) == 1
    with pytest.raises(NotFound, match=f"No announcement {first} is shown"):
        desk.withdraw_announcement(context, first, actor="hana")


@pytest.mark.parametrize("text", ["  ", "x" * 2001])
def test_an_announcement_has_some_text_and_not_too_much(sqlite_stage, text):
    staged = sqlite_stage()
    with pytest.raises(Rejected, match="characters"):
        desk.announce(staged.context, "staged", text, actor="hana")


def test_a_host_marks_an_entry_as_verified(stage):
    staged = stage()
    staged.submit()
    id_ = staged.score()
    before = phase_of(staged.context, "dev").revision
    desk.verify(staged.context, id_, actor="hana")
    assert staged.row(id_).verified
    assert phase_of(staged.context, "dev").revision == before + 1
    desk.verify(staged.context, id_, verified=False, actor="hana")
    assert not staged.row(id_).verified
    assert audit(staged)[1] == "submission-unverified"


def test_what_has_no_score_cannot_be_verified(sqlite_stage):
    staged = sqlite_stage()
    id_ = staged.submit().id
    with pytest.raises(Conflict, match="The submission is queued"):
        desk.verify(staged.context, id_, actor="hana")


def test_nothing_is_verified_in_an_archived_challenge(sqlite_stage):
    staged = sqlite_stage()
    staged.submit()
    id_ = staged.score()
    desk.archive(staged.context, "staged", actor="hana")
    with pytest.raises(Conflict, match="read-only"):
        desk.verify(staged.context, id_, actor="hana")


@pytest.mark.parametrize(
    "act",
    [
        lambda context: desk.archive(context, "nothing", actor="hana"),
        lambda context: desk.announce(context, "nothing", "Hello", actor="hana"),
        lambda context: desk.close_phase(context, "nothing", actor="hana"),
        lambda context: desk.verify(context, "0" * 32, actor="hana"),
    ],
)
def test_what_does_not_exist_is_not_found(sqlite_context, act):
    with pytest.raises(NotFound):
        act(sqlite_context)
