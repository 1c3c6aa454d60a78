import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from neucobench.cli.app import app
from neucobench.server.challenges.phases import phase_of
from neucobench.server.challenges.quota import quota
from neucobench.server.context import open_folder
from neucobench.server.refusals import Conflict, NotFound
from neucobench.server.submissions import queue
from neucobench.server.submissions.rescore import rescorable, rescore
from neucobench.server.tables import AuditEntry, Challenge, Job, Score

SCORES = {"software": {"neucobench": "1.0"}, "mean_q": 1.0, "failed": {}}


@pytest.fixture
def entered(context, small, tmp_path):
    """Return what hands in a file and lets it end as asked."""
    phase = small.open_challenge(context, tmp_path / "labels")
    team = small.add_team(context, "Ada & Co")

    def hand_in(ending):
        id_ = small.hand_in(context, phase, team, small.embeddings(0))
        if ending == "queued":
            return id_
        work = queue.claim(context)
        if ending == "scored":
            queue.finish(context, work, SCORES)
        elif ending == "failed":
            queue.fail(context, work, message="Said.", host_message="Why.")
        elif ending == "withdrawn":
            queue.finish(context, work, SCORES)
            with context.database.write() as session:
                queue.lock(session, id_).status = "withdrawn"
        return id_

    hand_in.team = team
    return hand_in


def versions(context, id_):
    with context.database.read() as session:
        query = select(Score).where(Score.submission_id == id_).order_by(Score.version)
        return [(item.version, item.mean_q) for item in session.scalars(query)]


def test_a_new_score_stands_beside_the_old_one(context, entered, small, clock):
    id_ = entered("scored")
    first = small.submission(context, id_)
    clock.move(days=1)
    assert rescore(context, phase="tiny-dev", actor="hilda") == 1
    assert small.submission(context, id_).status == "scored"
    queue.finish(context, queue.claim(context), SCORES | {"mean_q": 2.0})
    assert versions(context, id_) == [(1, 1.0), (2, 2.0)]
    found = small.submission(context, id_)
    assert (found.started, found.scored) == (first.started, first.scored)


def test_a_rescored_submission_uses_its_quota_once(context, entered):
    entered("scored")
    rescore(context, actor="hilda")
    queue.finish(context, queue.claim(context), SCORES)
    phase = phase_of(context, "tiny-dev")
    with context.database.read() as session:
        found = quota(session, phase, entered.team, context.clock())
    assert (found.used, found.waiting) == (1, 0)


def test_a_score_stays_when_scoring_it_again_fails(context, entered, small):
    id_ = entered("scored")
    rescore(context, submission=id_, actor="hilda")
    queue.fail(context, queue.claim(context), message="Said.", host_message="Why.")
    found = small.submission(context, id_)
    assert (found.status, found.message, versions(context, id_)) == (
        "scored",
        "",
        [(1, 1.0)],
    )
    with context.database.read() as session:
        last = session.scalars(select(Job).order_by(Job.id.desc())).first()
    assert (last.kind, last.status, last.message) == ("rescore", "failed", "Why.")


def test_what_failed_is_queued_as_if_it_were_new(context, entered, small):
    id_ = entered("failed")
    assert rescore(context, phase="tiny-dev", actor="hilda") == 1
    waiting = small.submission(context, id_)
    assert (waiting.status, waiting.message, waiting.host_message) == ("queued", "", "")
    queue.finish(context, queue.claim(context), SCORES)
    assert small.submission(context, id_).status == "scored"


def test_what_waits_or_was_withdrawn_is_left_alone(sqlite_context, small, tmp_path):
    phase = small.open_challenge(sqlite_context, tmp_path / "labels")
    team = small.add_team(sqlite_context, "Ada & Co")
    small.hand_in(sqlite_context, phase, team, b"")
    gone = small.hand_in(sqlite_context, phase, team, b"")
    with sqlite_context.database.write() as session:
        queue.lock(session, gone).status = "withdrawn"
    assert rescore(sqlite_context, actor="hilda") == 0
    with pytest.raises(Conflict, match="is withdrawn; only one that was scored"):
        rescore(sqlite_context, submission=gone, actor="hilda")


def test_an_archived_challenge_is_left_alone(context, entered):
    id_ = entered("scored")
    with context.database.write() as session:
        session.scalars(select(Challenge)).one().archived = context.clock()
    assert rescore(context, actor="hilda") == 0
    for chosen in ({"phase": "tiny-dev"}, {"submission": id_}):
        with pytest.raises(Conflict, match="The challenge is archived"):
            rescore(context, **chosen, actor="hilda")


def test_asking_twice_queues_once(context, entered):
    entered("scored")
    assert rescore(context, actor="hilda") == 1
    assert rescore(context, actor="hilda") == 0


def test_one_that_is_not_there_is_named(context, entered):
    entered("scored")
    with pytest.raises(NotFound, match="There is no submission 'abc' on this server"):
        rescorable(context, submission="abc")
    with pytest.raises(NotFound, match="Did you mean 'tiny-dev'"):
        rescorable(context, phase="tiny-def")


def test_the_audit_log_says_who_asked_for_it(context, entered):
    entered("scored")
    rescore(context, phase="tiny-dev", actor="hilda")
    with context.database.read() as session:
        found = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "submissions-rescored")
        ).one()
    assert (found.actor, found.target, found.detail) == (
        "hilda",
        "tiny-dev",
        "1 submission",
    )


@pytest.fixture
def desk(small, tmp_path, monkeypatch):
    """Return what runs a command on a server with one scored submission."""
    monkeypatch.delenv("NEUCOBENCH_DATABASE", raising=False)
    folder = tmp_path / "desk"
    context = open_folder(folder)
    phase = small.open_challenge(context, tmp_path / "labels")
    team = small.add_team(context, "Ada & Co")
    small.hand_in(context, phase, team, b"")
    queue.finish(context, queue.claim(context), SCORES)

    def run(*arguments, answer):
        command = ["admin", "rescore", "--dir", str(folder), *arguments]
        done = CliRunner().invoke(app, command, input=answer)
        return done, queue.health(context).queued

    yield run
    context.database.dispose()


def test_the_command_asks_first(desk):
    done, queued = desk("--phase", "tiny-dev", answer="n\n")
    assert "Score 1 submission of the phase 'tiny-dev' again?" in done.stderr
    assert (done.exit_code, queued) == (1, 0)


@pytest.mark.parametrize(("arguments", "answer"), [((), "y\n"), (("--yes",), "")])
def test_the_command_queues_when_it_may(desk, arguments, answer):
    done, queued = desk(*arguments, answer=answer)
    assert (done.exit_code, queued) == (0, 1)
