import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from neucobench.probes.linear import LinearProbe
from neucobench.tasks.splits import Split

PROBE = LinearProbe(threads=1)


def largest_difference(scores, expected):
    expected = np.asarray(expected)
    return (np.abs(scores - expected) / np.maximum(1, np.abs(expected))).max()


def q(scores):
    return 2 * scores.mean() / (0.02 + scores.std())


def test_every_fold_is_that_of_the_reference(golden, backend):
    features, tasks, expected = golden
    results = replace(PROBE, backend=backend).score(features, tasks)
    for name, published in expected["together"].items():
        scores = results[name].scores
        assert largest_difference(scores, published["scores"]) < 2e-6
        assert q(scores) == pytest.approx(published["q"], abs=1e-5)
    mean_q = np.mean([q(result.scores) for result in results.values()])
    assert mean_q == pytest.approx(expected["mean_q"], abs=1e-5)


def test_a_filter_moves_the_random_stream_as_in_the_reference(golden, backend):
    features, tasks, expected = golden
    results = replace(PROBE, backend=backend).score(features, tasks[2:])
    published = expected["alone"]["c_reg"]
    assert largest_difference(results["c_reg"].scores, published["scores"]) < 2e-6
    assert q(results["c_reg"].scores) == pytest.approx(published["q"], abs=1e-5)


def test_the_random_stream_follows_the_order_of_the_tasks(golden):
    features, tasks, _ = golden
    one = PROBE.score(features, tasks)
    other = PROBE.score(features, [tasks[1], tasks[0], tasks[2]])
    assert (one["a_reg"].scores != other["a_reg"].scores).all()
    np.testing.assert_array_equal(one["c_reg"].scores, other["c_reg"].scores)


def test_a_fold_that_is_added_leaves_the_first_task_alone(golden, make_task):
    features, tasks, _ = golden
    few = PROBE.score(features, tasks[:1])["a_reg"].scores
    more = make_task("a_reg", tasks[0].labels, folds=7)
    np.testing.assert_array_equal(
        PROBE.score(features, [more])["a_reg"].scores[:5], few
    )


@pytest.mark.parametrize("threads", [2, 3, None])
def test_threads_change_no_bit(small, backend, threads):
    one = replace(PROBE, backend=backend).score(*small)
    many = replace(PROBE, backend=backend, threads=threads).score(*small)
    for name, result in one.items():
        np.testing.assert_array_equal(result.history, many[name].history)
        np.testing.assert_array_equal(result.predictions, many[name].predictions)


@pytest.mark.parametrize("name", ["numpy", "torch"])
def test_backends_agree(small, name):
    expected = PROBE.score(*small)
    results = replace(PROBE, backend=name).score(*small)
    for task, result in results.items():
        assert largest_difference(result.history, expected[task].history) < 5e-6
        np.testing.assert_allclose(
            result.predictions, expected[task].predictions, atol=1e-5
        )


@pytest.mark.parametrize("dims", [1, 2, 15, 16, 17, 100])
@pytest.mark.parametrize("rows", [20, 72, 144])
def test_any_number_of_columns_and_rows_will_do(make_task, backend, dims, rows):
    # 20 rows are fewer than a batch, 144 leave a batch of one, 72 a single row more.
    rng = np.random.default_rng(dims)
    features = rng.normal(size=(rows, dims)).astype(np.float32)
    task = make_task("task", features[:, 0] + rng.normal(size=rows), folds=3)
    probe = replace(PROBE, epochs=3)
    expected = replace(probe, backend="numpy").score(features, [task])["task"]
    result = replace(probe, backend=backend).score(features, [task])["task"]
    assert largest_difference(result.history, expected.history) < 5e-6


def test_features_of_any_layout_give_the_same_scores(small):
    features, tasks = small
    expected = PROBE.score(features, tasks)["first"].scores
    frozen = features.copy()
    frozen.flags.writeable = False
    for other in (np.asfortranarray(features), features.astype(np.float64), frozen):
        np.testing.assert_array_equal(
            PROBE.score(other, tasks)["first"].scores, expected
        )


def test_the_features_are_not_changed(small, backend):
    features, tasks = small
    before = features.copy()
    replace(PROBE, backend=backend, epochs=1).score(features, tasks)
    np.testing.assert_array_equal(features, before)


def test_moving_rows_changes_nothing_when_the_tasks_follow(small):
    features, tasks = small
    order = np.random.default_rng(0).permutation(len(features))
    place = np.argsort(order)
    moved = [replace(task, rows=place[task.rows]) for task in tasks]
    expected, results = (
        PROBE.score(features, tasks),
        PROBE.score(features[order], moved),
    )
    for name, result in results.items():
        np.testing.assert_array_equal(result.history, expected[name].history)


def test_shuffled_labels_cannot_be_predicted(make_task):
    rng = np.random.default_rng(0)
    features = rng.normal(size=(2000, 8)).astype(np.float32)
    labels = features @ rng.normal(size=8)
    probe = replace(PROBE, learning_rate=0.01)
    true, shuffled = (
        probe.score(features, [make_task("task", values)])["task"].scores.mean()
        for values in (labels, rng.permutation(labels))
    )
    assert true > 0.9
    assert shuffled < 0.05


def test_the_score_is_that_of_the_first_best_epoch(small):
    for result in PROBE.score(*small).values():
        assert result.history.shape == (5, 10)
        np.testing.assert_array_equal(result.scores, result.history.max(axis=1))
        np.testing.assert_array_equal(result.best_epoch, result.history.argmax(axis=1))


def test_predictions_are_the_held_out_outputs_of_the_best_epoch(small):
    features, tasks = small
    task = replace(tasks[0], splits=tasks[0].splits[:1])
    result = PROBE.score(features, [task])["first"]
    held_out = task.splits[0].validation
    predicted, truth = result.predictions[held_out], task.labels[held_out]
    residual = ((predicted - truth) ** 2).sum() / ((truth - truth.mean()) ** 2).sum()
    assert 1 - residual == pytest.approx(result.scores[0], rel=1e-4)
    assert np.isnan(np.delete(result.predictions, held_out)).all()


def test_predictions_are_averaged_over_folds(small):
    features, tasks = small
    task = tasks[0]
    both = replace(task, splits=[task.splits[0], task.splits[0]])
    result = PROBE.score(features, [both])["first"]
    first = replace(task, splits=[task.splits[0]])
    alone = PROBE.score(features, [first])["first"]
    held_out = task.splits[0].validation
    assert (result.predictions[held_out] != alone.predictions[held_out]).any()
    assert np.isfinite(result.predictions[held_out]).all()


def test_cpu_seconds_are_counted(small, backend):
    for result in replace(PROBE, backend=backend).score(*small).values():
        assert 0 < result.seconds < 30


def test_constant_labels_end_at_minus_infinity_as_in_the_reference(small, backend):
    features, tasks = small
    nothing = np.full(tasks[0].labels.size, np.float32(np.nan))
    broken = replace(tasks[0], labels=nothing)
    result = replace(PROBE, backend=backend).score(features, [broken])["first"]
    assert (result.scores == -np.inf).all()
    assert (result.best_epoch == -1).all()


def test_other_published_settings_are_followed(small):
    features, tasks = small
    longer = replace(PROBE, epochs=20).score(features, tasks[:1])["first"]
    first = replace(tasks[0], splits=tasks[0].splits[:1])
    shorter = PROBE.score(features, [first])["first"]
    assert longer.history.shape == (5, 20)
    np.testing.assert_array_equal(longer.history[0, :10], shorter.history[0])


def test_progress_counts_up_to_all_folds(small, backend):
    seen = []
    probe = replace(PROBE, backend=backend, epochs=1)
    probe.score(*small, lambda done, total: seen.append((done, total)))
    assert seen == sorted(seen)
    assert seen[-1] == (15, 15)


def test_an_interruption_stops_at_once(small):
    def interrupt(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        PROBE.score(*small, interrupt)


def test_no_task_gives_no_result(small):
    assert PROBE.score(small[0], []) == {}


def test_a_fold_with_one_held_out_row_is_an_error(small):
    features, tasks = small
    split = Split(train=np.arange(20), validation=np.array([20]))
    with pytest.raises(ValueError, match="at least 2 samples"):
        PROBE.score(features, [replace(tasks[0], splits=[split])])


@pytest.mark.parametrize("setting", ["epochs", "batch_size", "threads"])
def test_settings_below_one_are_an_error(small, setting):
    with pytest.raises(ValueError, match=f"{setting} is 0; give 1 or more"):
        replace(PROBE, **{setting: 0}).score(*small)


def test_a_task_of_other_features_is_an_error(small):
    features, tasks = small
    with pytest.raises(ValueError, match="names feature rows outside"):
        PROBE.score(features[:200], tasks)


def test_importing_the_probe_imports_nothing_heavy():
    heavy = "{'numba', 'torch', 'sklearn', 'pandas', 'matplotlib'}"
    code = f"""import sys, neucobench.probes.linear
assert not {heavy} & set(sys.modules)"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_warming_up_names_the_backend():
    assert PROBE.warm_up() == "numba"
    assert LinearProbe(backend="numpy").warm_up() == "numpy"
