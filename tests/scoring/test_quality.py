import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neucobench.scoring.quality import mean_q, q_score

folds = st.lists(st.floats(-100, 1), min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("mean", "std", "expected"),
    [(1, 0, 100), (0.5, 0.05, 14.2857), (0.8, 0.02, 40), (-1, 0.1, -16.6667)],
)
def test_the_published_checks(mean, std, expected):
    assert q_score([mean - std, mean + std]) == pytest.approx(expected, abs=1e-4)


def test_the_golden_fixture_of_the_reference():
    scores = [
        0.5641025900840759,
        0.6976743936538696,
        0.5909090638160706,
        0.7142857313156128,
        0.6521739363670349,
    ]
    assert q_score(scores) == pytest.approx(16.4109096300, abs=1e-9)


def test_folds_without_a_score_are_left_out():
    assert q_score([0.5, math.nan, 0.5]) == q_score([0.5, 0.5])


@pytest.mark.parametrize("scores", [[], [math.nan], [0.5, math.inf], [-math.inf]])
def test_without_a_finite_score_there_is_no_quality(scores):
    assert math.isnan(q_score(scores))


@given(folds)
@settings(deadline=None, max_examples=50)
def test_it_is_the_other_form_of_the_formula(scores):
    mean, std = np.mean(scores), np.std(scores)
    assert q_score(scores) == pytest.approx(100 * mean / (1 + 50 * std), abs=1e-9)


@given(folds)
@settings(deadline=None, max_examples=50)
def test_it_is_at_most_a_hundred_and_has_the_sign_of_the_mean(scores):
    q = q_score(scores)
    assert q <= 100 + 1e-9
    assert q * np.mean(scores) >= 0


@given(folds, st.randoms())
@settings(deadline=None, max_examples=50)
def test_the_order_of_the_folds_does_not_matter(scores, random):
    shuffled = random.sample(scores, len(scores))
    assert q_score(shuffled) == pytest.approx(q_score(scores), rel=1e-9, abs=1e-9)


@given(st.lists(st.floats(-1e6, 100), min_size=1, max_size=14), st.randoms())
@settings(deadline=None, max_examples=50)
def test_the_order_of_the_tasks_does_not_matter_at_all(qs, random):
    assert mean_q(random.sample(qs, len(qs))) == mean_q(qs)


@pytest.mark.parametrize("qs", [[], [1.0, math.nan], [math.inf]])
def test_a_task_without_a_score_leaves_no_mean(qs):
    assert math.isnan(mean_q(qs))


def test_the_mean_of_the_golden_fixture():
    qs = [-3.4239148817, 16.4109096300, -3.3343896570]
    assert mean_q(qs) == pytest.approx(3.2175350304, abs=1e-9)
