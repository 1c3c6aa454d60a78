"""How hard the tasks of the sample world are, by a cheap closed-form ridge."""

import numpy as np
import pytest

from neucobench.data.world.cube import draw_place, labels, observe

CUBES = 200
SIZE = 32
FOLDS = 20


def band_statistics(arrays):
    """Return the mean and deviation of every band in every season, scaled."""
    parts = []
    for name, array in arrays.items():
        values = array.astype(np.float64) / (5.0 if name == "s1" else 1500.0)
        parts += [values.mean((2, 3)).ravel(), values.std((2, 3)).ravel()]
    return np.concatenate(parts)


def ridge_r2(features, target, alpha=30.0):
    """Return the mean R2 over random splits into nine tenths and one tenth."""
    rng = np.random.default_rng(0)
    scores = []
    for _ in range(FOLDS):
        order = rng.permutation(len(target))
        test, train = np.split(order, [len(target) // 10])
        mean, std = features[train].mean(0), features[train].std(0) + 1e-9
        x, center = (features - mean) / std, target[train].mean()
        gram = x[train] @ x[train].T + alpha * np.eye(len(train))
        weight = x[train].T @ np.linalg.solve(gram, target[train] - center)
        error = ((x[test] @ weight + center - target[test]) ** 2).mean()
        scores.append(1 - error / target.var())
    return float(np.mean(scores))


@pytest.fixture(scope="module")
def scores():
    places = [draw_place(0, index, SIZE) for index in range(CUBES)]
    features = np.array([band_statistics(observe(place)) for place in places])
    truths = [labels(place) for place in places]
    result = {}
    for task in sorted(set().union(*truths)):
        chosen = [index for index, truth in enumerate(truths) if task in truth]
        target = np.array([truths[index][task] for index in chosen])
        result[task] = ridge_r2(features[chosen], target)
    return result


def test_land_cover_is_easy(scores):
    assert scores["landcover_forest"] > 0.8
    assert scores["landcover_agriculture"] > 0.75


@pytest.mark.parametrize("task", ["crops", "clouds_reg", "nodata"])
def test_crops_clouds_and_no_data_can_be_learned(scores, task):
    assert scores[task] > 0.5


@pytest.mark.parametrize("task", ["biomass_mean", "heatisland_mean", "heatisland_std"])
def test_biomass_and_heat_are_harder_than_land_cover(scores, task):
    assert 0.15 < scores[task] < scores["landcover_forest"]


@pytest.mark.parametrize("task", ["ships_presence", "ships_row", "ships_col"])
def test_ships_are_hard(scores, task):
    assert scores[task] < 0.45


@pytest.mark.parametrize("task", ["random_reg", "random_cls"])
def test_chance_is_impossible(scores, task):
    assert scores[task] < 0.05
