"""What a new server begins with."""

from contextlib import nullcontext

import pytest
from sqlalchemy import select

from neucobench.server.context import open_context
from neucobench.server.settings import Settings
from neucobench.server.submissions.queue import claim
from neucobench.server.tables import Challenge, Submission, User
from neucobench.studies import first_challenge
from neucobench.studies.first_challenge import is_wanted, make_first_challenge


class StoppedError(Exception):
    pass


@pytest.fixture
def context(tmp_path, monkeypatch):
    monkeypatch.setattr(first_challenge, "CUBES", 20)
    folder = tmp_path / "server"
    url = f"sqlite:///{tmp_path / 'server.sqlite'}"
    found = open_context(Settings(folder=folder, database=url))
    yield found
    found.database.dispose()


def silent(_description, _unit):
    return nullcontext(lambda _done, _total: None)


def stopping_at(step):
    """Return a stage whose ``step``-th part is interrupted."""
    begun = []

    def stage(description, unit):
        begun.append(description)
        if len(begun) == step:
            raise StoppedError
        return silent(description, unit)

    return stage


def entries(context):
    with context.database.read() as session:
        return session.scalars(select(Submission).order_by(Submission.method)).all()


def test_a_bare_server_gets_a_challenge_with_two_baselines_in_the_queue(context):
    assert is_wanted(context)
    phase = make_first_challenge(context, stage=silent)
    assert phase.key == "practice"
    assert phase.rules.reveals == "everything"
    found = entries(context)
    assert [entry.method for entry in found] == ["mean", "random"]
    for entry in found:
        assert entry.baseline
        assert entry.public
        assert entry.team_id is None
        assert entry.status == "queued"
        assert entry.dims == 1024
    assert claim(context).method == "mean"
    assert not is_wanted(context)


@pytest.mark.parametrize("step", [1, 2, 3])
def test_one_that_was_cut_short_is_taken_up_where_it_was(context, step):
    with pytest.raises(StoppedError):
        make_first_challenge(context, stage=stopping_at(step))
    assert is_wanted(context)
    make_first_challenge(context, stage=silent)
    assert [entry.method for entry in entries(context)] == ["mean", "random"]
    with context.database.read() as session:
        assert len(session.scalars(select(Challenge)).all()) == 1
    assert not is_wanted(context)


def test_nobody_can_sign_in_as_the_one_who_entered_them(context):
    make_first_challenge(context, stage=silent)
    with context.database.read() as session:
        (user,) = session.scalars(select(User))
    assert user.password is None
    assert user.role == "host"
