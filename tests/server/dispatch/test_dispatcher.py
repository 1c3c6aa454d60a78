import logging
import threading
import time
from types import SimpleNamespace

import pytest
from distributed import KilledWorker
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from neucobench.server.dispatch import dispatcher as module
from neucobench.server.dispatch import run as run_module
from neucobench.server.dispatch.dispatcher import Dispatcher
from neucobench.server.dispatch.run import TOO_LONG
from neucobench.server.dispatch.worker import FILE_GONE, HOSTS_FAULT, Outcome
from neucobench.server.refusals import Conflict
from neucobench.server.submissions import queue
from neucobench.server.submissions.endings import CRASHED
from neucobench.server.tables import Job, Score

SCORES = {"software": {"neucobench": "1.0"}, "mean_q": 1.0, "failed": {}}
SCORED = Outcome(evaluation=SCORES)


class Future:
    """Stand for a future of Dask that a test ends."""

    def __init__(self, done):
        self.status = "pending"
        self._done = done

    def end(self, value=None, *, error=None, status="finished"):
        self.value, self.error = value, error
        self.status = "error" if error else status
        self._done()

    def done(self):
        return self.status != "pending"

    def exception(self, timeout):  # noqa: ARG002 - as Dask has it
        return self.error

    def result(self, timeout):  # noqa: ARG002 - as Dask has it
        if self.status != "finished":
            raise RuntimeError(self.status)
        return self.value


class Cluster:
    """Stand for a cluster of two workers.

    Each of ``answers`` ends a job at once, the last one all that follow; without any,
    the test ends them.
    """

    def __init__(self, *answers):
        self.answers, self.taken, self.stopped = list(answers), [], []
        self.lost, self.closed = False, False

    def slots(self):
        if self.lost:
            raise OSError("the connection to the scheduler is lost")
        return 2

    def submit(self, work, done):
        future = Future(done)
        self.taken.append(SimpleNamespace(work=work, future=future))
        if self.answers:
            last = len(self.answers) == 1
            future.end(**(self.answers[0] if last else self.answers.pop(0)))
        return future

    def stop(self, future):
        self.stopped.append(future)

    def close(self):
        self.closed = True


def killed():
    return KilledWorker("score", SimpleNamespace(address="tcp://worker"), 0)


@pytest.fixture
def arena(sqlite_context, small, tmp_path, monkeypatch):
    """Return what a test of the dispatcher needs, with stand-ins for clusters."""
    monkeypatch.setattr(module, "_POLL_SECONDS", 0.02)
    monkeypatch.setattr(module, "_RETRY_SECONDS", 0.02)
    context = sqlite_context
    phase = small.open_challenge(context, tmp_path / "labels")
    team = small.add_team(context, "Ada & Co")
    opened = []

    def open_cluster(settings):
        found = arena.clusters.pop(0) if arena.clusters else Cluster()
        if isinstance(found, Exception):
            raise found
        opened.append(found)
        return found

    monkeypatch.setattr(module, "open_cluster", open_cluster)
    started = []

    def start(*clusters, **options):
        arena.clusters = list(clusters)
        options.setdefault("after", [].append)
        found = Dispatcher(context, **options)
        started.append(found)
        found.start()
        return found

    def hand_in(seed=0):
        return small.hand_in(context, phase, team, small.embeddings(seed))

    def status(id_):
        return small.submission(context, id_).status

    arena = SimpleNamespace(
        context=context, start=start, hand_in=hand_in, status=status, opened=opened
    )
    yield arena
    for found in started:
        found.stop()


def wait(condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.005)


def count(context, table):
    with context.database.read() as session:
        return session.scalar(select(func.count()).select_from(table))


def test_what_is_in_the_queue_is_scored(arena):
    ids = [arena.hand_in(seed) for seed in range(5)]
    arena.start(Cluster({"value": SCORED}))
    wait(lambda: {arena.status(id_) for id_ in ids} == {"scored"})
    assert count(arena.context, Score) == 5


def test_no_more_jobs_run_than_there_are_workers(arena):
    ids = [arena.hand_in(seed) for seed in range(5)]
    cluster = Cluster()
    arena.start(cluster)
    wait(lambda: len(cluster.taken) == 2)
    time.sleep(0.1)
    assert [arena.status(id_) for id_ in ids] == ["running"] * 2 + ["queued"] * 3
    cluster.taken[0].future.end(SCORED)
    wait(lambda: len(cluster.taken) == 3)


def test_a_new_submission_wakes_it(arena, monkeypatch):
    monkeypatch.setattr(module, "_POLL_SECONDS", 30)
    found = arena.start(Cluster({"value": SCORED}))
    wait(lambda: arena.opened)
    time.sleep(0.1)
    id_ = arena.hand_in()
    found.wake()
    wait(lambda: arena.status(id_) == "scored", seconds=5)


def test_a_submission_that_nobody_told_of_is_found(arena):
    arena.start(Cluster({"value": SCORED}))
    id_ = arena.hand_in()
    wait(lambda: arena.status(id_) == "scored")


def test_a_failure_reaches_the_team_as_a_sentence(arena, small):
    id_ = arena.hand_in()
    outcome = Outcome(message=FILE_GONE, host_message="It is missing.")
    arena.start(Cluster({"value": outcome}))
    wait(lambda: arena.status(id_) == "failed")
    found = small.submission(arena.context, id_)
    assert (found.message, found.host_message) == (FILE_GONE, "It is missing.")


def test_a_dead_worker_s_job_is_tried_three_times(arena, small):
    id_ = arena.hand_in()
    cluster = Cluster({"error": killed()})
    arena.start(cluster)
    wait(lambda: arena.status(id_) == "failed")
    assert [item.work.attempt for item in cluster.taken] == [1, 2, 3]
    assert small.submission(arena.context, id_).message == CRASHED


def test_one_dead_worker_does_no_harm(arena):
    id_ = arena.hand_in()
    arena.start(Cluster({"error": killed()}, {"value": SCORED}))
    wait(lambda: arena.status(id_) == "scored")


def test_a_worker_that_cannot_run_the_job_fails_it(arena, small):
    id_ = arena.hand_in()
    error = ModuleNotFoundError("No module named 'neucobench'")
    arena.start(Cluster({"error": error}))
    wait(lambda: arena.status(id_) == "failed")
    found = small.submission(arena.context, id_)
    assert found.message == HOSTS_FAULT
    assert found.host_message == f"ModuleNotFoundError: {error}"


def test_a_job_that_the_cluster_dropped_waits_again(arena):
    id_ = arena.hand_in()
    arena.start(Cluster({"status": "cancelled"}, {"status": "lost"}, {"value": SCORED}))
    wait(lambda: arena.status(id_) == "scored")
    with arena.context.database.read() as session:
        job = session.scalars(select(Job)).one()
    assert (job.attempt, job.crashes) == (3, 0)


def test_a_cluster_that_goes_away_is_looked_for_again(arena):
    id_ = arena.hand_in()
    first, last = Cluster(), Cluster({"value": SCORED})
    arena.start(first, OSError("nobody answers"), last)
    wait(lambda: first.taken)
    first.lost = True
    wait(lambda: arena.status(id_) == "scored")
    assert first.closed
    assert len(last.taken) == 1


def test_a_late_result_of_a_lost_cluster_is_dropped(arena):
    arena.hand_in()
    first, last = Cluster(), Cluster()
    arena.start(first, last)
    wait(lambda: first.taken)
    first.lost = True
    wait(lambda: last.taken)
    first.taken[0].future.end(SCORED)
    time.sleep(0.1)
    assert count(arena.context, Score) == 0
    last.taken[0].future.end(SCORED)
    wait(lambda: count(arena.context, Score) == 1)


def test_a_job_that_runs_too_long_is_failed(arena, small):
    id_ = arena.hand_in()
    cluster = Cluster()
    arena.start(cluster, limit_seconds=0.1)
    wait(lambda: arena.status(id_) == "failed")
    assert small.submission(arena.context, id_).message == TOO_LONG
    assert cluster.stopped == [cluster.taken[0].future]


def test_a_full_disk_delays_a_score_and_loses_nothing(arena, monkeypatch, caplog):
    tries = []

    def finish(*arguments):
        tries.append(arguments)
        if len(tries) < 4:
            full = Exception("database or disk is full\nDETAIL: secret")
            raise OperationalError("INSERT", {"label": "secret"}, full)
        return queue.finish(*arguments)

    monkeypatch.setattr(run_module, "finish", finish)
    id_ = arena.hand_in()
    cluster = Cluster({"value": SCORED})
    with caplog.at_level(logging.ERROR):
        arena.start(cluster)
        wait(lambda: arena.status(id_) == "scored")
    assert (len(tries), len(cluster.taken), cluster.closed) == (4, 1, False)
    assert "database or disk is full" in caplog.text
    assert "secret" not in caplog.text


def test_a_score_that_no_database_takes_is_a_failure(arena, small):
    id_ = arena.hand_in()
    broken = Outcome(evaluation=SCORES | {"tasks": {1, 2}})
    arena.start(Cluster({"value": broken}))
    wait(lambda: arena.status(id_) == "failed")
    assert small.submission(arena.context, id_).message == HOSTS_FAULT


def test_what_is_told_after_a_score_may_fail(arena, caplog):
    told = []

    def after(work):
        told.append(work.submission_id)
        raise ValueError("secret")

    ids = [arena.hand_in(seed) for seed in range(3)]
    arena.start(Cluster({"value": SCORED}), after=after)
    wait(lambda: {arena.status(id_) for id_ in ids} == {"scored"})
    wait(lambda: len(told) == 3)
    assert "The history of a board is behind: ValueError" in caplog.text
    assert "secret" not in caplog.text


def test_nothing_is_told_after_a_failure(arena):
    told = []
    id_ = arena.hand_in()
    failed = Outcome(message="Said.", host_message="Why.")
    arena.start(Cluster({"value": failed}), after=told.append)
    wait(lambda: arena.status(id_) == "failed")
    time.sleep(0.1)
    assert told == []


def test_a_start_takes_up_what_was_left_running(arena):
    id_ = arena.hand_in()
    queue.claim(arena.context)
    arena.start(Cluster({"value": SCORED}))
    wait(lambda: arena.status(id_) == "scored")


def test_a_stop_queues_again_what_runs(arena):
    id_ = arena.hand_in()
    cluster = Cluster()
    found = arena.start(cluster)
    wait(lambda: cluster.taken)
    found.stop()
    assert arena.status(id_) == "queued"
    assert cluster.closed


def test_a_stop_keeps_what_is_done(arena, monkeypatch):
    monkeypatch.setattr(module, "_POLL_SECONDS", 30)
    id_ = arena.hand_in()
    cluster = Cluster()
    found = arena.start(cluster)
    wait(lambda: cluster.taken)
    cluster.taken[0].future.end(SCORED)
    found.stop()
    assert arena.status(id_) == "scored"


def test_starting_twice_is_starting_once(arena):
    found = arena.start(Cluster())
    threads = threading.active_count()
    found.start()
    assert threading.active_count() == threads
    found.stop()
    found.stop()


def test_a_second_dispatcher_is_refused(arena):
    arena.start(Cluster())
    with pytest.raises(Conflict, match="one server at a time"):
        Dispatcher(arena.context).start()


def test_what_is_withdrawn_while_it_runs_is_dropped(arena):
    id_ = arena.hand_in()
    cluster = Cluster()
    arena.start(cluster)
    wait(lambda: cluster.taken)
    with arena.context.database.write() as session:
        queue.lock(session, id_).status = "withdrawn"
        queue.cancel(session, id_, now=arena.context.clock())
    cluster.taken[0].future.end(SCORED)
    other = arena.hand_in(1)
    wait(lambda: arena.status(other) == "running")
    assert (arena.status(id_), count(arena.context, Score)) == ("withdrawn", 0)
