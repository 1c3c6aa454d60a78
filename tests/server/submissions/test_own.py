from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from neucobench.server.challenges.desk import archive
from neucobench.server.challenges.quota import quota
from neucobench.server.refusals import Conflict, NotAllowed, NotFound
from neucobench.server.submissions.own import (
    choose,
    own_submissions,
    submission_for,
    withdraw,
)
from neucobench.server.submissions.queue import claim, finish
from neucobench.server.submissions.rescore import rescore
from neucobench.server.tables import Score

pytestmark = pytest.mark.usefixtures("unchecked")


def quota_of(staged):
    with staged.context.database.read() as session:
        return quota(session, staged.phase, staged.ada.team_id, staged.context.clock())


def sentence(staged, id_, visitor):
    with pytest.raises(NotFound) as refused:
        submission_for(staged.context, id_, visitor)
    return str(refused.value)


def test_a_team_sees_its_own_private_submission(stage):
    staged = stage()
    id_ = staged.submit(public=False).id
    found = submission_for(staged.context, id_, staged.ada)
    assert (found.id, found.team.name, found.phase.key) == (id_, "lovelace", "dev")


def test_another_teams_private_submission_answers_as_an_unknown_id(sqlite_stage):
    staged = sqlite_stage()
    id_ = staged.submit(public=False).id
    staged.score()
    unknown = sentence(staged, "0" * 32, staged.bob)
    assert sentence(staged, id_, staged.bob) == unknown
    assert sentence(staged, id_, None) == unknown
    assert sentence(staged, id_ + "x", staged.ada) == unknown
    assert sentence(staged, id_.upper(), staged.ada) == unknown


def test_everybody_sees_a_public_submission_once_it_has_a_score(sqlite_stage):
    staged = sqlite_stage()
    id_ = staged.submit().id
    assert sentence(staged, id_, None)
    staged.score()
    assert submission_for(staged.context, id_, None).id == id_
    assert submission_for(staged.context, id_, staged.bob).id == id_


def test_a_withdrawn_submission_is_seen_by_its_team_and_hosts_only(sqlite_stage):
    staged = sqlite_stage()
    id_ = staged.submit().id
    staged.score()
    withdraw(staged.context, id_, staged.ada)
    assert sentence(staged, id_, staged.bob)
    assert submission_for(staged.context, id_, staged.ada).status == "withdrawn"
    assert submission_for(staged.context, id_, staged.hana).status == "withdrawn"


def test_a_team_lists_its_own_submissions_the_newest_first(sqlite_stage, clock):
    staged = sqlite_stage()
    first = staged.submit().id
    clock.move(seconds=1)
    second = staged.submit(content=staged.csv(seed=1)).id
    staged.submit(staged.bob)
    own = own_submissions(staged.context, staged.ada, staged.phase)
    assert [item.id for item in own] == [second, first]


def test_a_host_without_a_team_lists_the_baselines_it_entered(sqlite_stage):
    staged = sqlite_stage()
    staged.submit()
    id_ = staged.submit(staged.hana, baseline=True).id
    assert [x.id for x in own_submissions(staged.context, staged.hana)] == [id_]


def test_withdrawing_before_the_score_gives_the_quota_back(stage):
    staged = stage(quota_total=1)
    id_ = staged.submit().id
    assert quota_of(staged).left == 0
    withdraw(staged.context, id_, staged.ada)
    assert quota_of(staged).left == 1
    assert claim(staged.context) is None


def test_withdrawing_a_scored_entry_does_not(stage):
    staged = stage(quota_total=1)
    staged.submit()
    withdraw(staged.context, staged.score(), staged.ada)
    assert (quota_of(staged).used, quota_of(staged).left) == (1, 0)


def test_what_was_withdrawn_while_it_ran_never_gets_a_score(stage, staging):
    staged = stage()
    id_ = staged.submit().id
    work = claim(staged.context)
    withdraw(staged.context, id_, staged.ada)
    assert not finish(staged.context, work, staging.SCORE)
    assert staged.row(id_).scored is None


def test_withdrawing_twice_is_withdrawing_once(sqlite_stage, clock):
    staged = sqlite_stage()
    id_ = staged.submit().id
    withdraw(staged.context, id_, staged.ada)
    clock.move(hours=1)
    withdraw(staged.context, id_, staged.ada)
    assert staged.row(id_).withdrawn < staged.context.clock()


def test_withdrawing_raises_the_revision_of_the_phase(sqlite_stage):
    staged = sqlite_stage()
    id_ = staged.submit().id
    before = staged.phase.revision
    withdraw(staged.context, id_, staged.ada)
    assert staged.phase.revision == before + 1


def test_another_teams_entry_cannot_be_withdrawn(sqlite_stage):
    staged = sqlite_stage()
    id_ = staged.submit().id
    with pytest.raises(NotFound):
        withdraw(staged.context, id_, staged.bob)
    staged.score()
    with pytest.raises(NotAllowed, match="not your team's"):
        withdraw(staged.context, id_, staged.bob)
    withdraw(staged.context, id_, staged.hana)


def test_nothing_is_withdrawn_from_an_archived_challenge(sqlite_stage):
    staged = sqlite_stage()
    id_ = staged.submit().id
    archive(staged.context, "staged", actor="hana")
    with pytest.raises(Conflict, match="archived"):
        withdraw(staged.context, id_, staged.ada)


def test_of_two_choices_the_later_one_counts(stage):
    staged = stage(counts='"chosen"')
    first = staged.submit().id
    second = staged.submit(content=staged.csv(seed=1)).id
    choose(staged.context, first, staged.ada)
    choose(staged.context, second, staged.ada)
    assert [staged.row(id_).chosen for id_ in (first, second)] == [False, True]


def test_a_choice_leaves_other_teams_choices_alone(sqlite_stage):
    staged = sqlite_stage(counts='"chosen"')
    others = staged.submit(staged.bob).id
    choose(staged.context, others, staged.bob)
    choose(staged.context, staged.submit().id, staged.ada)
    assert staged.row(others).chosen


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"public": False}, "private"),
        ({"status": "failed"}, "failed"),
        ({"status": "withdrawn"}, "withdrawn"),
    ],
)
def test_what_cannot_count_cannot_be_chosen(sqlite_stage, change, complaint):
    staged = sqlite_stage(counts='"chosen"')
    id_ = staged.submit().id
    staged.change(id_, **change)
    with pytest.raises(Conflict, match=complaint):
        choose(staged.context, id_, staged.ada)


def test_nothing_is_chosen_where_another_rule_counts(sqlite_stage):
    staged = sqlite_stage()
    with pytest.raises(Conflict, match="last-public"):
        choose(staged.context, staged.submit().id, staged.ada)


def test_nothing_is_chosen_after_the_phase_has_closed(sqlite_stage, clock):
    staged = sqlite_stage(counts='"chosen"')
    id_ = staged.submit().id
    clock.move(days=60)
    with pytest.raises(Conflict, match="closed at 2026-05-31 23:59:59 UTC"):
        choose(staged.context, id_, staged.ada)


def test_a_host_does_not_choose_for_a_team(sqlite_stage):
    staged = sqlite_stage(counts='"chosen"')
    with pytest.raises(NotAllowed, match="not your team's"):
        choose(staged.context, staged.submit().id, staged.hana)


def test_a_withdrawal_at_the_moment_of_a_choice_and_a_score_stands(stage, staging):
    staged = stage(counts='"chosen"')
    context, used = staged.context, 0
    for number in range(4):
        id_ = staged.submit(method=f"m{number}", content=staged.csv(seed=number)).id
        work = claim(context)
        acts = [
            lambda id_=id_: withdraw(context, id_, staged.ada),
            lambda id_=id_: choose(context, id_, staged.ada),
            lambda work=work: finish(context, work, staging.SCORE),
        ]
        acts = acts[number % 3 :] + acts[: number % 3]
        with ThreadPoolExecutor(3) as pool:
            errors = [task.exception() for task in [pool.submit(act) for act in acts]]
        assert {type(error) for error in errors} <= {type(None), Conflict}
        row = staged.row(id_)
        assert (row.status, row.chosen) == ("withdrawn", False)
        used += row.scored is not None
        with context.database.read() as session:
            found = quota(session, staged.phase, staged.ada.team_id, context.clock())
            assert session.scalar(select(func.count(Score.id))) == used == found.used


def test_a_choice_and_a_rescore_do_not_wait_for_each_other(stage):
    staged = stage(counts='"chosen"')
    context = staged.context
    ids = [staged.submit(content=staged.csv(seed=seed)).id for seed in range(6)]
    for _ in ids:
        staged.score()
    with ThreadPoolExecutor(2) as pool:
        for id_ in reversed(ids):
            tasks = [
                pool.submit(choose, context, id_, staged.ada),
                pool.submit(rescore, context, phase="dev", actor="hana"),
            ]
            assert [task.exception() for task in tasks] == [None, None]
    chosen = [id_ for id_ in ids if staged.row(id_).chosen]
    assert chosen == ids[:1]
