import json

import numpy as np
import pytest

from neucobench.probes.base import ProbeTask
from neucobench.tasks.splits import shuffle_split


@pytest.fixture(scope="session")
def make_task():
    """Return a function that makes a probe task from labels, scaled to [0, 1]."""

    def make(name, labels, *, kind="regression", rows=None, folds=5):
        labels = np.asarray(labels, dtype=np.float64)
        low, high = labels.min(), labels.max()
        return ProbeTask(
            name=name,
            type=kind,
            rows=np.arange(labels.size) if rows is None else rows,
            labels=((labels - low) / (high - low)).astype(np.float32),
            splits=shuffle_split(labels.size, folds=folds),
        )

    return make


@pytest.fixture(scope="session")
def golden(checkout, make_task):
    """Return the features, the tasks and the published numbers of the fixture."""
    rng = np.random.default_rng(7)
    x = rng.normal(size=(400, 32)).astype(np.float32) * 3 + 1
    y = x @ rng.normal(size=32) + rng.normal(size=400) * 3
    z = x @ rng.normal(size=32) + rng.normal(size=400) * 2 > 0
    v = x[:, :4].sum(1) ** 2 * 0.1 + rng.normal(size=400) * 3
    features = ((x - x.mean()) / x.std()).astype(np.float32)
    tasks = [
        make_task("a_reg", y),
        make_task("b_cls", z, kind="classification"),
        make_task("c_reg", v[:300]),
    ]
    path = checkout / "tests" / "expected" / "probe_golden.json"
    return features, tasks, json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def small(make_task):
    """Return features and three small tasks of uneven size, one with two classes."""
    rng = np.random.default_rng(3)
    features = rng.normal(size=(300, 37)).astype(np.float32)
    signal = features @ rng.normal(size=(37, 3))
    rows = rng.permutation(300)
    tasks = [
        make_task("first", signal[rows[:161], 0] + 5, rows=rows[:161]),
        make_task("second", signal[rows, 1] > 0, kind="classification", rows=rows),
        make_task("third", signal[rows[40:145], 2], rows=rows[40:145]),
    ]
    return features, tasks


@pytest.fixture(params=["numba", "numpy", "torch"])
def backend(request):
    return request.param
