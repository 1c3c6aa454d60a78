import pytest

from neucobench.server.challenges.quota import quota

pytestmark = pytest.mark.usefixtures("unchecked")


def quota_of(staged, visitor=None):
    with staged.context.database.read() as session:
        team = (visitor or staged.ada).team_id
        return quota(session, staged.phase, team, staged.context.clock())


def test_without_a_limit_nothing_is_ever_used_up(stage):
    staged = stage()
    staged.submit()
    assert (quota_of(staged).left, quota_of(staged).waiting) == (None, 1)


def test_what_waits_reserves_its_place_and_what_is_scored_uses_it(stage):
    staged = stage(quota_total=2)
    staged.submit()
    found = quota_of(staged)
    assert (found.waiting, found.used, found.left) == (1, 0, 1)
    staged.score()
    found = quota_of(staged)
    assert (found.waiting, found.used, found.left) == (0, 1, 1)


@pytest.mark.parametrize(
    ("status", "left"),
    [("queued", 0), ("running", 0), ("failed", 1), ("withdrawn", 1)],
)
def test_a_run_without_a_score_uses_no_quota(sqlite_stage, status, left):
    staged = sqlite_stage(quota_total=1)
    staged.change(staged.submit().id, status=status)
    assert quota_of(staged).left == left


@pytest.mark.parametrize("status", ["scored", "withdrawn", "failed"])
def test_a_score_uses_quota_whatever_became_of_it(sqlite_stage, clock, status):
    staged = sqlite_stage(quota_total=1)
    staged.change(staged.submit().id, status=status, scored=clock())
    assert quota_of(staged).left == 0


def test_a_day_ends_at_midnight_utc(sqlite_stage, clock):
    staged = sqlite_stage(quota_per_day=1, quota_total=10)
    clock.now = clock.now.replace(hour=23, minute=59, second=59)
    staged.submit()
    assert (quota_of(staged).left, quota_of(staged).used_up_by_day) == (0, True)
    clock.move(seconds=1)
    found = quota_of(staged)
    assert (found.left, found.waiting_today, found.waiting) == (1, 0, 1)


def test_the_whole_phase_counts_beside_the_day(sqlite_stage, clock):
    staged = sqlite_stage(quota_per_day=5, quota_total=1)
    staged.submit()
    clock.move(days=1)
    found = quota_of(staged)
    assert (found.left, found.used_up_by_day) == (0, False)


def test_quota_is_counted_per_team_and_without_baselines(sqlite_stage):
    staged = sqlite_stage(quota_total=1)
    staged.submit()
    staged.submit(staged.hana, baseline=True, content=staged.csv(seed=1))
    assert quota_of(staged).left == 0
    assert quota_of(staged, staged.bob).left == 1
