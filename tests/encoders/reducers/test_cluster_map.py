"""The map of the winners' largest block, against the same recipe in torch's layers."""

import numpy as np
import pytest
import torch
from scipy.cluster.hierarchy import fcluster, linkage
from torch import nn

from neucobench.encoders.reducers.base import Block
from neucobench.encoders.reducers.cluster_map import ClusterMap
from neucobench.errors import InputError, UsageError

SEASONS, SIZE = 3, 10
BLOCK = (Block(name="clip", start=0, stop=SEASONS * SIZE),)
OPTIONS = {"seasons": SEASONS, "per_season": 4, "cuts": "12,6", "batch": 64}


@pytest.fixture
def groups():
    """Return (200, 30) features of four groups, three seasons of ten columns."""
    draws = np.random.default_rng(0)
    centers = draws.normal(0, 2, (4, SEASONS * SIZE))
    rows = centers[np.arange(200) % 4] + draws.normal(0, 0.3, (200, SEASONS * SIZE))
    return rows.astype(np.float32)


def _reduced(features: np.ndarray) -> np.ndarray:
    """Return (samples, seasons, 4): U S of each season, signs as in the package."""
    parts = []
    for part in np.split(features.astype(np.float64), SEASONS, axis=1):
        left, singular, right = np.linalg.svd(part, full_matrices=False)
        signs = np.sign(right[np.arange(SIZE), np.abs(right).argmax(axis=1)])
        parts.append((left * singular * signs)[:, :4])
    return np.stack(parts, axis=1)


def test_the_vectors_are_those_of_the_published_recipe(groups):
    options = ClusterMap(**OPTIONS, epochs=15, held_out=0.1, lr=1e-2)
    vectors = options.fit(groups, BLOCK).transform(groups)
    reduced = _reduced(groups)
    tree = linkage(reduced.reshape(200, -1), "ward")
    labels = [
        torch.from_numpy(fcluster(tree, t, "distance") - 1).long() for t in (12, 6)
    ]

    draws = torch.Generator().manual_seed(options.seed)
    shared = nn.Parameter(torch.empty(4, 4).normal_(0, 0.1, generator=draws))
    heads = [
        nn.utils.skip_init(nn.Linear, 12, int(level.max()) + 1, bias=False)
        for level in labels
    ]
    for head in heads:
        nn.init.uniform_(head.weight, -(12**-0.5), 12**-0.5, generator=draws)
    order = torch.randperm(200, generator=draws)[20:]
    parameters = [shared, *(head.weight for head in heads)]
    optimizer = torch.optim.AdamW(parameters, lr=1e-2)  # decay 0.01 is its default
    rows = torch.from_numpy(reduced.astype(np.float32))
    for _ in range(15):
        shuffled = order[torch.randperm(180, generator=draws)]
        for batch in shuffled.split(64):
            mapped = torch.stack([rows[batch, s] @ shared for s in range(SEASONS)], 1)
            loss = sum(
                nn.functional.cross_entropy(head(mapped.flatten(1)), level[batch])
                for head, level in zip(heads, labels, strict=True)
            )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    expected = (rows @ shared).flatten(1).detach().numpy()
    np.testing.assert_allclose(vectors, expected, atol=1e-4)


def test_the_levels_are_those_of_wards_clusters(groups):
    facts = ClusterMap(**OPTIONS, epochs=1).fit(groups, BLOCK).state().tensors
    tree = linkage(_reduced(groups).reshape(200, -1), "ward")
    expected = [len(set(fcluster(tree, cut, "distance"))) for cut in (12, 6)]
    assert list(facts["clusters"]) == expected
    assert expected[0] >= 4


def test_training_lowers_the_loss_also_of_rows_held_out(groups):
    short, long = (
        ClusterMap(**OPTIONS, epochs=epochs, held_out=0.2, lr=1e-2)
        .fit(groups, BLOCK)
        .state()
        .tensors
        for epochs in (1, 60)
    )
    assert long["losses"][-1] < 0.5 * long["losses"][0]
    assert long["held_out_loss"] < 0.5 * short["held_out_loss"]


def test_each_season_is_mapped_by_itself(groups):
    fitted = ClusterMap(**OPTIONS, epochs=2).fit(groups, BLOCK)
    changed = groups.copy()
    changed[:, SIZE : 2 * SIZE] += 1
    same = fitted.transform(groups) == fitted.transform(changed)
    assert same[:, :4].all()
    assert same[:, 8:].all()
    assert not same[:, 4:8].any()


def test_the_block_keeps_its_name(groups):
    fitted = ClusterMap(**OPTIONS, epochs=1).fit(groups, BLOCK)
    assert fitted.blocks == (Block(name="clip", start=0, stop=12),)


def test_columns_that_cannot_be_divided_by_the_seasons_are_refused(groups):
    with pytest.raises(
        InputError, match=r"blocks clip \(30\); it takes one block of 4"
    ):
        ClusterMap().fit(groups, BLOCK)


def test_several_blocks_are_refused(groups):
    halves = [Block(name="a", start=0, stop=15), Block(name="b", start=15, stop=30)]
    with pytest.raises(InputError, match=r"blocks a \(15\), b \(15\)"):
        ClusterMap(seasons=3).fit(groups, halves)


def test_training_that_does_not_stay_finite_is_refused(groups):
    with pytest.raises(InputError, match="Give a smaller lr"):
        ClusterMap(**OPTIONS, epochs=9, lr=1.0).fit(groups * 1e37, BLOCK)


@pytest.mark.parametrize(
    "options",
    [
        {"seasons": 0},
        {"per_season": 0},
        {"cuts": ""},
        {"cuts": "40,0"},
        {"lr": float("nan")},
        {"decay": -0.1},
        {"batch": 0},
        {"epochs": 0},
        {"held_out": 1.0},
        {"seed": -1},
    ],
)
def test_options_that_cannot_be_are_refused(options):
    with pytest.raises(UsageError, match=r"cluster-map' got .* it takes: "):
        ClusterMap(**options)
