"""Numbers of the published temporal models, small networks, and a folder for tables."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from neucobench.codecs.standardize import standardize
from neucobench.codecs.temporal.network import TemporalNetwork
from neucobench.codecs.temporal.sizes import TemporalSizes
from neucobench.codecs.temporal.weights import load_temporal

FAMILIES = {"tt_small": False, "flex_small": True}


@pytest.fixture(scope="session")
def tables_folder(tmp_path_factory):
    """Return where all tests of a session keep the tables they build."""
    return tmp_path_factory.mktemp("tables")


@pytest.fixture(autouse=True)
def _no_files_at_home(tables_folder, monkeypatch):
    monkeypatch.setenv("NEUCOBENCH_CACHE", str(tables_folder))


@pytest.fixture(autouse=True)
def one_core():
    """Compute on one core: small layers lose more than they win on several."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@dataclass(frozen=True, kw_only=True)
class Published:
    """A small model as published, and what it made of real tiles."""

    folder: object
    network: TemporalNetwork
    numbers: np.lib.npyio.NpzFile

    def __getitem__(self, key):
        return self.numbers[key]

    def __contains__(self, key):
        return key in self.numbers

    def stack(self, case: str) -> torch.Tensor:
        """Return (1, time, band, y, x), standardized."""
        if f"{case}_input" in self.numbers:
            return torch.from_numpy(self.numbers[f"{case}_input"])
        import rasterio

        frames = []
        while f"{case}_frame{len(frames)}_source" in self.numbers:
            name = f"{case}_frame{len(frames)}"
            row, column, height, width = self[f"{name}_crop_row_col_height_width"]
            with rasterio.open(self.folder / str(self[f"{name}_source"])) as file:
                raw = file.read()[:, row : row + height, column : column + width]
            frames.append(standardize(raw.astype(np.float32)))
        return torch.from_numpy(np.stack(frames)[None])

    def strings(self, case: str) -> list[list[list[bytes]]]:
        """Return the strings of each frame, of each token, of the one stack."""
        content, start = self[f"{case}_strings_bytes"].tobytes(), 0
        found = []
        for lengths in self[f"{case}_strings_lengths_frame_by_token"]:
            found.append([])
            for length in lengths[lengths >= 0]:
                found[-1].append([content[start : start + length]])
                start += length
        return found


@pytest.fixture(scope="session")
def published(shared):
    """Return a function that returns one of the two small published models."""
    folder = shared / "fixtures/codecs"

    def model(name: str) -> Published:
        path = folder / f"{name}.safetensors"
        network, _ = load_temporal(path, heads=4, flexible=FAMILIES[name])
        numbers = np.load(folder / f"{name}.npz")
        return Published(folder=folder, network=network, numbers=numbers)

    return model


@pytest.fixture(scope="session")
def small_network():
    """Return a function that returns a small network of random weights."""

    def make(*, flexible: bool = False, bands: int = 3, seed: int = 0):
        sizes = TemporalSizes(
            bands=bands,
            channels=(8, 8, 8, 64 if flexible else 16),
            width=32,
            heads=4,
            separate_layers=1,
            joint_layers=1,
            decoder_layers=2,
            expansion=2,
            flexible=flexible,
        )
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            network = TemporalNetwork(sizes).eval().requires_grad_(False)
            return awake(network, torch.randn(1, 2, bands, 64, 64))

    return make


def awake(network: TemporalNetwork, x: torch.Tensor) -> TemporalNetwork:
    """Return a network whose latents differ from zero, and so do its forecasts."""
    last = network.transform.analysis_transform.transforms[13]
    for _ in range(6):
        factor = 2 / network.analyze(x).std()
        last.weight.mul_(factor)
        last.bias.mul_(factor)
    network.entropy_model.mean_head[-1].weight.mul_(10)
    network.entropy_model.scale_head[-1].weight.mul_(10)
    return network
