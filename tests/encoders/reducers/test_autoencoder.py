"""The auto-encoder against the same recipe written with torch's own layers."""

import numpy as np
import pytest
import torch
from torch import nn

from neucobench.encoders.reducers.autoencoder import Autoencoder
from neucobench.errors import InputError, UsageError

SMALL = {"dims": 6, "hidden": 12, "epochs": 3, "batch": 32, "lr": 1e-2}


class Reference(nn.Module):
    """The recipe as its authors describe it; dropout draws from a generator."""

    def __init__(self, dims_in: int, options: Autoencoder, draws: torch.Generator):
        super().__init__()
        hidden = nn.utils.skip_init(nn.Linear, dims_in, options.hidden)
        narrow = nn.utils.skip_init(nn.Linear, options.hidden, options.dims)
        self.decoder = nn.utils.skip_init(nn.Linear, options.dims, dims_in)
        for layer in (hidden, narrow, self.decoder):
            for parameter in (layer.weight, layer.bias):
                bound = layer.in_features**-0.5
                nn.init.uniform_(parameter, -bound, bound, generator=draws)
        first = nn.LayerNorm(dims_in) if options.input_norm else nn.Identity()
        self.stages = nn.ModuleList([first, nn.Sequential(hidden, nn.GELU())])
        self.narrow, self.share, self.draws = narrow, options.dropout, draws

    def encoder(self, x):
        for stage in self.stages:
            x = stage(x)
            if self.training and self.share:
                kept = torch.empty_like(x).bernoulli_(
                    1 - self.share, generator=self.draws
                )
                x = x * kept / (1 - self.share)
        return self.narrow(x)


def train_reference(features, blocks, weights, options: Autoencoder) -> Reference:
    """Train with torch's scheduler and its mean squared error, block by block."""
    draws = torch.Generator().manual_seed(options.seed)
    model = Reference(features.shape[1], options, draws)
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=options.lr, weight_decay=options.decay
    )
    per_epoch = len(features) // options.batch
    steps = per_epoch * options.epochs
    schedule = torch.optim.lr_scheduler.MultiStepLR(
        optimizer, milestones=[int(0.6 * steps), int(0.9 * steps)], gamma=0.1
    )
    rows = torch.from_numpy(features.copy())
    for _ in range(options.epochs):
        order = torch.randperm(len(rows), generator=draws)
        for step in range(per_epoch):
            batch = rows[order[step * options.batch : (step + 1) * options.batch]]
            restored = model.decoder(model.encoder(batch))
            loss = sum(
                weights[block.name]
                * nn.functional.mse_loss(
                    restored[:, block.start : block.stop],
                    batch[:, block.start : block.stop],
                )
                for block in blocks
            )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return model.eval()


@pytest.mark.parametrize("input_norm", [True, False])
@pytest.mark.parametrize("dropout", [0.0, 0.1])
def test_the_vectors_are_those_of_the_published_recipe(
    features, blocks, input_norm, dropout
):
    options = Autoencoder(
        **SMALL, dropout=dropout, weights="a=2.0,c=0.5", input_norm=input_norm
    )
    fitted = options.fit(features, blocks)
    weights = {"a": 2.0, "b": 1.0, "c": 0.5}
    model = train_reference(features, blocks, weights, options)
    with torch.inference_mode():
        expected = model.encoder(torch.from_numpy(features.copy())).numpy()
    np.testing.assert_allclose(fitted.transform(features), expected, atol=2e-4)


def test_the_encoder_has_as_many_parameters_as_the_published_one(blocks, features):
    fitted = Autoencoder(**SMALL).fit(features, blocks)
    sizes = {name: tensor.size for name, tensor in fitted.state().tensors.items()}
    assert sizes.pop("losses") == 3
    # 45,133,824 for 20,992 columns, 2,048 and 1,024.
    assert sum(sizes.values()) == 2 * 24 + (24 * 12 + 12) + (12 * 6 + 6)


def _losses(features, blocks, **options) -> np.ndarray:
    fitted = Autoencoder(**SMALL | options).fit(features, blocks)
    return fitted.state().tensors["losses"]


def test_training_lowers_the_loss(features, blocks):
    losses = _losses(features, blocks, epochs=30)
    assert losses[-1] < 0.5 * losses[0]


def test_dropout_makes_restoring_harder(features, blocks):
    without, some, much = (
        _losses(features, blocks, epochs=20, dropout=share)[-1]
        for share in (0.0, 0.3, 0.8)
    )
    assert without < some < much


def test_a_heavier_block_is_restored_better(make, one_block, blocks):
    features = np.random.default_rng(0).normal(size=(400, 24)).astype("f4")
    losses = {}
    for weights in ("a=10", "b=10,c=10"):
        options = Autoencoder(**SMALL | {"epochs": 40, "weights": weights})
        vectors = options.fit(features, blocks).transform(features)
        solved = np.linalg.lstsq(np.c_[vectors, np.ones(400)], features, rcond=None)[0]
        errors = np.c_[vectors, np.ones(400)] @ solved - features
        losses[weights] = np.square(errors[:, :8]).mean()
    assert losses["a=10"] < 0.8 * losses["b=10,c=10"]


def test_standardized_targets_do_not_depend_on_a_blocks_units(features, blocks):
    first = {"epochs": 1, "batch": 300, "dropout": 0.0}
    changed = features.copy()
    changed[:, 8:20] = changed[:, 8:20] * 1000 + 77
    # A block that nothing is known about leaves its variance, which is 1.
    assert 3 < _losses(changed, blocks, **first, standardize_targets=True)[0] < 6
    assert _losses(changed, blocks, **first)[0] > 10_000


def test_weights_in_proportion_to_dimensions_count_every_column_the_same(
    features, blocks, one_block
):
    first = {"epochs": 1, "batch": 300, "dropout": 0.0}
    proportional = _losses(features, blocks, **first, dimension_weights=True)
    whole = _losses(features, one_block(24), **first)
    assert proportional[0] == pytest.approx(whole[0], rel=1e-5)
    assert _losses(features, blocks, **first)[0] > 1.5 * whole[0]


def test_sets_smaller_than_a_batch_are_one_step(make, blocks):
    losses = _losses(make(5, 24), blocks, batch=32, epochs=50)
    assert losses[-1] < losses[0]


def test_float16_vectors_are_the_rounded_ones(features, blocks):
    exact = Autoencoder(**SMALL).fit(features, blocks).transform(features)
    rounded = Autoencoder(**SMALL, dtype="float16").fit(features, blocks)
    vectors = rounded.transform(features)
    assert (vectors == vectors.astype(np.float16)).all()
    np.testing.assert_allclose(vectors, exact, rtol=1e-3, atol=1e-6)


def test_another_seed_gives_other_vectors(features, blocks):
    first, second = (
        Autoencoder(**SMALL, seed=seed).fit(features, blocks).transform(features)
        for seed in (0, 1)
    )
    assert not np.isclose(first, second).all()


def test_training_that_does_not_stay_finite_is_refused(features, blocks):
    with pytest.raises(InputError, match="Give a smaller lr"):
        Autoencoder(**SMALL).fit(features * 1e25, blocks)


def test_a_weight_for_a_block_that_is_not_there_is_refused(features, blocks):
    options = Autoencoder(**SMALL, weights="a=2,prithvi=1")
    with pytest.raises(
        InputError, match=r"'prithvi', and the features have .* a, b, c"
    ):
        options.fit(features, blocks)


@pytest.mark.parametrize(
    "options",
    [
        {"dims": 0},
        {"hidden": 0},
        {"epochs": 0},
        {"batch": 0},
        {"dropout": 1.0},
        {"lr": 0.0},
        {"lr": float("inf")},
        {"decay": -1.0},
        {"seed": -1},
        {"dtype": "float64"},
        {"milestones": "0.6,x"},
        {"weights": "a"},
        {"weights": "a=-1"},
        {"weights": "a=1,a=2"},
        {"weights": "=1"},
    ],
)
def test_options_that_cannot_be_are_refused(options):
    with pytest.raises(UsageError, match=r"autoencoder' got .* it takes: "):
        Autoencoder(**options)


def test_a_state_without_its_settings_is_refused(features, blocks):
    state = Autoencoder(**SMALL).fit(features, blocks).state()
    for name in ("hidden", "input_norm", "dtype"):
        options = {key: value for key, value in state.options.items() if key != name}
        broken = type(state)(**vars(state) | {"options": options})
        with pytest.raises(InputError, match="lacks hidden, input_norm or dtype"):
            Autoencoder.restore(broken)
