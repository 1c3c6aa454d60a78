import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy.stats import rankdata

from neucobench.errors import UnknownNameError
from neucobench.scoring.ranking import (
    RULES,
    borda_points,
    rank_entries,
    spread_weights,
    task_ranks,
)

# Few different values, so that ties are common.
tied = st.integers(-8, 8).map(lambda value: value / 2)
anything = st.floats(-1e6, 100, allow_subnormal=False)
tables = arrays(
    np.float64,
    array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=7),
    elements=st.one_of(tied, anything),
)
tables_with_ties = arrays(
    np.float64,
    array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=7),
    elements=tied,
)
rules = st.sampled_from(RULES)


def names_of(q):
    return [f"method-{index:02d}" for index in range(len(q))]


def rank(q, rule="weighted", **options):
    q = np.asarray(q, dtype=np.float64)
    return rank_entries(q, names=names_of(q), rule=rule, **options)


@given(tables)
@settings(deadline=None, max_examples=50)
def test_weighted_is_upstreams_formula(q):
    spreads = np.std(q, axis=0, ddof=1) if len(q) > 1 else np.ones(q.shape[1])
    if np.ptp(q, axis=0).max() == 0:
        spreads = np.ones(q.shape[1])
    weights = spreads / spreads.sum()
    ranks = rankdata(-q, axis=0, method="min")
    np.testing.assert_allclose(rank(q).scores, (ranks * weights).sum(axis=1), rtol=1e-9)


def test_weights_grow_with_the_spread():
    found = rank([[0.0, 0.0], [1.0, 3.0]])
    np.testing.assert_allclose(found.weights, [0.25, 0.75])
    np.testing.assert_allclose(found.scores, [2.0, 1.0])


def test_uniform_is_the_mean_rank():
    found = rank([[3.0, 1.0, 1.0], [2.0, 2.0, 2.0], [1.0, 3.0, 3.0]], "uniform")
    np.testing.assert_allclose(found.scores, [7 / 3, 2.0, 5 / 3])
    assert found.order == (2, 1, 0)


def test_mean_q_prefers_the_larger_mean():
    found = rank([[1.0, 2.0], [5.0, 0.0]], "mean-q")
    assert found.scores.tolist() == [1.5, 2.5]
    assert found.ranks.tolist() == [2, 1]
    assert found.weights is None


def test_borda_counts_entries_beaten_and_half_of_those_tied():
    found = rank([[3.0, 1.0], [3.0, 2.0], [1.0, 2.0]], "borda")
    assert found.scores.tolist() == [1.5, 3.0, 1.5]
    assert found.ranks.tolist() == [2, 1, 2]


def test_an_unknown_rule_gets_a_suggestion():
    with pytest.raises(UnknownNameError, match="weighted"):
        rank([[1.0]], "weigted")


@pytest.mark.parametrize("rule", ["weighted", "uniform"])
def test_a_single_entry_has_uniform_weights(rule):
    found = rank([[7.0, -3.0]], rule)
    assert found.weights.tolist() == [0.5, 0.5]
    assert (found.scores.tolist(), found.ranks.tolist()) == ([1.0], [1])


def test_equal_scores_everywhere_are_ties_under_uniform_weights():
    # The mean of three times 0.1 is not 0.1; the spread must be 0 all the same.
    found = rank(np.full((3, 2), 0.1))
    assert found.weights.tolist() == [0.5, 0.5]
    assert found.ranks.tolist() == [1, 1, 1]


def test_a_task_without_spread_has_no_weight():
    assert spread_weights(np.array([[1.0, 0.1], [2.0, 0.1]])).tolist() == [1.0, 0.0]


def test_weights_survive_huge_scores():
    weights = spread_weights(np.array([[1e200, -1e200], [-1e200, 1e200]]))
    assert weights.tolist() == [0.5, 0.5]


def test_ties_share_the_minimum_rank():
    assert rank([[2.0], [2.0], [1.0]]).ranks.tolist() == [1, 1, 3]


def test_within_a_tie_the_mean_q_decides_the_order_then_the_name():
    q = [[3.0, 0.0], [1.0, 4.0], [1.0, 4.0]]
    found = rank_entries(
        np.array(q), names=["a", "c", "b"], rule="uniform", counted=None
    )
    # Mean ranks: 1.5 (1 and 2, since the two others tie) against 1.5 and 1.5.
    assert found.order[0] in (1, 2)
    assert [("a", "c", "b")[index] for index in found.order] == ["b", "c", "a"]


def test_a_baseline_gets_the_score_it_would_have_and_moves_nobody():
    q = np.array([[4.0, 1.0], [3.0, 5.0], [2.0, 9.0]])
    counted = np.array([True, True, False])
    with_baseline, without = rank(q, counted=counted), rank(q[:2])
    np.testing.assert_array_equal(with_baseline.scores[:2], without.scores)
    np.testing.assert_array_equal(with_baseline.weights, without.weights)
    assert with_baseline.task_ranks[2].tolist() == [3, 1]
    assert with_baseline.ranks[:2].tolist() == without.ranks.tolist()


def test_baselines_alone_are_all_first():
    found = rank([[1.0], [2.0]], counted=np.array([False, False]))
    assert found.scores.tolist() == [1.0, 1.0]


def test_nobody_is_an_empty_ranking():
    assert rank(np.zeros((0, 3))).order == ()


@given(tables, rules, st.randoms())
@settings(deadline=None, max_examples=50)
def test_permuting_the_entries_permutes_the_ranking(q, rule, random):
    order = random.sample(range(len(q)), len(q))
    before, after = rank(q, rule), rank(q[order], rule)
    np.testing.assert_array_equal(after.scores, before.scores[order])
    np.testing.assert_array_equal(after.ranks, before.ranks[order])


@given(tables, rules)
@settings(deadline=None, max_examples=50)
def test_renaming_the_entries_changes_no_score(q, rule):
    renamed = rank_entries(q, names=names_of(q)[::-1], rule=rule)
    np.testing.assert_array_equal(renamed.scores, rank(q, rule).scores)
    np.testing.assert_array_equal(renamed.ranks, rank(q, rule).ranks)


@given(tables_with_ties, rules, st.randoms())
@settings(deadline=None, max_examples=50)
def test_permuting_the_tasks_changes_no_rank(q, rule, random):
    order = random.sample(range(q.shape[1]), q.shape[1])
    np.testing.assert_array_equal(rank(q[:, order], rule).ranks, rank(q, rule).ranks)


@given(tables_with_ties, rules, st.integers(-100, 100))
@settings(deadline=None, max_examples=50)
def test_adding_a_constant_to_every_score_changes_no_rank(q, rule, constant):
    np.testing.assert_array_equal(rank(q + constant, rule).ranks, rank(q, rule).ranks)


@given(tables_with_ties, st.integers(-100, 100))
@settings(deadline=None, max_examples=50)
def test_adding_a_constant_to_one_task_changes_no_rank_sum(q, constant):
    moved = q.copy()
    moved[:, 0] += constant
    np.testing.assert_allclose(rank(moved).scores, rank(q).scores, rtol=1e-12)


@given(tables)
@settings(deadline=None, max_examples=50)
def test_borda_points_add_up(q):
    entries, tasks = q.shape
    points = borda_points(q, np.ones(entries, dtype=np.bool_))
    assert points.sum() == tasks * entries * (entries - 1) / 2


@given(tables)
@settings(deadline=None, max_examples=50)
def test_task_ranks_are_those_of_scipy(q):
    everyone = np.ones(len(q), dtype=np.bool_)
    expected = rankdata(-q, axis=0, method="min")
    np.testing.assert_array_equal(task_ranks(q, everyone), expected)


@given(tables)
@settings(deadline=None, max_examples=50)
def test_weights_add_up_to_one(q):
    assert spread_weights(q).sum() == pytest.approx(1)


@given(tables, rules)
@settings(deadline=None, max_examples=50)
def test_the_order_goes_from_the_best_rank_to_the_worst(q, rule):
    found = rank(q, rule)
    ranks = found.ranks[list(found.order)].tolist()
    assert ranks == sorted(ranks)
    assert sorted(found.order) == list(range(len(q)))


@given(tables, rules)
@settings(deadline=None, max_examples=50)
def test_an_entry_that_is_better_everywhere_comes_first(q, rule):
    best = np.vstack([q, q.max(axis=0) + 1])
    assert rank(best, rule).ranks[-1] == 1
