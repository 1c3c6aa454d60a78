"""Whole runs: what they write, how they go on, and what they refuse."""

import csv
import json
import os
import signal
from hashlib import sha256

import pytest
import torch
from safetensors.torch import load_file

from neucobench.codecs.factorized import FactorizedPrior
from neucobench.codecs.training.table import COLUMNS
from neucobench.codecs.training.train import train
from neucobench.codecs.weights import fill_network, read_checkpoint
from neucobench.errors import CodecError, UsageError


def written(folder, name="tiny_lambda-40"):
    """Return what must not depend on interruptions."""
    state = torch.load(folder / f"{name}.state.pt", weights_only=True)
    progress = json.loads(state["progress"]) | {"seconds": 0}
    return (
        (folder / f"{name}.safetensors").read_bytes(),
        (folder / f"{name}.csv").read_text(),
        progress,
    )


@pytest.mark.parametrize("initial", ["random", "principal"])
def test_a_run_leaves_weights_table_account_and_state(make_recipe, train_tiny, initial):
    folder, (trained,) = train_tiny(make_recipe(initial=initial))
    assert sorted(path.name for path in folder.iterdir()) == [
        f"tiny_lambda-40.{ending}"
        for ending in ("csv", "json", "safetensors", "state.pt")
    ]
    assert trained.sha256 == sha256(trained.weights.read_bytes()).hexdigest()
    assert trained.bytes == trained.weights.stat().st_size
    account = json.loads((folder / "tiny_lambda-40.json").read_text())
    assert account["result"]["sha256"] == trained.sha256
    assert account["result"]["validation"]["psnr"] == trained.validation.psnr
    assert account["data"]["training_files"] == [f"place-{i}.npy" for i in range(4)]
    assert account["data"]["validation_files"] == ["looked-at.npy"]
    assert account["recipe"]["rates"][0]["lambda"] == 40
    assert set(account["versions"]) >= {"neucobench", "torch", "compressai"}


def test_the_weights_load_into_the_codec_and_code_what_was_said(
    make_recipe, train_tiny, tiles
):
    _folder, (trained,) = train_tiny(make_recipe(initial="principal", steps=20))
    assert not [name for name in load_file(trained.weights) if "cdf" in name]
    net = fill_network(
        FactorizedPrior(12, 4, 6), read_checkpoint(trained.weights, family="TEC-FP")
    )
    import numpy as np

    from neucobench.codecs.standardize import restore, standardize

    pixels = np.load(tiles / "looked-at.npy").astype(np.float32)
    x = torch.from_numpy(standardize(pixels))[None]
    (stream,) = net.write(x)
    x_hat = net.read([stream], (48, 48))
    mse = np.square(restore(x_hat[0].numpy()) - pixels).mean()
    assert 10 * np.log10(1e8 / mse) == pytest.approx(trained.validation.psnr, abs=0.01)
    # The stream has a checksum and a state to flush.
    bits = trained.validation.bpp * 48 * 48
    assert bits < 8 * len(stream) < bits + 200


def test_the_table_has_a_line_where_the_recipe_says(make_recipe, train_tiny):
    folder, _trained = train_tiny(make_recipe())
    with (folder / "tiny_lambda-40.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert [row["step"] for row in rows] == ["4", "6"]
    for row in rows:
        loss = 40 * float(row["mse"]) + float(row["bpp"])
        assert float(row["loss"]) == pytest.approx(loss, rel=1e-4)
        assert float(row["validation_bpp"]) == pytest.approx(
            12 * float(row["validation_bpppc"]), rel=1e-4
        )


def test_training_lowers_the_loss_on_pictures_seen_and_unseen(make_recipe, train_tiny):
    recipe = make_recipe(
        n=8, m=12, steps=40, validate=10, batch=4,
        optimizer={"learning_rate": 2e-3, "average": 0.9},
    )  # fmt: skip
    folder, _trained = train_tiny(recipe)
    with (folder / "tiny_lambda-40.csv").open() as file:
        first, *_between, last = csv.DictReader(file)
    for column in ("loss", "validation_loss"):
        assert float(last[column]) < 0.9 * float(first[column])


def test_without_validation_its_columns_are_empty(make_recipe, train_tiny):
    folder, (trained,) = train_tiny(make_recipe(data={}))
    assert trained.validation is None
    line = (folder / "tiny_lambda-40.csv").read_text().splitlines()[-1]
    assert line.endswith(",0,,,,,")


@pytest.mark.parametrize("stop", [1, 3, 4])
def test_a_run_that_was_stopped_ends_as_one_that_was_not(make_recipe, train_tiny, stop):
    recipe = make_recipe(initial="principal", precision="bfloat16")
    whole, _trained = train_tiny(recipe, "whole")

    def interrupt(done, _total):
        if done == stop:
            # Found after the next step.
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        train_tiny(recipe, "parts", told=lambda _rate: interrupt)
    state = torch.load(
        whole.with_name("parts") / "tiny_lambda-40.state.pt", weights_only=True
    )
    assert json.loads(state["progress"])["step"] == stop + 1
    parts, _trained = train_tiny(recipe, "parts")
    assert written(parts) == written(whole)


def test_a_run_that_lost_its_last_steps_ends_the_same(make_recipe, train_tiny):
    recipe = make_recipe(checkpoint=3)
    whole, _trained = train_tiny(recipe, "whole")

    def crash(done, _total):
        if done == 5:
            raise RuntimeError("the machine went down")

    with pytest.raises(RuntimeError, match="went down"):
        train_tiny(recipe, "parts", told=lambda _rate: crash)
    parts, _trained = train_tiny(recipe, "parts")
    assert written(parts) == written(whole)


def test_a_finished_run_can_be_made_longer(make_recipe, train_tiny):
    folder, (short,) = train_tiny(make_recipe())
    _folder, (long,) = train_tiny(make_recipe(), steps=9)
    assert (short.steps, long.steps) == (6, 9)
    assert short.sha256 != long.sha256
    assert len((folder / "tiny_lambda-40.csv").read_text().splitlines()) == 5


def test_the_same_command_again_changes_nothing(make_recipe, train_tiny):
    folder, _trained = train_tiny(make_recipe())
    before = written(folder)
    train_tiny(make_recipe())
    assert written(folder) == before


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"batch": 4}, r"recipe\.batch: 2 there, 4 here"),
        ({"optimizer": {"learning_rate": 1e-2}}, r"recipe\.optimizer\.learning_rate"),
        ({"data": {"validation": ["place-1*"]}}, "data: "),
    ],
)
def test_a_state_of_another_run_is_refused_unless_it_is_replaced(
    make_recipe, train_tiny, changes, message
):
    train_tiny(make_recipe())
    with pytest.raises(CodecError, match=message):
        train_tiny(make_recipe(**changes))
    _folder, (trained,) = train_tiny(make_recipe(**changes), overwrite=True)
    assert trained.steps == 6


def test_words_and_intervals_may_change_on_the_way(make_recipe, train_tiny):
    train_tiny(make_recipe())
    recipe = make_recipe(title="Another", checkpoint=1, validate=1, notes=["A word."])
    _folder, (trained,) = train_tiny(recipe)
    assert trained.steps == 6


def test_a_damaged_state_is_a_sentence(make_recipe, train_tiny):
    folder, _trained = train_tiny(make_recipe())
    (folder / "tiny_lambda-40.state.pt").write_bytes(b"half a file")
    with pytest.raises(CodecError, match="not the state of a training run"):
        train_tiny(make_recipe())


def test_a_rate_starts_from_the_weights_of_another(make_recipe, train_tiny):
    faster = {"learning_rate": 2e-3, "average": 0.9}
    rates = [{"lambda": 40, "steps": 40}, {"lambda": 10, "start": 40, "steps": 1}]
    recipe = make_recipe(optimizer=faster, rates=rates)
    _folder, (first, second) = train_tiny(recipe)
    assert (first.rate, second.rate, second.steps) == (40, 10, 1)
    recipe = make_recipe(optimizer=faster, steps=1, rates=[{"lambda": 10}])
    _folder, (alone,) = train_tiny(recipe, "alone")
    assert second.validation.loss < 0.9 * alone.validation.loss


def test_one_rate_can_be_chosen(make_recipe, train_tiny):
    recipe = make_recipe(rates=[{"lambda": 40}, {"lambda": 10}])
    folder, results = train_tiny(recipe, rates=[10])
    assert [trained.rate for trained in results] == [10]
    assert not (folder / "tiny_lambda-40.csv").exists()


def test_noise_leaves_the_global_state_of_torch_alone(make_recipe, train_tiny):
    before = torch.get_rng_state()
    train_tiny(make_recipe())
    assert torch.equal(torch.get_rng_state(), before)


def test_a_device_that_is_not_there_is_a_sentence(make_recipe, tiles, tmp_path):
    with pytest.raises(UsageError, match="no device 'gpu'"):
        train(make_recipe(), tiles, tmp_path / "out", device="gpu")


@pytest.mark.slow
def test_elic_trains_too(make_recipe, tiles, tmp_path):
    recipe = make_recipe(
        architecture="elic", n=8, m=320, crop=64, steps=3, precision="bfloat16",
        data={},
    )  # fmt: skip
    import numpy as np

    for path in tiles.glob("*.npy"):
        np.save(path, np.tile(np.load(path), (1, 2, 2)))
    (trained,) = train(recipe, tiles, tmp_path / "out", device="cpu")
    checkpoint = read_checkpoint(trained.weights, family="TEC-ELIC")
    assert checkpoint.sha256 == trained.sha256
