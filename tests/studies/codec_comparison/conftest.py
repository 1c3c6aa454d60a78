"""Two codecs that are made in the test, with cards, and small tiles."""

import json
import sys
import zlib
from types import SimpleNamespace

import numpy as np
import pytest

from neucobench.codecs.base import CODECS, CodecIdentity, Coded
from neucobench.errors import CodecError, MissingExtraError, UsageError
from neucobench.studies.codec_comparison.comparison import compare_codecs
from neucobench.studies.codec_comparison.tiles import find_tiles
from neucobench.studies.codec_comparison.write import write_comparison

CARD = """
name = "{name}"
title = "{name}"
description = "Rounds to a step."
family = "classical"
packing = "All values one after the other."
depth = "Rounded to multiples of the step."
rate = "step"
rates = [50, 100, 200, 400]
default_rate = 100
better = "smaller"
source = "This test."
license = "Apache-2.0"
"""


class Rounding:
    """Round to multiples of a step, and pack; ``waste`` bytes on top."""

    bands = None
    smallest = 16

    def __init__(self, name, rate, waste):
        self.identity = CodecIdentity(
            name=name, version="1", rate=rate, weights=None, options={}
        )
        self.waste = waste
        self.calls = 0

    def encode(self, stacks):
        if stacks.shape[2] == 5:
            raise CodecError("It takes no five bands; choose others.")
        self.calls += 1
        coded = []
        for stack in stacks:
            levels = np.round(stack / self.identity.rate).astype("<i2")
            stream = zlib.compress(levels.tobytes(), 9) + bytes(self.waste)
            coded.append(Coded(streams=(stream,), layout={"shape": levels.shape}))
        return tuple(coded)

    def decode(self, coded):
        stacks = []
        for item in coded:
            stream = zlib.decompressobj().decompress(item.streams[0])
            levels = np.frombuffer(stream, "<i2").reshape(item.layout["shape"])
            stacks.append(levels.astype(np.float32) * np.float32(self.identity.rate))
        return np.stack(stacks)


class Fakes:
    """Make codecs and remember those that were made."""

    def __init__(self):
        self.made = []
        self.whole = False

    def factory(self, name, waste=0):
        def make(*, rate, weights, device):
            if self.whole and rate != int(rate):
                raise UsageError("It takes whole numbers only.")
            codec = Rounding(name, 100.0 if rate is None else rate, waste)
            codec.weights = weights
            self.made.append(codec)
            return codec

        return make

    def missing(self, **_options):
        raise MissingExtraError("lost-package", extra="codecs")

    @property
    def calls(self):
        """Return how many stacks were encoded, warm-ups included."""
        return sum(codec.calls for codec in self.made)


def register_fakes(monkeypatch, content):
    """Register round, round-wasteful and round-lost, with cards in a folder."""
    found = Fakes()
    module = SimpleNamespace(
        plain=found.factory("round"),
        wasteful=found.factory("round-wasteful", waste=300),
        lost=found.missing,
    )
    monkeypatch.setitem(sys.modules, "fake_codecs", module)
    (content / "codecs").mkdir(parents=True)
    targets = {"round": "plain", "round-wasteful": "wasteful", "round-lost": "lost"}
    for name, target in targets.items():
        monkeypatch.setitem(CODECS.targets, name, f"fake_codecs:{target}")
        (content / "codecs" / f"{name}.toml").write_text(CARD.format(name=name))
    monkeypatch.setenv("NEUCOBENCH_PATH", str(content))
    return found


@pytest.fixture
def fakes(monkeypatch, tmp_path):
    """Register the codecs for one test."""
    return register_fakes(monkeypatch, tmp_path / "content")


def make_pixels(seed, *, bands=12, size=48, time=1):
    """Return (time, band, y, x) of something like land."""
    generator = np.random.default_rng(seed)
    slopes = np.linspace(200, 3000, size) + 10 * np.arange(size)[:, None]
    levels = generator.uniform(0.5, 1.5, (time, bands, 1, 1))
    noise = generator.normal(0, 60, (time, bands, size, size))
    return np.round(slopes * levels + noise).astype(np.int16)


def write_tiles(folder):
    """Write two tiles to a new folder."""
    folder.mkdir()
    for name, seed in (("north", 1), ("south", 2)):
        np.save(folder / f"{name}.npy", make_pixels(seed)[0])
    return folder


@pytest.fixture
def folder(tmp_path):
    """Return a folder of two tiles."""
    return write_tiles(tmp_path / "tiles")


@pytest.fixture
def compare(fakes, folder, tmp_path):
    """Return a function that compares codecs on the tiles of ``folder``."""

    def run(*codecs, out=None, **options):
        return compare_codecs(
            find_tiles([folder]),
            codecs or ("round", "round-wasteful"),
            out or tmp_path / "out",
            credit="Made in the test.",
            **options,
        )

    return run


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Return a comparison of two codecs, and the folder that it was written to."""
    root = tmp_path_factory.mktemp("written")
    with pytest.MonkeyPatch.context() as monkeypatch:
        register_fakes(monkeypatch, root / "content")
        comparison = compare_codecs(
            find_tiles([write_tiles(root / "tiles")]),
            ("round", "round-wasteful"),
            root / "out",
            credit="Made in the test.",
        )
        write_comparison(comparison, root / "out")
    return comparison, root / "out"


@pytest.fixture
def pixels_of():
    """Return the function that makes pixels."""
    return make_pixels


@pytest.fixture
def read_json():
    """Return a function that reads a JSON file, NaN and infinity refused."""

    def refuse(constant):
        raise AssertionError(f"{constant} is no standard JSON")

    return lambda path: json.loads(path.read_text(), parse_constant=refuse)
