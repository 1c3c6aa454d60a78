"""How often the intervals of ranks hold the true rank, on simulated methods.

The true rank is that on a board of 4,000 tasks; each line simulates boards of a few of
them. Run it by hand: ``python tests/benchmarks/bench_intervals.py``; it takes minutes.
"""

import numpy as np

from neucobench.scoring.comparisons import rank_intervals, told_apart
from neucobench.scoring.intervals import drawn_scores, task_draws, task_points
from neucobench.scoring.ranking import rank_entries

BOARDS = 60


def simulate(quality, tasks, uneven, rng):
    """Return Q of methods on tasks whose spread is log-normal."""
    spread = np.exp(rng.normal(0, uneven, tasks))
    noise = rng.normal(0, 3, (len(quality), tasks))
    return rng.normal(10, 8, tasks) + spread * (quality[:, np.newaxis] + noise)


def points_of(q, rule):
    """Return what the tasks add to the scores, and the weights."""
    return task_points(q, np.ones(len(q), dtype=np.bool_), rule)


def measure(rule, tasks, entries, spread, uneven, rng):
    """Return how often plain draws and our intervals hold, and wrong groups."""
    names = [str(number) for number in range(entries)]
    counts = task_draws(tasks, draws=2000)
    plain, ours, width, wrong = [], [], [], []
    for _ in range(BOARDS):
        quality = rng.normal(0, spread, entries)
        points, weights = points_of(simulate(quality, 4_000, uneven, rng), rule)
        truth = points @ weights
        true_rank = 1 + (truth[:, np.newaxis] < truth).sum(axis=1)
        q = simulate(quality, tasks, uneven, rng)
        points, weights = points_of(q, rule)
        ranks = rank_entries(q, names=names, rule=rule).ranks
        drawn = drawn_scores(points, weights, counts)
        found = rank_intervals(drawn, ranks, tasks=tasks)
        ours.append((found.low <= true_rank) & (true_rank <= found.high))
        width.append(found.high - found.low)
        drawn_ranks = 1 + (-drawn).argsort(axis=0).argsort(axis=0)
        low, high = np.quantile(drawn_ranks, [0.025, 0.975], axis=1)
        plain.append((low <= true_rank) & (true_rank <= high))
        gaps = points @ weights
        reversed_ = (gaps[:, np.newaxis] > gaps) & (truth[:, np.newaxis] < truth)
        wrong.append((told_apart(points, weights) & reversed_).any())
    return [np.mean(plain), np.mean(ours), np.mean(width), np.mean(wrong)]


def main():
    """Print a table."""
    print("rule      tasks entries spread uneven  plain   ours  width  wrong pair")
    rng = np.random.default_rng(1)
    for rule in ("weighted", "mean-q"):
        for tasks in (7, 11):
            for entries, spread, uneven in (
                (20, 0.001, 0.6),
                (20, 1.0, 0.6),
                (20, 4.0, 0.6),
                (20, 1.0, 1.2),
            ):
                figures = measure(rule, tasks, entries, spread, uneven, rng)
                print(
                    f"{rule:9s} {tasks:5d} {entries:7d} {spread:6.1f} {uneven:6.1f} "
                    f"{figures[0]:6.3f} {figures[1]:6.3f} {figures[2]:6.1f} "
                    f"{figures[3]:6.2f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
