"""Whole runs on stacks: what they write, how they go on, and what they learn."""

import csv
import json
import os
import signal

import numpy as np
import pytest
import torch
from safetensors import safe_open

from neucobench.codecs.standardize import standardize
from neucobench.codecs.temporal.estimate import training_pass
from neucobench.codecs.training.objective import build_network
from neucobench.codecs.training.train import train
from neucobench.codecs.weights import read_checkpoint

FAMILIES = {"temporal": "TEC-TT", "flexible": "FlexTEC"}


@pytest.fixture
def train_stacks(stacks, tmp_path):
    """Return a function that trains a recipe on the stacks, on the CPU."""

    def run(recipe, out="out", **options):
        folder = tmp_path / out
        options = {"device": "cpu", "workers": 1, **options}
        return folder, train(recipe, stacks, folder, **options)

    return run


def written(folder, name="tiny_lambda-40"):
    """Return what must not depend on interruptions."""
    return (folder / f"{name}.safetensors").read_bytes(), (
        folder / f"{name}.csv"
    ).read_text()


@pytest.mark.parametrize("architecture", ["temporal", "flexible"])
def test_the_weights_have_the_published_names_and_say_how_many_heads(
    make_stack_recipe, train_stacks, architecture
):
    _folder, (trained,) = train_stacks(make_stack_recipe(architecture, steps=2))
    checkpoint = read_checkpoint(trained.weights, family=FAMILIES[architecture])
    assert "transform.analysis_transform.transforms.0.weight" in checkpoint.tensors
    with safe_open(trained.weights, "pt") as file:
        assert file.metadata() == {"heads": "2"}


def test_the_account_names_every_file_and_its_figures_are_those_of_the_weights(
    make_stack_recipe, train_stacks, stacks
):
    recipe = make_stack_recipe(steps=2)
    folder, (trained,) = train_stacks(recipe)
    account = json.loads((folder / "tiny_lambda-40.json").read_text())
    assert account["data"]["training_files"] == ["place-0.npy", "place-1.npy"]
    net = build_network(recipe, recipe.rates[0]).eval()
    net.load_state_dict(dict(read_checkpoint(trained.weights, family="TEC-TT").tensors))
    looked_at = np.load(stacks / "looked-at.npy")[:3].astype(np.float32)
    x = torch.from_numpy(standardize(looked_at))[None]
    with torch.inference_mode():
        found = training_pass(net, x)
    bpp = float(found.bits.sum()) / (3 * 64 * 64)
    assert trained.validation.bpp == pytest.approx(bpp, rel=1e-4)
    assert trained.validation.bpppc == pytest.approx(bpp / 12, rel=1e-4)
    mse = float((found.x_hat - x).square().mean())
    assert trained.validation.mse == pytest.approx(mse, rel=1e-4)


@pytest.mark.parametrize("architecture", ["temporal", "flexible"])
def test_a_run_that_was_stopped_ends_as_one_that_was_not(
    make_stack_recipe, train_stacks, architecture
):
    recipe = make_stack_recipe(architecture, initial="principal", steps=4)
    whole, _trained = train_stacks(recipe, "whole")

    def interrupt(done, _total):
        if done == 1:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        train_stacks(recipe, "parts", told=lambda _rate: interrupt)
    parts, _trained = train_stacks(recipe, "parts")
    assert written(parts) == written(whole)


@pytest.mark.parametrize("architecture", ["temporal", "flexible"])
def test_training_lowers_the_loss(make_stack_recipe, train_stacks, architecture):
    recipe = make_stack_recipe(
        architecture, initial="principal", steps=12, validate=3, augment={},
        optimizer={"learning_rate": 2e-3, "average": 0.5},
    )  # fmt: skip
    folder, _trained = train_stacks(recipe)
    with (folder / "tiny_lambda-40.csv").open() as file:
        first, *_between, last = csv.DictReader(file)
    assert float(last["validation_loss"]) < 0.97 * float(first["validation_loss"])


def test_half_precision_trains_too(make_stack_recipe, train_stacks):
    recipe = make_stack_recipe("flexible", steps=2, precision="bfloat16")
    _folder, (trained,) = train_stacks(recipe)
    assert np.isfinite(trained.validation.loss)


def test_a_rate_starts_from_the_weights_of_another(make_stack_recipe, train_stacks):
    slow = {"learning_rate": 1e-9, "average": 0}
    rates = [{"lambda": 40, "steps": 1}, {"lambda": 10, "start": 40, "steps": 1}]
    recipe = make_stack_recipe(initial="principal", rates=rates, optimizer=slow)
    _folder, (first, second) = train_stacks(recipe)
    assert second.validation.psnr == pytest.approx(first.validation.psnr, abs=0.01)


def test_the_rate_can_be_left_out_of_the_first_steps(make_stack_recipe, train_stacks):
    recipe = make_stack_recipe(schedule={"rate_free": 2, "warm_up": 0}, steps=3)
    other = make_stack_recipe(schedule={"rate_free": 0, "warm_up": 0}, steps=3)
    (_one, (free,)), (_two, (charged,)) = (
        train_stacks(recipe, "free"), train_stacks(other, "charged"),
    )  # fmt: skip
    assert free.sha256 != charged.sha256


def test_forecasts_can_count_from_a_step_on(make_stack_recipe, train_stacks):
    schedule = {"forecast": 0.5, "forecast_after": 2, "warm_up": 0}
    recipe = make_stack_recipe(schedule=schedule, steps=4, validate=1)
    folder, _trained = train_stacks(recipe)
    with (folder / "tiny_lambda-40.csv").open() as file:
        found = [float(row["auxiliary"]) for row in csv.DictReader(file)]
    assert [value > 0 for value in found] == [False, False, True, True]
