import math
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from neucobench.server.challenges.phases import phase_of
from neucobench.server.challenges.quota import quota
from neucobench.server.submissions import queue
from neucobench.server.tables import Job, Score

SCORES = {
    "software": {"neucobench": "9.9"},
    "mean_q": 4.5,
    "failed": {},
    "tasks": {"crops": {"scores": [0.25, None]}},
}


@pytest.fixture
def challenge(context, small, tmp_path):
    """Return a phase, a team, and what hands a file in."""
    phase = small.open_challenge(context, tmp_path / "labels")
    team = small.add_team(context, "Ada & Co")

    def hand_in(seed=0):
        return small.hand_in(context, phase, team, small.embeddings(seed))

    hand_in.phase, hand_in.team = phase, team
    return hand_in


def jobs(context):
    with context.database.read() as session:
        return session.scalars(select(Job).order_by(Job.id)).all()


def scores(context):
    with context.database.read() as session:
        return session.scalars(select(Score).order_by(Score.id)).all()


def used(context, challenge):
    with context.database.read() as session:
        found = quota(session, challenge.phase, challenge.team, context.clock())
    return found.used, found.waiting


def withdraw(context, id_):
    with context.database.write() as session:
        submission = queue.lock(session, id_)
        submission.status = "withdrawn"
        submission.withdrawn = context.clock()
        queue.cancel(session, id_, now=context.clock())


def test_the_queue_is_first_come_first_served(context, challenge):
    ids = [challenge(seed) for seed in range(3)]
    assert [queue.claim(context).submission_id for _ in ids] == ids
    assert queue.claim(context) is None


def test_work_says_all_that_a_worker_needs(context, challenge, small):
    challenge(5)
    work = queue.claim(context)
    assert work.file.read_bytes() == small.embeddings(5)
    assert sorted(path.name for path in work.labels.iterdir()) == [
        "crops__regression.csv",
        "nodata__regression.csv",
    ]
    assert (work.suite, work.protocol, work.phase) == ("tiny", "tiny", "tiny-dev")
    assert (work.attempt, work.failed_probes_allowed) == (1, 1)


def test_a_claimed_submission_runs_from_then_on(context, challenge, small, clock):
    id_ = challenge()
    clock.move(seconds=7)
    queue.claim(context)
    found = small.submission(context, id_)
    assert (found.status, found.started) == ("running", clock())


def test_a_score_ends_a_submission_and_uses_quota(context, challenge, small, clock):
    id_ = challenge()
    before = phase_of(context, "tiny-dev").revision
    work = queue.claim(context)
    assert used(context, challenge) == (0, 1)
    assert queue.finish(context, work, SCORES)
    found = small.submission(context, id_)
    assert (found.status, found.scored) == ("scored", clock())
    assert used(context, challenge) == (1, 0)
    assert phase_of(context, "tiny-dev").revision == before + 1
    [score] = scores(context)
    assert (score.version, score.mean_q, score.scorer) == (1, 4.5, "9.9")
    assert score.evaluation == SCORES


@pytest.mark.parametrize(
    "change",
    [{"failed": {"nodata": "diverged"}}, {"mean_q": None}, {"mean_q": math.inf}],
)
def test_a_mean_over_some_of_the_tasks_is_no_mean(
    sqlite_context, small, change, tmp_path
):
    phase = small.open_challenge(sqlite_context, tmp_path / "labels")
    team = small.add_team(sqlite_context, "Ada & Co")
    small.hand_in(sqlite_context, phase, team, b"")
    queue.finish(sqlite_context, queue.claim(sqlite_context), SCORES | change)
    assert scores(sqlite_context)[0].mean_q is None


def test_a_second_result_of_one_attempt_is_dropped(context, challenge):
    challenge()
    work = queue.claim(context)
    assert queue.finish(context, work, SCORES)
    assert not queue.finish(context, work, SCORES)
    assert not queue.fail(context, work, message="m", host_message="h")
    assert not queue.crashed(context, work)
    assert not queue.release(context, work)
    assert len(scores(context)) == 1


def test_the_result_of_an_earlier_attempt_is_dropped(context, challenge, small):
    id_ = challenge()
    early = queue.claim(context)
    assert queue.recover(context) == 1
    late = queue.claim(context)
    assert not queue.finish(context, early, SCORES)
    assert small.submission(context, id_).status == "running"
    assert queue.finish(context, late, SCORES)
    assert [score.job_id for score in scores(context)] == [late.job_id]


def test_a_failure_has_a_sentence_and_gives_quota_back(context, challenge, small):
    id_ = challenge()
    queue.fail(context, queue.claim(context), message="Said.", host_message="Why.")
    found = small.submission(context, id_)
    assert (found.status, found.message) == ("failed", "Said.")
    assert found.host_message == "Why."
    assert (found.scored, used(context, challenge)) == (None, (0, 0))


def test_a_dead_worker_costs_the_job_its_place_only(context, challenge, small):
    id_ = challenge()
    for _ in range(queue.MOST_CRASHES - 1):
        assert queue.crashed(context, queue.claim(context))
        assert small.submission(context, id_).status == "queued"
        with context.database.read() as session:
            assert queue.position(session, id_) == 1
    assert queue.crashed(context, queue.claim(context))
    found = small.submission(context, id_)
    assert found.status == "failed"
    assert "died 3 times" in found.message
    assert used(context, challenge) == (0, 0)
    assert jobs(context)[0].crashes == queue.MOST_CRASHES


def test_a_new_server_takes_up_what_the_last_one_left(context, challenge, small):
    first, second = challenge(1), challenge(2)
    queue.claim(context)
    assert queue.recover(context) == 1
    assert small.submission(context, first).status == "queued"
    assert [queue.claim(context).submission_id for _ in range(2)] == [first, second]


def test_a_job_that_never_ends_is_given_up(context, challenge, small):
    id_ = challenge()
    for _ in range(queue.MOST_ATTEMPTS):
        assert queue.claim(context).submission_id == id_
        assert queue.recover(context) == 1
    assert queue.claim(context) is None
    found = small.submission(context, id_)
    assert (found.status, found.message) == ("failed", queue.INTERRUPTED)


def test_what_is_withdrawn_in_the_queue_is_never_taken(context, challenge):
    withdraw(context, challenge(1))
    other = challenge(2)
    assert queue.claim(context).submission_id == other
    assert queue.claim(context) is None
    assert [job.status for job in jobs(context)] == ["canceled", "running"]


def test_what_is_withdrawn_while_it_runs_gets_no_score(context, challenge, small):
    id_ = challenge()
    work = queue.claim(context)
    withdraw(context, id_)
    assert not queue.finish(context, work, SCORES)
    assert not queue.crashed(context, work)
    assert queue.recover(context) == 0
    assert small.submission(context, id_).status == "withdrawn"
    assert (scores(context), used(context, challenge)) == ([], (0, 0))


def test_a_running_job_of_a_withdrawn_submission_is_canceled(context, challenge, small):
    id_ = challenge()
    work = queue.claim(context)
    with context.database.write() as session:
        queue.lock(session, id_).status = "withdrawn"
    assert not queue.finish(context, work, SCORES)
    assert [job.status for job in jobs(context)] == ["canceled"]


def test_the_position_counts_those_ahead(context, challenge):
    ids = [challenge(seed) for seed in range(3)]
    queue.claim(context)
    with context.database.read() as session:
        assert [queue.position(session, id_) for id_ in ids] == [None, 1, 2]


def test_health_counts_and_says_how_long_the_first_has_waited(
    context, challenge, clock
):
    assert queue.health(context) == queue.Health(
        queued=0, running=0, oldest_queued_seconds=0
    )
    challenge(1)
    clock.move(seconds=30)
    challenge(2)
    challenge(3)
    clock.move(seconds=5)
    queue.claim(context)
    assert queue.health(context) == queue.Health(
        queued=2, running=1, oldest_queued_seconds=5
    )


def test_two_servers_at_once_never_take_the_same_job(context, challenge):
    ids = [challenge(seed) for seed in range(12)]
    with ThreadPoolExecutor(4) as pool:
        works = list(pool.map(lambda _: queue.claim(context), range(16)))
    taken = [work.submission_id for work in works if work]
    assert sorted(taken) == sorted(ids)


def test_of_many_results_at_once_one_counts(context, challenge):
    challenge()
    work = queue.claim(context)
    with ThreadPoolExecutor(4) as pool:
        counted = list(
            pool.map(lambda _: queue.finish(context, work, SCORES), range(8))
        )
    assert sum(counted) == 1
    with context.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Score)) == 1
