"""The linear probe against a plain loop over folds in torch, and against row reads.

    python tests/benchmarks/bench_probe.py              4 of 40 folds by the loop
    python tests/benchmarks/bench_probe.py --loop-folds 40   all of them, some minutes

Twelve tasks of the published sizes on 13,260 x 1,024 features: rank-96 latent factors
plus noise, labels linear in 8 factors plus 60 % noise, one task of two classes. The
loop trains one fold after the other with DataLoader and AdamW in one thread; with fewer
folds than 40 its time is extrapolated and says so. The floor reads (and, as a second
figure, copies) as many rows as training does, from the same table, in random order,
with as many threads; it is taken in turn with the probe, task by task.
"""

import argparse
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numba import njit

from neucobench.probes.alignment import aligned_zeros
from neucobench.probes.base import ProbeTask
from neucobench.probes.linear import LinearProbe
from neucobench.tasks.splits import shuffle_split

SIZES = {
    "biomass_mean": 2415,
    "biomass_std": 2415,
    "clouds": 1140,
    "crops": 3355,
    "heatisland_mean": 1659,
    "heatisland_std": 1659,
    "landcover_agriculture": 4691,
    "landcover_forest": 4691,
    "nodata": 13260,
    "random": 1140,
    "ships": 3999,
    "ships_count": 3999,
}
ROWS, DIMS, FOLDS, EPOCHS = 13260, 1024, 40, 10


def make_features(rng):
    """Return (13260, 1024) standardized features and their (13260, 96) factors."""
    factors = rng.normal(size=(ROWS, 96)).astype(np.float32)
    features = aligned_zeros(ROWS, DIMS)
    features[:] = factors @ rng.normal(size=(96, DIMS)).astype(np.float32) / 10
    features += rng.normal(scale=0.3, size=features.shape).astype(np.float32)
    features -= features.mean()
    features /= features.std()
    return features, factors


def make_tasks(rng, factors):
    """Return the twelve tasks."""
    tasks = []
    for name, rows in SIZES.items():
        at = np.sort(rng.permutation(ROWS)[:rows])
        signal = factors[at][:, rng.permutation(96)[:8]] @ rng.normal(size=8)
        labels = 0.4 * signal / signal.std() + 0.6 * rng.normal(size=rows)
        if name == "ships":
            labels = (labels > np.quantile(labels, 0.7)).astype(float)
        labels = (labels - labels.min()) / (labels.max() - labels.min())
        tasks.append(
            ProbeTask(
                name=name,
                type="classification" if name == "ships" else "regression",
                rows=at,
                labels=labels.astype(np.float32),
                splits=shuffle_split(rows, folds=FOLDS),
            )
        )
    return tasks


def timed(call: Callable[[], object]) -> tuple[float, float, object]:
    """Return CPU seconds, wall seconds and the result of a call."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = call()
    return time.process_time() - cpu, time.perf_counter() - wall, result


def loop_over_folds(features, tasks, folds):
    """Train the first folds of every task one by one; return their scores."""
    import torch
    from torch.nn import functional
    from torch.utils.data import DataLoader, SubsetRandomSampler, TensorDataset

    from neucobench.probes.metrics import score_epochs

    torch.set_num_threads(1)
    torch.manual_seed(42)
    scores = {}
    for task in tasks:
        labels = torch.tensor(task.labels)
        data = TensorDataset(torch.tensor(features[task.rows]), labels)
        classify = task.type == "classification"
        loss = functional.mse_loss
        if classify:
            loss = functional.binary_cross_entropy_with_logits
        best = []
        for split in task.splits[:folds]:
            layer = torch.nn.Linear(DIMS, 1)
            optimizer = torch.optim.AdamW(layer.parameters(), lr=1e-3)
            train, validation = (
                DataLoader(data, 64, sampler=SubsetRandomSampler(side.tolist()))
                for side in (split.train, split.validation)
            )
            history = []
            for _ in range(EPOCHS):
                for x, y in train:
                    optimizer.zero_grad()
                    loss(layer(x)[:, 0], y).backward()
                    optimizer.step()
                with torch.no_grad():
                    seen = [(layer(x)[:, 0], y) for x, y in validation]
                parts = [
                    torch.cat(part).numpy()[None] for part in zip(*seen, strict=True)
                ]
                history.append(score_epochs(task.type, *parts)[0])
            best.append(max(history))
        scores[task.name] = np.array(best)
    return scores


@njit(nogil=True, fastmath=True)
def read_rows(table, rows):
    """Add up every number of some rows: the cheapest way to have read them."""
    total = np.float32(0)
    for i in range(rows.size):
        for j in range(table.shape[1]):
            total += table[rows[i], j]
    return total


def copy_rows(table, rows, batch):
    """Gather rows into batches of 64."""
    for start in range(0, rows.size, 64):
        at = rows[start : start + 64]
        np.take(table, at, axis=0, out=batch[: at.size], mode="clip")


def visit_rows(pool, visit, features, task):
    """Visit the training rows of every fold and epoch in random order."""

    def one_fold(split):
        rng = np.random.default_rng(0)
        order = rng.permutation(task.rows[split.train])
        extra = () if visit is read_rows else (aligned_zeros(64, DIMS),)
        for _ in range(EPOCHS):
            visit(features, order, *extra)

    list(pool.map(one_fold, task.splits))


def compare_with_floor(features, tasks, threads, repeats):
    """Return (cpu, wall) of the probe, of reading and of copying, fastest of some."""
    probe = LinearProbe(threads=threads)
    visits = {"probe": None, "read": read_rows, "copy": copy_rows}
    sums = {name: np.zeros(2) for name in visits}
    with ThreadPoolExecutor(threads) as pool:
        for task in tasks:
            fastest = {name: np.full(2, np.inf) for name in visits}
            for _ in range(repeats):
                for name, visit in visits.items():
                    if visit is None:
                        cost = timed(lambda task=task: probe.score(features, [task]))
                    else:
                        cost = timed(
                            lambda task=task, visit=visit: visit_rows(
                                pool, visit, features, task
                            )
                        )
                    fastest[name] = np.minimum(fastest[name], cost[:2])
            for name in visits:
                sums[name] += fastest[name]
    return sums


def main():
    """Print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--loop-folds", type=int, default=4, help="of 40, by the loop")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    features, factors = make_features(rng)
    tasks = make_tasks(rng, factors)
    LinearProbe(epochs=1).score(features, tasks[2:3])
    read_rows(features, np.arange(2))

    folds = options.loop_folds
    loop_cpu, loop_wall, loop = timed(lambda: loop_over_folds(features, tasks, folds))
    loop_cpu, loop_wall = (cost * FOLDS / folds for cost in (loop_cpu, loop_wall))
    measured = "measured" if folds == FOLDS else f"extrapolated from {folds} folds"
    print(f"torch loop, 1 thread: {loop_cpu:.1f} cpu s, {loop_wall:.1f} s ({measured})")
    probe = LinearProbe(threads=options.threads)
    costs = [
        timed(lambda: probe.score(features, tasks)) for _ in range(options.repeats)
    ]
    cpu, wall = min(c[0] for c in costs), min(c[1] for c in costs)
    print(f"probe, {options.threads} threads: {cpu:.2f} cpu s, {wall:.2f} s")
    print(f"  less CPU than the loop: {loop_cpu / cpu:.0f}x")
    print(f"  less wall time than the loop: {loop_wall / wall:.0f}x")
    if folds == FOLDS:
        scores = costs[0][2]
        worst = max(
            (np.abs(scores[k].scores - v) / np.maximum(1, np.abs(v))).max()
            for k, v in loop.items()
        )
        print(f"  largest difference of a fold score: {worst:.1e}")
    sums = compare_with_floor(features, tasks, options.threads, options.repeats)
    rows = sum(t.splits[0].train.size for t in tasks) * FOLDS * EPOCHS
    for name in ("read", "copy"):
        rate = rows * DIMS * 4 / sums[name][0] / 1e9
        ratio = sums["probe"] / sums[name]
        print(
            f"floor ({name} {rows:,} rows): {sums[name][0]:.2f} cpu s ({rate:.0f} GB/s "
            f"per core), probe / floor: {ratio[0]:.2f} cpu, {ratio[1]:.2f} wall"
        )


if __name__ == "__main__":
    main()
