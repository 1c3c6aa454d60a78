"""A published network of small size, and one of our own with random weights."""

import numpy as np
import pytest
import torch

from neucobench.codecs.standardize import standardize
from neucobench.codecs.temporal.network import TemporalNetwork
from neucobench.codecs.temporal.sizes import TemporalSizes
from neucobench.codecs.temporal.weights import load_temporal


@pytest.fixture(scope="session")
def published_network(shared):
    """Return the network whose numbers the published code made."""
    path = shared / "fixtures/codecs/tt_small.safetensors"
    return load_temporal(path, heads=4)[0].eval()


@pytest.fixture(scope="session")
def published_numbers(shared):
    return np.load(shared / "fixtures/codecs/tt_small.npz")


@pytest.fixture(scope="session")
def make_network():
    """Return a function that makes a network with random weights, of any size."""

    def make(**sizes):
        torch.manual_seed(3)
        small = {
            "channels": (4, 4, 8, 16),
            "width": 16,
            "heads": 2,
            "separate_layers": 1,
            "joint_layers": 1,
            "decoder_layers": 1,
            "expansion": 1,
        }
        network = TemporalNetwork(TemporalSizes(**(small | sizes))).eval()
        with torch.no_grad():
            # Latents that are all rounded to zero would test nothing.
            network.transform.analysis_transform.transforms[13].weight *= 40
            network.entropy_model.mean_head[4].bias.uniform_(-9, 9)
        return network

    return make


@pytest.fixture(scope="session")
def network(make_network):
    return make_network()


@pytest.fixture(scope="session")
def latents_of_stack():
    """Return a function from reflectance (time, band, y, x) to quantized latents."""

    def latents(network, stack):
        x = torch.from_numpy(standardize(stack.astype(np.float32)))[None]
        with torch.inference_mode():
            return network.latents(x).clone()

    return latents


@pytest.fixture
def stack():
    """Return a smooth stack that changes with time, (4, 12, 80, 112)."""
    rng = np.random.default_rng(11)
    rows, columns = np.mgrid[0:80, 0:112] / 30
    seasons = np.arange(4)[:, None, None, None]
    bands = np.arange(12)[None, :, None, None]
    waves = np.sin(rows + 0.4 * seasons) * np.cos(columns + 0.3 * bands)
    noise = rng.normal(0, 30, (4, 12, 80, 112))
    return (1500 + 150 * bands + 600 * waves + noise).astype(np.float32)


@pytest.fixture
def clouds():
    """Return clouds in seasons 2 and 3, (4, 80, 112)."""
    mask = np.zeros((4, 80, 112), bool)
    mask[1, 10:40, 20:70] = True
    mask[2, 30:60, 50:100] = True
    return mask
