import numpy as np
import pytest

from neucobench.scoring.influence import leave_one_out
from neucobench.scoring.ranking import RULES, rank_entries

# Without the last entry, the weights of the tasks turn round, and with them the order
# of the first two.
TURNING = np.array([[10.0, 1.0], [9.0, 4.0], [8.0, 2.0], [100.0, 0.0]])


def brute(q, rule):
    """Return the swapped pairs, one board after the other."""
    names = [str(i) for i in range(len(q))]
    whole = rank_entries(q, names=names, rule=rule).ranks
    found = []
    for left in range(len(q)):
        others = [i for i in range(len(q)) if i != left]
        ranks = dict(
            zip(
                others,
                rank_entries(
                    q[others], names=[names[i] for i in others], rule=rule
                ).ranks,
                strict=True,
            )
        )
        found.append(
            {
                (i, j)
                for i in others
                for j in others
                if whole[i] < whole[j] and ranks[i] > ranks[j]
            }
        )
    return found


@pytest.mark.parametrize("rule", RULES)
def test_the_swaps_are_those_of_the_boards_without_the_entry(rule):
    q = np.random.default_rng(3).normal(0, 5, (15, 6))
    found = leave_one_out(q, rule)
    assert [set(pairs) for pairs in found.swaps] == brute(q, rule)


def test_an_entry_can_turn_the_order_of_two_others():
    assert any(leave_one_out(TURNING, "weighted").swaps)


def test_under_mean_q_nobody_moves_anybody():
    q = np.random.default_rng(4).normal(0, 5, (10, 6))
    found = leave_one_out(q, "mean-q")
    assert not any(found.swaps)
    assert found.best.tolist() == found.worst.tolist()


def test_who_is_left_out_is_counted_where_it_was():
    q = np.array([[3.0], [2.0], [1.0]])
    found = leave_one_out(q, "uniform")
    assert found.best.tolist() == found.worst.tolist() == [1, 2, 3]


def test_an_empty_board_has_no_influence():
    assert leave_one_out(np.zeros((0, 3)), "borda").swaps == ()
