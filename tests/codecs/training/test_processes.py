"""Two processes that torchrun starts."""

import json
import subprocess
import sys
from types import SimpleNamespace

import pytest
import torch

from neucobench.codecs.training.processes import Processes
from neucobench.codecs.training.train import train
from neucobench.errors import UsageError

SCRIPT = """
import sys
from pathlib import Path

import torch

from neucobench.codecs.training.recipe import read_training_recipe
from neucobench.codecs.training.run import Run
from neucobench.codecs.training.train import train

runs = []
begin = Run.__init__


def keep(self, *arguments):
    runs.append(self)
    begin(self, *arguments)


Run.__init__ = keep
torch.set_num_threads(1)
results = train(
    read_training_recipe("tiny.toml"), Path("tiles"), Path("out"), device="cpu"
)
(run,) = runs
rank = run._processes.rank
torch.save((run.net.state_dict(), len(results)), f"rank-{rank}.pt")
"""


@pytest.mark.slow
def test_two_processes_have_the_same_weights_and_one_writes(
    make_recipe, tiles, tmp_path
):
    recipe = make_recipe(initial="principal").as_dict()
    (tmp_path / "tiny.toml").write_text(as_toml(recipe))
    (tmp_path / "script.py").write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--standalone",
         "--nproc-per-node", "2", "script.py"],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (first, results), (second, none) = (
        torch.load(tmp_path / f"rank-{rank}.pt", weights_only=True) for rank in (0, 1)
    )
    assert (results, none) == (1, 0)
    for name, value in first.items():
        assert torch.equal(value, second[name]), name
    account = json.loads((tmp_path / "out" / "tiny_lambda-40.json").read_text())
    assert account["result"]["steps"] == 6
    # The mean of two halves of a batch is that of the batch, but for the noise.
    (alone,) = train(make_recipe(initial="principal"), tiles, tmp_path / "alone",
                     device="cpu")  # fmt: skip
    together = account["result"]["validation"]["loss"]
    assert together == pytest.approx(alone.validation.loss, rel=0.1)


@pytest.mark.slow
@pytest.mark.parametrize("architecture", ["temporal", "flexible"])
def test_two_processes_train_stacks_alike(
    make_stack_recipe, stacks, tmp_path, architecture
):
    # Each process draws its own number of tokens, and none may miss a gradient.
    schedule = {"warm_up": 2, "forecast": 0.5, "forecast_after": 2}
    recipe = make_stack_recipe(architecture, steps=3, schedule=schedule)
    (tmp_path / "tiny.toml").write_text(as_toml(recipe.as_dict()))
    script = SCRIPT.replace('Path("tiles")', f"Path({str(stacks)!r})")
    (tmp_path / "script.py").write_text(script)
    done = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--standalone",
         "--nproc-per-node", "2", "script.py"],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (first, _results), (second, _none) = (
        torch.load(tmp_path / f"rank-{rank}.pt", weights_only=True) for rank in (0, 1)
    )
    for name, value in first.items():
        assert torch.equal(value, second[name]), name


def test_a_batch_that_cannot_be_dealt_is_a_sentence(
    make_recipe, tiles, tmp_path, monkeypatch
):
    from contextlib import nullcontext

    three = Processes(rank=0, count=3, device=torch.device("cpu"))
    monkeypatch.setattr(
        "neucobench.codecs.training.train.open_processes",
        lambda _device: nullcontext(three),
    )
    with pytest.raises(UsageError, match="batch of 2 crops cannot be dealt to 3"):
        train(make_recipe(), tiles, tmp_path / "out", device="cpu")


def test_one_process_needs_no_others():
    one = Processes(rank=0, count=1, device=torch.device("cpu"))
    module = SimpleNamespace()
    assert one.share(module) is module
    assert one.any(True)
    assert not one.any(False)


def as_toml(content, prefix=""):
    """Return plain tables of numbers, texts and lists as TOML."""
    lines, tables = [], []
    for key, value in content.items():
        if isinstance(value, dict):
            tables.append(f"[{prefix}{key}]\n{as_toml(value, f'{prefix}{key}.')}")
        elif value is not None and key != "rates":
            lines.append(f"{key} = {json.dumps(value)}")
    rates = [
        f"[[rates]]\nlambda = {rate['lambda']}" for rate in content.get("rates", ())
    ]
    return "\n".join([*lines, *tables, *rates]) + "\n"
