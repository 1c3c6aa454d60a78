"""``neucobench codec train`` as a user types it."""

import json
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

RECIPE = """
kind = "training"
name = "tiny"
title = "Tiny"
description = "For tests."
architecture = "factorized"
n = 4
m = 6
initial = "principal"
batch = 2
crop = 32
steps = 3
validate = 2

[data]
validation = ["c*"]

[[rates]]
lambda = 40

[[rates]]
lambda = 10
start = 40
"""
COMMAND = ("codec", "train", "tiny.toml", "--data", "tiles", "--device", "cpu")


@pytest.fixture
def tiles(tmp_path):
    """Make ``tiles/`` with three tiles, one file that is none, and ``tiny.toml``."""
    random = np.random.default_rng(0)
    folder = tmp_path / "tiles"
    folder.mkdir()
    for name in "abc":
        coarse = random.integers(200, 4000, (12, 6, 6)).repeat(8, 1).repeat(8, 2)
        np.save(folder / f"{name}.npy", coarse.astype(np.int16))
    np.save(folder / "radar.npy", np.zeros((2, 48, 48)))
    (tmp_path / "tiny.toml").write_text(RECIPE)
    return folder


def test_json_is_one_document_and_the_rest_goes_to_standard_error(
    neucobench, tiles, tmp_path
):
    done = neucobench(*COMMAND, "--json")
    assert done.returncode == 0, done.stderr
    rates = json.loads(done.stdout)
    assert [entry["rate"] for entry in rates] == [40, 10]
    assert rates[0]["weights"] == "trained/tiny_lambda-40.safetensors"
    assert "2 pictures in 2 files to learn from, 1 picture in 1 file to" in done.stderr
    assert "Left out, not 12 bands: 1 file, radar.npy first." in done.stderr
    for rate in ("10", "40"):
        picture = tmp_path / "trained" / f"tiny_lambda-{rate}.png"
        assert picture.read_bytes().startswith(b"\x89PNG")


def test_rate_steps_and_out_are_options(neucobench, tiles, tmp_path):
    done = neucobench(*COMMAND, "--rate", "40", "--steps", "5", "--out", "here")
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert "tiny_lambda-40.safetensors" in done.stderr
    assert "5 steps; validation " in done.stderr
    assert not (tmp_path / "here" / "tiny_lambda-10.json").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (
            ("tiny.toml", "--data", "tiles", "--rate", "7"),
            2,
            "no rate 7; it has 40, 10",
        ),
        (("tec-pf", "--data", "tiles"), 2, "Did you mean"),
        (("mosaiks-1024.toml", "--data", "tiles"), 1, "not a readable TOML file"),
        (("tiny.toml", "--data", "nowhere"), 1, "nowhere does not exist"),
        (("tiny.toml", "--data", "tiles", "--out", "tiny.toml"), 2, "is a file"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(
    neucobench, tiles, arguments, code, sentence
):
    done = neucobench("codec", "train", *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_ctrl_c_leaves_a_state_and_the_same_command_goes_on(
    neucobench, tiles, tmp_path
):
    run = subprocess.Popen(
        [sys.executable, "-m", "neucobench", *COMMAND, "--rate", "40", "--steps",
         "1000000"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    # The first validation, at step 2, writes the table.
    table = tmp_path / "trained" / "tiny_lambda-40.csv"
    deadline = time.monotonic() + 300
    while not table.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    run.send_signal(signal.SIGINT)
    _output, messages = run.communicate(timeout=300)
    assert run.returncode == 130
    assert "nothing is half written" in messages
    lines = table.read_text().splitlines()
    done = int(lines[-1].split(",")[0])
    after = neucobench(*COMMAND, "--rate", "40", "--steps", str(done + 4))
    assert after.returncode == 0, after.stderr
    assert table.read_text().splitlines()[1 : len(lines)][0] == lines[1]
    assert f"{done + 4} steps" in after.stderr.replace(",", "")
