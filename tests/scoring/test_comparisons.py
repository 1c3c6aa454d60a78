import numpy as np
import pytest

from neucobench.scoring.comparisons import (
    LEAST_TASKS,
    consecutive_groups,
    rank_intervals,
    told_apart,
)
from neucobench.scoring.intervals import drawn_scores, task_draws, task_points
from neucobench.scoring.ranking import rank_entries


def intervals(q, rule="weighted", draws=2000):
    counted = np.ones(len(q), dtype=bool)
    points, weights = task_points(q, counted, rule)
    ranks = rank_entries(q, names=[str(i) for i in range(len(q))], rule=rule).ranks
    drawn = drawn_scores(points, weights, task_draws(q.shape[1], draws=draws))
    found = rank_intervals(drawn, ranks, tasks=q.shape[1])
    return ranks, found.low, found.high


def apart(q, rule="weighted"):
    return told_apart(*task_points(q, np.ones(len(q), dtype=bool), rule))


def spaced(entries, tasks, gap, noise=1.0, seed=0):
    """Return Q of entries that lie ``gap`` apart, the first one best."""
    rng = np.random.default_rng(seed)
    level = -gap * np.arange(entries)[:, np.newaxis] + rng.normal(10, 5, tasks)
    return level + rng.normal(0, noise, (entries, tasks))


def test_entries_that_lie_far_apart_have_the_rank_they_have():
    ranks, low, high = intervals(spaced(5, 11, gap=50))
    assert low.tolist() == high.tolist() == ranks.tolist() == [1, 2, 3, 4, 5]


def test_entries_that_differ_by_noise_only_may_have_most_ranks():
    _, low, high = intervals(spaced(6, 11, gap=0), rule="mean-q")
    assert (high - low).mean() > 4


def test_an_interval_holds_the_rank():
    ranks, low, high = intervals(spaced(30, 7, gap=0.3))
    assert ((low <= ranks) & (ranks <= high)).all()


def test_equal_entries_share_an_interval():
    q = np.vstack([spaced(3, 8, gap=5)] * 2)
    _, low, high = intervals(q)
    assert (low[:3] == low[3:]).all()
    assert (high[:3] == high[3:]).all()


def test_too_few_tasks_order_nobody():
    _, low, high = intervals(spaced(4, LEAST_TASKS - 1, gap=50))
    assert low.tolist() == [1] * 4
    assert high.tolist() == [4] * 4
    assert not apart(spaced(4, LEAST_TASKS - 1, gap=50)).any()


def test_the_order_of_the_entries_does_not_matter():
    q = spaced(10, 9, gap=1)
    order = np.random.default_rng(1).permutation(10)
    _, low, high = intervals(q)
    _, other_low, other_high = intervals(q[order])
    assert (low[order] == other_low).all()
    assert (high[order] == other_high).all()


def test_entries_that_lie_far_apart_are_told_apart():
    found = apart(spaced(5, 11, gap=50), "mean-q")
    assert found.sum() == 20
    assert not found.diagonal().any()


def test_the_answer_is_the_same_both_ways():
    found = apart(spaced(12, 11, gap=1))
    assert (found == found.T).all()


def test_a_board_that_one_task_decides_tells_nobody_apart():
    q = spaced(5, 11, gap=2, noise=0.1)
    q[:, 0] *= 1e6
    assert not apart(q).any()


def test_one_entry_is_told_apart_from_nobody():
    assert apart(spaced(1, 8, gap=1)).tolist() == [[False]]


def test_groups_are_runs_that_cover_every_place():
    found = np.array(
        [
            [False, False, True, True],
            [False, False, False, True],
            [True, False, False, True],
            [True, True, True, False],
        ]
    )
    assert consecutive_groups(found) == [(0, 1), (1, 2), (3, 3)]


def test_who_stands_between_two_that_cannot_be_told_apart_goes_with_them():
    found = np.array([[False, True, False], [True, False, True], [False, True, False]])
    assert consecutive_groups(found) == [(0, 2)]


def true_ranks(mu, rule, rng, tasks=4000):
    """Return the ranks on a board of very many tasks."""
    return rank_entries(
        simulate(mu, tasks, rng), names=[str(i) for i in range(len(mu))], rule=rule
    ).ranks


def simulate(mu, tasks, rng):
    """Return Q of methods of known quality on tasks of unequal spread."""
    spread = np.exp(rng.normal(0, 0.6, tasks))
    noise = rng.normal(0, 3, (len(mu), tasks))
    return rng.normal(10, 8, tasks) + spread * (mu[:, np.newaxis] + noise)


@pytest.mark.parametrize("rule", ["weighted", "mean-q"])
@pytest.mark.parametrize("spread", [0.01, 3.0])
def test_intervals_hold_the_true_rank_about_as_often_as_they_say(rule, spread):
    rng = np.random.default_rng(11)
    hits = []
    for _ in range(25):
        mu = rng.normal(0, spread, 12)
        truth = true_ranks(mu, rule, rng)
        _, low, high = intervals(simulate(mu, 11, rng), rule, draws=1000)
        hits.append((low <= truth) & (truth <= high))
    assert np.mean(hits) >= 0.93


@pytest.mark.parametrize("rule", ["weighted", "mean-q"])
def test_equal_methods_are_seldom_told_apart(rule):
    rng = np.random.default_rng(12)
    wrong = [apart(simulate(np.zeros(10), 11, rng), rule).any() for _ in range(60)]
    assert np.mean(wrong) <= 0.1
