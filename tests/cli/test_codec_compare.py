"""``neucobench codec compare`` as a user types it, with codecs made in the test."""

import csv
import importlib.util
import json
import sys

import numpy as np
import pytest

from neucobench.cli.app import main
from neucobench.cli.codec_compare import read_crop, read_offset
from neucobench.cli.codec_settings import read_rates, read_weights
from neucobench.errors import UsageError
from neucobench.studies.codec_comparison.tiles import Crop


@pytest.fixture
def made(checkout, monkeypatch, tmp_path):
    """Register the codecs of the study's tests, and write tiles to ``tiles/``."""
    path = checkout / "tests" / "studies" / "codec_comparison" / "conftest.py"
    specification = importlib.util.spec_from_file_location("made_codecs", path)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    module.write_tiles(tmp_path / "tiles")
    monkeypatch.chdir(tmp_path)
    return module.register_fakes(monkeypatch, tmp_path / "content")


@pytest.fixture
def run(monkeypatch, capsys):
    """Return a function that types a command: exit code, output, messages."""

    def type_(*arguments):
        monkeypatch.setattr(sys, "argv", ["neucobench", "codec", "compare", *arguments])
        with pytest.raises(SystemExit) as left:
            main()
        shown = capsys.readouterr()
        return left.value.code or 0, shown.out, shown.err

    return type_


def test_tables_a_summary_and_figures_are_written(made, run, tmp_path):
    code, shown, said = run("tiles", "--codecs", "round,round-wasteful", "--crop", "40")
    assert code == 0
    assert shown.splitlines()[1].split() == [
        *("codec", "33", "dB", "35", "dB", "37", "dB", "40", "dB"),
        *("round", "encode", "decode"),
    ]
    assert "2 tiles, 16 points; peak 10,000." in said
    out = tmp_path / "codec-comparison"
    files = {path.relative_to(out).as_posix() for path in out.rglob("*.*")}
    assert {
        *("points.csv", "bands.csv", "curves.csv", "bd_rate.csv", "equal_psnr.csv"),
        *("summary.json", "figures/psnr.svg", "figures/psnr.png", "figures/ssim.png"),
        *("figures/sam.png", "figures/bands.png", "figures/seconds.png"),
        "figures/strip.png",
    } <= files


def test_the_anchor_stands_in_its_column(made, run):
    _, shown, _ = run(
        *("tiles", "--codecs", "round,round-wasteful", "--anchor", "round-wasteful")
    )
    rows = {line.split()[0]: line for line in shown.splitlines()[2:]}
    assert "anchor" in rows["round-wasteful"]
    assert "%" in rows["round"]


def test_json_is_one_document_and_nothing_else(made, run):
    code, shown, _ = run("tiles", "--codecs", "round", "--json", "--out", "here")
    document = json.loads(shown)
    assert code == 0
    assert document["schema"] == "neucobench/codec-comparison/1"
    assert "here/figures/strip.svg" in document["files"]


def test_the_same_command_again_measures_nothing(made, run):
    run("tiles", "--codecs", "round")
    made.made.clear()
    _, _, said = run("tiles", "--codecs", "round")
    assert "8 points, 8 of them by an earlier run" in said


def test_peak_offset_rates_and_credit_arrive(made, run, tmp_path):
    run(
        *("tiles", "--codecs", "round", "--peak", "5000", "--offset", "north=100"),
        *("--rates", "round=60,120", "--credit", "Nobody", "--out", "out"),
    )
    with (tmp_path / "out" / "points.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["peak"] for row in rows} == {"5000.0"}
    assert {row["rate"] for row in rows} == {"60.0", "120.0"}
    text = (tmp_path / "out" / "figures" / "psnr.svg").read_text()
    assert "Peak 5,000; 2 tiles. Nobody." in text


def test_a_codec_without_its_package_is_said_and_left_out(made, run):
    code, shown, said = run("tiles", "--codecs", "round,round-lost")
    assert code == 0
    assert "round-lost is left out. This needs the package 'lost-package'" in said
    assert "round-lost" not in shown


def test_the_only_codec_without_its_package_is_an_error(made, run):
    code, shown, said = run("tiles", "--codecs", "round-lost")
    assert (code, shown) == (1, "")
    assert said.startswith("Error: This needs the package 'lost-package'")


def test_values_beyond_the_peak_and_gaps_are_said(made, run, tmp_path):
    pixels = np.load(tmp_path / "tiles" / "north.npy").astype(np.float32)
    pixels[0, 0, :3] = np.nan
    pixels[1, 0, :2] = 20_000
    np.save(tmp_path / "tiles" / "north.npy", pixels)
    _, _, said = run("tiles", "--codecs", "round")
    assert "2 values lie above it and count as they are" in said
    assert "3 values without data count nowhere" in said


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("tiles", "--codecs", "rund"), 2, "Did you mean 'round'"),
        (("tiles", "--codecs", ","), 2, "at least one codec"),
        (("tiles", "--codecs", "round,round"), 2, "each once"),
        (("tiles", "--codecs", "round", "--anchor", "x"), 2, "--anchor x"),
        (("tiles", "--codecs", "round", "--rates", "x=1"), 2, "not compared"),
        (("tiles", "--codecs", "round", "--rates", "round"), 2, "NAME=R,R"),
        (("tiles", "--codecs", "round", "--weights", "round"), 2, "one rate and a"),
        (("tiles", "--codecs", "round", "--weights", "x:1=f"), 2, "not compared"),
        (("tiles", "--codecs", "round", "--crop", "0"), 2, "give a size"),
        (("tiles", "--codecs", "round", "--crop", "64"), 1, "give a smaller --crop"),
        (("tiles", "--codecs", "round", "--offset", "a=b"), 2, "give a number"),
        (("tiles", "--codecs", "round", "--peak", "0"), 2, "not above 0"),
        (("tiles", "--codecs", "round", "--peak", "nan"), 2, "not above 0"),
        (("tiles", "--codecs", "round", "--strip-tile", "x"), 2, "none of the tiles"),
        (("tiles", "--codecs", "round", "--seasons"), 1, "No two of the files"),
        (("nowhere", "--codecs", "round"), 1, "There is no nowhere"),
        (("content", "--codecs", "round"), 1, "holds no tiles"),
    ],
    ids=lambda value: " ".join(value[1:]) if isinstance(value, tuple) else "",
)
def test_bad_input_is_one_sentence(made, run, arguments, code, words):
    found, shown, said = run(*arguments)
    assert (found, shown) == (code, "")
    assert said.startswith("Error: ")
    assert said.count("\n") == 1
    assert words in said


def test_options_are_read_as_the_help_says():
    assert read_rates("x265-bands=20,28.5") == ("x265-bands", (20, 28.5))
    assert read_offset("1000") == ("*", 1000)
    assert read_offset("433D*=1000") == ("433D*", 1000)
    assert read_crop("256") == Crop(height=256, width=256)
    assert read_crop("0,8,64,32") == Crop(top=0, left=8, height=64, width=32)


def test_a_crop_of_three_numbers_is_refused():
    with pytest.raises(UsageError, match="four numbers"):
        read_crop("1,2,3")


def test_one_file_serves_all_rates_of_a_flexible_codec():
    assert read_weights(["tec-fp:10=a", "flextec=b"], {"flextec": (2, 16)}) == {
        ("tec-fp", 10): "a",
        ("flextec", 2): "b",
        ("flextec", 16): "b",
    }
    assert len(read_weights(["flextec=b"], {})) == 16


@pytest.mark.parametrize("text", ["tec-tt=a", "flextec=", "a:b=c", "a:1", "=c"])
def test_weights_that_cannot_be_read_are_a_sentence(text):
    with pytest.raises(UsageError, match="give a codec, one rate and a file"):
        read_weights([text], {})
