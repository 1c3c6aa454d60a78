"""The figure of a training run."""

import numpy as np
import pytest
from PIL import Image

from neucobench.studies.training_figure import write_figure


def line(step, *, validated):
    row = {
        "step": step, "loss": 3 / step + 1, "bpp": 1.0, "mse": 0.1 / step,
        "auxiliary": 1.0, "learning_rate": 1e-3,
    }  # fmt: skip
    figures = {"loss": 1.2, "bpp": 0.6, "bpppc": 0.05, "mse": 0.01, "psnr": 38.0}
    more = {f"validation_{name}": value / step for name, value in figures.items()}
    return row | (more if validated else {})


@pytest.mark.parametrize("lines", [0, 1, 30])
@pytest.mark.parametrize("validated", [True, False])
def test_it_is_drawn_from_any_number_of_lines(tmp_path, lines, validated):
    rows = [line(step, validated=validated) for step in range(1, lines + 1)]
    path = write_figure(tmp_path / "run.png", rows, title="a_codec_lambda-1")
    with Image.open(path) as picture:
        pixels = np.asarray(picture.convert("L"))
    assert pixels.shape[1] > pixels.shape[0] > 400
    assert 0.001 < (pixels < 128).mean() < 0.2


def test_the_same_lines_give_the_same_bytes(tmp_path):
    rows = [line(step, validated=True) for step in (1, 2, 3)]
    one = write_figure(tmp_path / "one.png", rows, title="t").read_bytes()
    assert write_figure(tmp_path / "two.png", rows, title="t").read_bytes() == one


def test_a_step_that_exploded_does_not_flatten_the_others(tmp_path):
    rows = [line(step, validated=True) for step in range(1, 60)]
    rows[30]["loss"] = 2.0
    plain = write_figure(tmp_path / "plain.png", rows, title="t")
    rows[30]["loss"] = 1e5
    exploded = write_figure(tmp_path / "exploded.png", rows, title="t")
    with Image.open(plain) as one, Image.open(exploded) as two:
        same = np.asarray(one) == np.asarray(two)
    # Only the line that goes up and comes down differs, and no tick on the axes.
    assert same.mean() > 0.99
    assert same[:, : same.shape[1] // 12].all()
