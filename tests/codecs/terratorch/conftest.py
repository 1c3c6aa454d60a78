"""TerraTorch where it is installed; elsewhere what the codecs need of it, made here."""

import sys
from dataclasses import dataclass
from importlib.util import find_spec
from types import ModuleType

import pytest
import torch
from safetensors.torch import save_file

from neucobench.codecs.temporal.network import TemporalNetwork
from neucobench.codecs.temporal.sizes import TemporalSizes
from neucobench.codecs.terratorch import register_terratorch

INSTALLED = find_spec("terratorch") is not None


class PlainRegistry(dict):
    """Keep builders by their names."""

    def register(self, builder):
        self[builder.__name__] = builder
        return builder

    def build(self, name, **options):
        return self[name](**options)


@dataclass
class PlainModelOutput:
    output: torch.Tensor
    auxiliary_heads: dict | None = None


@dataclass
class PlainReconstructionOutput:
    loss: dict
    pred: torch.Tensor
    mask: torch.Tensor | None


def _stand_in() -> dict[str, ModuleType]:
    names = ("", ".registry", ".models", ".models.model")
    modules = {f"terratorch{name}": ModuleType(f"terratorch{name}") for name in names}
    registry, outputs = (
        modules["terratorch.registry"],
        modules["terratorch.models.model"],
    )
    registry.TERRATORCH_BACKBONE_REGISTRY = PlainRegistry()
    registry.TERRATORCH_FULL_MODEL_REGISTRY = PlainRegistry()
    outputs.ModelOutput = PlainModelOutput
    outputs.ReconstructionOutput = PlainReconstructionOutput
    return modules


@pytest.fixture(scope="module")
def terratorch():
    """Return TerraTorch's registries, or plain ones where it is not installed."""
    if not INSTALLED:
        sys.modules.update(_stand_in())
    from neucobench.torchvision_shim import import_with_torchvision

    yield import_with_torchvision("terratorch.registry", extra="terratorch")
    if not INSTALLED:
        for name in _stand_in():
            sys.modules.pop(name)
        sys.modules.pop("neucobench.codecs.terratorch.reconstruction", None)


@pytest.fixture(scope="module")
def registered(terratorch):
    """Return what was registered."""
    return register_terratorch()


@pytest.fixture(scope="module")
def backbones(terratorch, registered):
    """Return the registry of backbones, which knows the codecs."""
    return terratorch.TERRATORCH_BACKBONE_REGISTRY


@pytest.fixture(scope="module")
def full_models(terratorch, registered):
    """Return the registry of full models, which knows the codecs."""
    return terratorch.TERRATORCH_FULL_MODEL_REGISTRY


@pytest.fixture(scope="session")
def small_network():
    """Return a function that returns a small network of stacks, always the same."""

    def network(bands=12, *, flexible=False):
        sizes = TemporalSizes(
            bands=bands,
            channels=(8, 12, 16, 64),
            width=48,
            heads=4,
            separate_layers=1,
            joint_layers=1,
            decoder_layers=1,
            expansion=2,
            flexible=flexible,
        )
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(3)
            drawn = TemporalNetwork(sizes)
        # Latents that all round to zero would show nothing.
        drawn.transform.analysis_transform.transforms[13].weight.data *= 20
        return drawn

    return network


@pytest.fixture(scope="session")
def weights(small_network, tmp_path_factory):
    """Return a function that returns a file with the weights of a small network."""
    folder = tmp_path_factory.mktemp("weights")

    def file(bands=12, *, flexible=False):
        path = folder / f"{bands}-{flexible}.safetensors"
        network = small_network(bands, flexible=flexible)
        tensors = {f"model.{key}": x for key, x in network.state_dict().items()}
        save_file(tensors, path, metadata={"heads": "4"})
        return str(path)

    return file
