import math
import time

import numpy as np
import pytest
from scipy import stats

from neucobench.scoring.comparisons import rank_intervals
from neucobench.scoring.intervals import (
    drawn_scores,
    middle,
    q_interval,
    student,
    task_draws,
    task_points,
)
from neucobench.scoring.quality import q_score
from neucobench.scoring.ranking import RULES, rank_entries

RNG = np.random.default_rng(7)


def test_the_interval_of_q_is_around_q():
    scores = RNG.normal(0.6, 0.05, 40)
    low, high = q_interval(scores, test_size=0.1)
    assert low < q_score(scores) < high


def test_folds_that_overlap_make_the_interval_wider_than_independent_ones():
    scores = RNG.normal(0.6, 0.05, 40)
    low, high = q_interval(scores, test_size=0.1)
    assert (high - low) > 2 * (
        q_interval(scores, test_size=1e-12)[1] - q_interval(scores, test_size=1e-12)[0]
    )


def test_the_interval_of_a_steady_method_has_the_width_of_nadeau_and_bengio():
    # Where the mean is zero, only its own error goes into Q.
    scores = np.array([0.1, -0.1] * 10)
    low, high = q_interval(scores, test_size=0.2)
    error = scores.std(ddof=1) * math.sqrt(1 / 20 + 0.25)
    half = stats.t.ppf(0.975, 19) * error * 2 / (0.02 + scores.std())
    assert (low, high) == pytest.approx((-half, half))


def test_folds_that_agree_leave_nothing_open():
    assert q_interval([0.5] * 10, test_size=0.1) == pytest.approx((50.0, 50.0))


def test_no_interval_reaches_beyond_the_best_q():
    assert q_interval([0.999, 1.0, 0.99], test_size=0.1)[1] <= 100


@pytest.mark.parametrize("scores", [[], [0.5], [0.5, math.nan], [math.nan] * 3])
def test_fewer_than_two_folds_have_no_interval(scores):
    assert q_interval(scores, test_size=0.1) is None


def test_a_draw_holds_as_many_tasks_as_there_are():
    counts = task_draws(7, draws=50)
    assert counts.shape == (50, 7)
    assert (counts.sum(axis=1) == 7).all()


def test_the_draws_are_the_same_every_time():
    assert (task_draws(5, draws=20) == task_draws(5, draws=20)).all()
    assert (task_draws(5, draws=20) != task_draws(5, draws=20, seed=1)).any()


@pytest.mark.parametrize("rule", RULES)
def test_the_points_of_the_tasks_make_the_order_of_the_rule(rule):
    q = RNG.normal(10, 5, (12, 8))
    counted = np.ones(12, dtype=bool)
    points, weights = task_points(q, counted, rule)
    ranking = rank_entries(q, names=[str(i) for i in range(12)], rule=rule)
    assert weights.sum() == pytest.approx(1)
    order = np.argsort(-(points @ weights), kind="stable")
    assert ranking.ranks[order].tolist() == sorted(ranking.ranks.tolist())


def test_the_board_itself_is_the_score_of_a_draw_with_every_task_once():
    q = RNG.normal(10, 5, (4, 6))
    points, weights = task_points(q, np.ones(4, dtype=bool), "weighted")
    drawn = drawn_scores(points, weights, np.ones((1, 6)))
    assert drawn[:, 0] == pytest.approx(points @ weights)


def test_a_draw_without_any_weight_counts_as_the_board_itself():
    points, weights = np.array([[1.0, 5.0], [3.0, 2.0]]), np.array([1.0, 0.0])
    drawn = drawn_scores(points, weights, np.array([[0.0, 2.0]]))
    assert drawn[:, 0].tolist() == [1.0, 3.0]


def test_the_interval_of_a_mean_over_tasks_is_as_wide_as_students():
    q = RNG.normal(10, 5, (1, 12))
    even = np.full(12, 1 / 12)
    ((low, high),) = middle(drawn_scores(q, even, task_draws(12)))
    half = stats.t.ppf(0.975, 11) * q.std(ddof=1) / math.sqrt(12)
    assert high - low == pytest.approx(2 * half, rel=0.1)


def test_student_with_infinite_freedom_is_normal():
    assert student(math.inf) == pytest.approx(1.959964)


def test_ten_thousand_draws_of_two_hundred_methods_take_under_five_seconds():
    q = RNG.normal(0, 5, (200, 12)) + RNG.normal(0, 5, (200, 1))
    ranks = rank_entries(q, names=[str(i) for i in range(200)]).ranks
    start = time.perf_counter()
    points, weights = task_points(q, np.ones(200, dtype=bool), "weighted")
    drawn = drawn_scores(points, weights, task_draws(12, draws=10_000))
    found = rank_intervals(drawn, ranks, tasks=12)
    assert time.perf_counter() - start < 5
    assert (found.low <= ranks).all()
