import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score, r2_score

from neucobench.probes.metrics import best_epoch, binary_f1, r2, score_epochs


def row(*numbers):
    return np.array([numbers], np.float32)


def test_r2_is_that_of_scikit_learn():
    rng = np.random.default_rng(0)
    labels = rng.random((3, 200)).astype(np.float32)
    outputs = labels + rng.normal(size=(3, 200)).astype(np.float32)
    expected = [r2_score(a, b) for a, b in zip(labels, outputs, strict=True)]
    np.testing.assert_allclose(r2(outputs, labels), expected, rtol=2e-6)


def test_r2_of_a_known_example():
    score = r2(row(2.5, 0.0, 2, 8), row(3, -0.5, 2, 7))
    assert score[0] == pytest.approx(0.9486081, abs=1e-6)


def test_r2_is_rounded_to_float32():
    score = r2(row(0.1, 0.7, 0.3), row(0.2, 0.9, 0.1))
    assert score[0] == np.float32(score[0])


def test_labels_of_no_spread_give_r2_zero():
    assert r2(row(0.1, 0.9), row(0.5, 0.5))[0] == 0


def test_a_residual_of_nearly_zero_gives_r2_one_even_without_spread():
    assert r2(row(0.5, 0.5005), row(0.5, 0.5))[0] == 1


def test_a_residual_of_nearly_zero_gives_r2_one_whatever_the_quotient():
    labels = row(0.5, 0.52)
    outputs = row(0.507, 0.513)
    assert r2(outputs, labels)[0] == 1


def test_r2_without_labels_that_are_numbers_is_not_a_number():
    assert np.isnan(r2(row(0.1, 0.2), row(np.nan, np.nan))[0])


def test_r2_of_one_sample_is_an_error():
    with pytest.raises(ValueError, match="at least 2 samples and got 1"):
        r2(row(0.5), row(0.5))


def test_f1_is_that_of_scikit_learn():
    rng = np.random.default_rng(1)
    logits = rng.normal(size=(3, 100)).astype(np.float32) * 3
    labels = (rng.random((3, 100)) > 0.6).astype(np.float32)
    expected = [f1_score(a, b > 0) for a, b in zip(labels, logits, strict=True)]
    np.testing.assert_allclose(binary_f1(logits, labels), expected, rtol=1e-7)


def test_outputs_within_zero_and_one_are_taken_for_probabilities():
    # As logits all four would be positive.
    assert binary_f1(row(0.4, 0.6, 0.2, 0.9), row(0, 1, 0, 1))[0] == 1


def test_one_output_outside_makes_all_of_them_logits():
    score = binary_f1(row(0.4, 0.6, 0.2, 1.1), row(0, 1, 0, 1))
    assert score[0] == pytest.approx(2 / 3)


def test_every_epoch_decides_for_itself_whether_it_has_logits():
    outputs = np.concatenate([row(0.4, 0.6), row(0.4, 1.6)])
    labels = np.concatenate([row(0, 1), row(0, 1)])
    np.testing.assert_allclose(binary_f1(outputs, labels), [1, 2 / 3], rtol=1e-6)


def test_a_half_is_not_positive():
    assert binary_f1(row(0.5, 0.75), row(0, 1))[0] == 1
    assert binary_f1(row(0.0, 2.0), row(0, 1))[0] == 1


def test_without_any_positive_f1_is_zero():
    assert binary_f1(row(-1, -2), row(0, 0))[0] == 0


def test_outputs_that_are_not_numbers_are_negative():
    score = binary_f1(row(np.nan, 3.0), row(1, 1))
    assert score[0] == pytest.approx(2 / 3)


def test_large_logits_are_no_warning():
    assert binary_f1(row(-1e5, 1e5), row(0, 1))[0] == 1


def test_outputs_too_large_to_square_have_no_finite_r2():
    labels = np.array([[0, 1, 2]], np.float32)
    assert r2(labels + np.float32(1e30), labels).tolist() == [-np.inf]


@settings(deadline=None, max_examples=30)
@given(
    seed=st.integers(0, 1000), kind=st.sampled_from(["regression", "classification"])
)
def test_the_order_of_the_samples_changes_rounding_only(seed, kind):
    rng = np.random.default_rng(seed)
    outputs = rng.normal(size=(2, 90)).astype(np.float32)
    labels = np.tile(rng.integers(0, 2, 90).astype(np.float32), (2, 1))
    order = rng.permutation(90)
    np.testing.assert_allclose(
        score_epochs(kind, outputs, labels),
        score_epochs(kind, outputs[:, order], labels[:, order]),
        rtol=1e-5,
    )


def test_the_first_of_equal_epochs_is_the_best():
    assert best_epoch(np.array([0.1, 0.7, 0.7, 0.2])) == (1, 0.7)


def test_an_epoch_that_is_not_a_number_never_wins():
    assert best_epoch(np.array([np.nan, -3.0, np.nan])) == (1, -3.0)


def test_without_any_number_there_is_no_best_epoch():
    assert best_epoch(np.array([np.nan, np.nan])) == (-1, -np.inf)
