from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import event, func, select

from neucobench.server.challenges.desk import archive, close_phase
from neucobench.server.challenges.quota import quota
from neucobench.server.refusals import Busy, Conflict, NotAllowed, Refusal, Rejected
from neucobench.server.submissions import files, intake
from neucobench.server.submissions.intake import admit
from neucobench.server.tables import AuditEntry, Job, StoredFile, Submission

# What these tests are about comes after the look into the file.
quick = pytest.mark.usefixtures("unchecked")


def counts(context):
    with context.database.read() as session:
        tables = (Submission, Job, StoredFile)
        return [session.scalar(select(func.count()).select_from(x)) for x in tables]


def stored(context):
    return [path for path in context.settings.uploads.rglob("*") if path.is_file()]


def left(staged, visitor=None):
    with staged.context.database.read() as session:
        team = (visitor or staged.ada).team_id
        return quota(session, staged.phase, team, staged.context.clock()).left


def test_a_good_file_is_queued_with_its_facts(stage):
    staged = stage()
    accepted = staged.submit(method="mine", public=False, code="https://code")
    row = staged.row(accepted.id)
    assert (accepted.status, accepted.position) == ("queued", 1)
    assert (row.rows, row.dims, row.bytes_per_vector) == (40, 4, 16)
    assert (row.method, row.public, row.card) == (
        "mine", False, {"code": "https://code"},
    )  # fmt: skip
    assert row.created == staged.context.clock()
    assert counts(staged.context) == [1, 1, 1]


@quick
def test_the_second_file_waits_behind_the_first(sqlite_stage):
    staged = sqlite_stage()
    staged.submit()
    assert staged.submit(staged.bob, content=staged.csv(seed=1)).position == 2


@quick
def test_the_file_is_stored_under_its_digest_and_nothing_stays_behind(sqlite_stage):
    staged = sqlite_stage()
    row = staged.row(staged.submit().id)
    (path,) = stored(staged.context)
    assert path == staged.context.settings.upload(row.file_digest, ".csv")
    assert path.read_bytes() == staged.csv()
    assert list(staged.context.settings.incoming.iterdir()) == []


@quick
def test_equal_files_are_stored_once(stage):
    staged = stage()
    staged.submit()
    staged.submit(staged.bob)
    assert counts(staged.context) == [2, 2, 1]
    assert len(stored(staged.context)) == 1


def test_a_team_is_told_that_it_handed_the_same_file_in_before(sqlite_stage):
    staged = sqlite_stage()
    assert staged.submit(method="first").findings[0].code != "same-file"
    again = staged.submit(method="second")
    assert "as 'first'" in again.findings[-1].message
    assert staged.row(again.id).findings[-1]["code"] == "same-file"


@quick
def test_another_team_is_not_told_about_the_same_file(sqlite_stage):
    staged = sqlite_stage()
    staged.submit()
    found = staged.submit(staged.bob).findings
    assert "same-file" not in [finding.code for finding in found]


def test_a_bad_file_is_refused_with_findings_and_uses_no_quota(sqlite_stage):
    staged = sqlite_stage(quota_total=1)
    with pytest.raises(Rejected, match=r"mine\.csv was not accepted") as refused:
        staged.submit(content=staged.csv(dims=9))
    assert [x.code for x in refused.value.findings if x.level == "error"] == [
        "too-wide"
    ]
    assert left(staged) == 1
    assert counts(staged.context) == [0, 0, 0]
    assert stored(staged.context) == []
    assert list(staged.context.settings.incoming.iterdir()) == []


def test_a_phase_that_has_not_opened_says_when_it_does(sqlite_stage, clock):
    staged = sqlite_stage()
    clock.now = clock.now.replace(month=4)
    with pytest.raises(Conflict, match="opens at 2026-05-01 00:00:00 UTC"):
        staged.submit()


def test_a_late_entry_is_refused_with_the_closing_time(sqlite_stage, clock):
    staged = sqlite_stage()
    clock.move(days=60)
    with pytest.raises(Conflict, match="closed at 2026-05-31 23:59:59 UTC"):
        staged.submit()


@quick
def test_the_last_second_of_a_phase_is_part_of_it(sqlite_stage, clock):
    staged = sqlite_stage()
    last = staged.phase.rules.closes
    clock.now = last.replace(microsecond=999_999)
    assert staged.submit().status == "queued"
    clock.move(microseconds=1)
    with pytest.raises(Conflict, match="Late entries"):
        staged.submit()


def test_what_arrived_in_time_is_accepted_however_long_the_check_takes(
    sqlite_stage, clock, monkeypatch
):
    staged = sqlite_stage()
    clock.now = arrived = staged.phase.rules.closes
    look = intake.inspect_file

    def slowly(*given):
        clock.move(minutes=10)
        return look(*given)

    monkeypatch.setattr(intake, "inspect_file", slowly)
    assert staged.row(staged.submit().id).created == arrived


def test_a_phase_that_a_host_closed_takes_nothing(sqlite_stage):
    staged = sqlite_stage()
    close_phase(staged.context, "dev", actor="hana")
    with pytest.raises(Conflict, match="Late entries"):
        staged.submit()


def test_an_archived_challenge_takes_nothing_not_even_a_baseline(sqlite_stage):
    staged = sqlite_stage()
    archive(staged.context, "staged", actor="hana")
    with pytest.raises(Conflict, match="archived"):
        staged.submit(staged.hana, baseline=True)


@quick
def test_the_quota_is_refused_when_it_is_used(stage):
    staged = stage(quota_total=1)
    staged.submit()
    with pytest.raises(Conflict, match=r"0 are scored and 1 wait"):
        staged.submit(content=staged.csv(seed=1))
    staged.score()
    with pytest.raises(Conflict, match=r"of 1 for the whole phase, 1 are scored"):
        staged.submit(content=staged.csv(seed=1))


@quick
def test_a_new_day_brings_new_quota(sqlite_stage, clock):
    staged = sqlite_stage(quota_per_day=1)
    staged.submit()
    with pytest.raises(Conflict, match="midnight, UTC"):
        staged.submit(content=staged.csv(seed=1))
    clock.move(hours=12)
    assert staged.submit(content=staged.csv(seed=1)).status == "queued"


@quick
def test_simultaneous_uploads_never_exceed_the_quota(stage):
    staged = stage(quota_total=3)

    def one(seed):
        try:
            return staged.submit(content=staged.csv(seed=seed)).status
        except Conflict:
            return "refused"

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(one, range(8)))
    assert sorted(outcomes) == ["queued"] * 3 + ["refused"] * 5
    assert counts(staged.context) == [3, 3, 3]


@quick
def test_simultaneous_equal_files_of_two_teams_are_both_accepted(stage):
    staged = stage()
    with ThreadPoolExecutor(2) as pool:
        taken = list(pool.map(staged.submit, [staged.ada, staged.bob]))
    assert len({item.id for item in taken}) == 2
    assert counts(staged.context) == [2, 2, 1]


def test_a_private_entry_is_refused_where_the_phase_takes_none(sqlite_stage):
    staged = sqlite_stage(private_submissions="false")
    with pytest.raises(Rejected, match="public submissions only"):
        staged.submit(public=False)


def test_a_transductive_entry_is_refused_where_the_card_says_so(sqlite_stage):
    staged = sqlite_stage(transductive="false")
    with pytest.raises(Rejected, match="transductive"):
        staged.submit(transductive=True)


@quick
def test_a_transductive_entry_is_taken_where_the_card_is_silent(sqlite_stage):
    staged = sqlite_stage()
    assert staged.row(staged.submit(transductive=True).id).transductive


def test_a_baseline_of_a_participant_is_refused(sqlite_stage):
    staged = sqlite_stage()
    with pytest.raises(NotAllowed, match="entered by hosts"):
        staged.submit(baseline=True)


@quick
def test_a_baseline_of_a_host_belongs_to_no_team_and_may_come_late(sqlite_stage, clock):
    staged = sqlite_stage(quota_total=1)
    clock.move(days=60)
    for seed in range(2):
        taken = staged.submit(staged.hana, baseline=True, content=staged.csv(seed=seed))
        assert staged.row(taken.id).team_id is None


def test_an_account_without_a_team_hands_nothing_in(sqlite_stage):
    staged = sqlite_stage()
    with pytest.raises(NotAllowed, match="belongs to no team"):
        staged.submit(staged.hana)


def test_an_account_without_a_team_is_refused_before_the_upload(sqlite_stage):
    staged = sqlite_stage()
    nobody = replace(staged.bob, team_id=None, team=None)
    with pytest.raises(NotAllowed, match="belongs to no team"):
        admit(staged.context, staged.phase, nobody)
    admit(staged.context, staged.phase, staged.hana)


def test_what_would_be_refused_is_refused_before_the_upload(sqlite_stage):
    staged = sqlite_stage(quota_total=1)
    admit(staged.context, staged.phase, staged.ada)
    staged.submit()
    with pytest.raises(Conflict, match="quota is used"):
        admit(staged.context, staged.phase, staged.ada)


@pytest.mark.parametrize("problem", [28, 122], ids=["full", "quota"])
def test_a_full_disk_is_a_sentence_and_leaves_nothing(
    sqlite_stage, monkeypatch, problem
):
    staged = sqlite_stage()

    def refuse(*_):
        raise OSError(problem, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(files, "_flush_folder", refuse)
        with pytest.raises(Busy, match="no room"):
            staged.submit()
    assert counts(staged.context) == [0, 0, 0]
    assert list(staged.context.settings.incoming.iterdir()) == []
    assert staged.submit().status == "queued"
    assert len(stored(staged.context)) == 1


@quick
def test_a_full_database_is_a_sentence_and_leaves_nothing(sqlite_stage):
    staged = sqlite_stage()
    engine = staged.context.database.engine

    def shrink(connection, _record, _proxy):
        connection.execute("PRAGMA max_page_count=1")

    def until_it_is_full():
        for seed in range(200):
            staged.submit(description=f"{seed}" * 1000)

    event.listen(engine, "checkout", shrink)
    with pytest.raises(Refusal, match="no room") as refused:
        until_it_is_full()
    assert refused.value.status == 503
    event.remove(engine, "checkout", shrink)
    submissions, jobs, _ = counts(staged.context)
    assert submissions == jobs


@quick
def test_an_acceptance_stands_in_the_audit_log(sqlite_stage):
    staged = sqlite_stage()
    id_ = staged.submit().id
    with staged.context.database.read() as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()[-1]
    assert (entry.actor, entry.action, entry.target) == (
        "ada", "submission-accepted", id_,
    )  # fmt: skip
