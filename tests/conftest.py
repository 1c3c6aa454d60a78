"""Fixtures that every test package may use."""

import sys
import zlib
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

CHECKOUT = Path(__file__).parents[1]
BLOCK = 16
CARD = """
name = "{name}"
title = "{name}"
description = "Keeps the means of blocks."
family = "classical"
bands = 12
packing = "All means one after the other."
depth = "Rounded to multiples of the step."
rate = "step"
rates = [10, 100, 1000]
default_rate = 100
better = "smaller"
source = "This test."
license = "Apache-2.0"
"""


@pytest.fixture(scope="session")
def checkout() -> Path:
    """Return the root of the checkout."""
    return CHECKOUT


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of shared real data beside the checkout, or skip."""
    folder = CHECKOUT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("the folder 'shared' with real data is not beside the checkout")
    return folder


class PlainBlocks:
    """Keep the means of blocks of 16 x 16 pixels, rounded to multiples of the rate."""

    bands = 12
    smallest = BLOCK

    def __init__(self, name, rate, weights):
        from neucobench.codecs.base import CodecIdentity

        self.identity = CodecIdentity(
            name=name, version="1", rate=rate or 100.0, weights=weights, options={}
        )

    def encode(self, stacks):
        from neucobench.codecs.base import Coded

        assert np.isfinite(stacks).all()
        return tuple(
            Coded(
                streams=tuple(zlib.compress(season.tobytes()) for season in steps),
                layout={"steps": list(steps.shape), "size": list(stacks.shape[-2:])},
            )
            for steps in self._steps(stacks).astype("<i2")
        )

    def decode(self, coded):
        return np.stack([self._decode(item) for item in coded])

    def _decode(self, item):
        height, width = item.layout["size"]
        raw = b"".join(map(zlib.decompress, item.streams))
        steps = np.frombuffer(raw, "<i2").reshape(item.layout["steps"])
        means = steps.astype(np.float32) * np.float32(self.identity.rate)
        full = means.repeat(BLOCK, axis=-2).repeat(BLOCK, axis=-1)
        return full[..., :height, :width]

    def _steps(self, stacks):
        height, width = stacks.shape[-2:]
        edges = ((0, -height % BLOCK), (0, -width % BLOCK))
        full = np.pad(stacks, ((0, 0),) * 3 + edges, mode="edge")
        shape = (*full.shape[:3], full.shape[3] // BLOCK, BLOCK, -1, BLOCK)
        return np.rint(full.reshape(shape).mean(axis=(4, 6)) / self.identity.rate)


class Blocks(PlainBlocks):
    """The same with its steps as latents."""

    channels = 12

    def latents(self, stacks):
        return self._steps(stacks).astype(np.float32)


def _register(monkeypatch, content):
    from neucobench.codecs.base import CODECS

    def factory(kind, name):
        def make(*, rate, weights, device):
            assert device in (None, "cpu")
            return kind(name, rate, weights)

        return make

    kinds = {"blocks": Blocks, "plain-blocks": PlainBlocks}
    (content / "codecs").mkdir(parents=True)
    module = SimpleNamespace()
    monkeypatch.setitem(sys.modules, "block_codecs_of_tests", module)
    for name, kind in kinds.items():
        setattr(module, kind.__name__, factory(kind, name))
        target = f"block_codecs_of_tests:{kind.__name__}"
        monkeypatch.setitem(CODECS.targets, name, target)
        (content / "codecs" / f"{name}.toml").write_text(CARD.format(name=name))
    monkeypatch.setenv("NEUCOBENCH_PATH", str(content))


@pytest.fixture(scope="session")
def registered_codecs():
    """Return a context in which ``blocks`` and ``plain-blocks`` are codecs.

    The second has no latents. The context takes an empty folder, for their cards.
    """

    @contextmanager
    def registered(content):
        from neucobench.encoders.codec_input import kept_codec

        with pytest.MonkeyPatch.context() as monkeypatch:
            _register(monkeypatch, content)
            yield
        # Other tests may give these names to other codecs.
        kept_codec.cache_clear()

    return registered


@pytest.fixture
def block_codecs(registered_codecs, tmp_path):
    """Register the codecs ``blocks`` and ``plain-blocks`` for one test."""
    with registered_codecs(tmp_path / "content"):
        yield
