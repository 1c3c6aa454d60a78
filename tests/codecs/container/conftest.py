"""A codec that needs no packages, and files to code with it."""

import zlib
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from neucobench.codecs.base import CodecIdentity, Coded, Salvaged
from neucobench.codecs.container.reader import ContainerReader
from neucobench.codecs.files.compress import compress_file
from neucobench.codecs.files.decompress import decompress_file

NAME = "steps"


@dataclass
class StepCodec:
    """Round to multiples of a step; one zlib stream for each season."""

    rate: float = 10.0
    bands: int | None = None
    smallest: int = 16
    weights: str | None = "ab" * 32
    batches: list[int] = field(default_factory=list)

    @property
    def identity(self):
        return CodecIdentity(
            name=NAME, version="1", rate=self.rate, weights=self.weights, options={}
        )

    def encode(self, stacks):
        assert np.isfinite(stacks).all()
        self.batches.append(len(stacks))
        steps = np.rint(stacks / self.rate).astype("<i4")
        return tuple(
            Coded(
                streams=tuple(zlib.compress(season.tobytes()) for season in stack),
                layout={"shape": list(stack.shape)},
            )
            for stack in steps
        )

    def decode(self, coded):
        self.batches.append(len(coded))
        return np.stack([self._decode(item) for item in coded])

    def _decode(self, item):
        raw = b"".join(map(zlib.decompress, item.streams))
        steps = np.frombuffer(raw, "<i4").reshape(item.layout["shape"])
        return (steps * self.rate).astype(np.float32)


@dataclass
class SeasonCodec(StepCodec):
    """Have streams that are checked season by season, as learned codecs do."""

    def salvage(self, coded):
        shape = coded.layout["shape"]
        pixels, lost = np.zeros(shape, np.float32), []
        for season, stream in enumerate(coded.streams):
            alone = replace(coded, streams=(stream,), layout={"shape": shape[1:]})
            try:
                pixels[season] = self._decode(alone)
            except zlib.error:
                lost.append(season)
        return Salvaged(pixels=pixels, lost=tuple(lost))


@pytest.fixture
def season_codec():
    """Return such a codec; its error is at most a half."""
    return SeasonCodec(rate=1.0)


@pytest.fixture
def codec():
    """Return a codec whose error is at most 5."""
    return StepCodec()


@pytest.fixture
def exact_codec():
    """Return a codec whose error is at most a half, so that integers come back."""
    return StepCodec(rate=1.0)


@pytest.fixture
def scene():
    """Return smooth values with some noise, (band, y, x), int16."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[:70, :90]
    waves = [2000 + 900 * np.sin(x / (9 + b)) * np.cos(y / 11) for b in range(3)]
    return (np.stack(waves) + rng.normal(0, 40, (3, 70, 90))).astype(np.int16)


@pytest.fixture
def there_and_back(tmp_path):
    """Return a function that codes a file and restores it under another name."""

    def run(source, codec, out, *, options=None):
        container = tmp_path / "coded.tec"
        report = compress_file(
            source, codec, container, options=options, overwrite=True
        )
        with ContainerReader(container) as reader:
            restored = decompress_file(reader, codec, out, overwrite=True)
        return report, restored

    return run


@pytest.fixture
def container(tmp_path, scene, codec):
    """Return a container of six tiles with all kinds of parts, and gaps."""
    from neucobench.codecs.files.compress import CompressOptions
    from neucobench.data.writer import write_cube_file

    path = tmp_path / "cube.zarr.zip"
    values = np.stack([scene, scene + 7])
    values[:, :, 10:30, 5:25] = -1
    write_cube_file(path, values, attrs={"no_data": -1, "note": "kept"})
    out = tmp_path / "cube.tec"
    compress_file(path, codec, out, options=CompressOptions(tile=48, overlap=8))
    return out


@pytest.fixture
def other_weights():
    """Return a function that gives a codec other weights."""
    return lambda codec: replace(codec, weights="cd" * 32)
