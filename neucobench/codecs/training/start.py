"""What a run begins with: random weights, components, or weights of another rate."""

from math import sqrt
from pathlib import Path
from typing import Any

import torch

from neucobench.codecs.training.crops import Crops
from neucobench.codecs.training.objective import build_network
from neucobench.codecs.training.recipe import TrainingRecipe
from neucobench.codecs.training.settings import Rate
from neucobench.codecs.weights import fill_network, read_checkpoint
from neucobench.errors import CodecError

_SAMPLE = 64  # crops that components are computed from
_FAMILIES = {
    "factorized": "TEC-FP",
    "elic": "TEC-ELIC",
    "temporal": "TEC-TT",
    "flexible": "FlexTEC",
}


def begin(recipe: TrainingRecipe, rate: Rate, crops: Crops, out: Path) -> Any:
    """Return the network that a new run begins with.

    Args:
        recipe: the recipe.
        rate: the rate to train.
        crops: to compute components from.
        out: the folder that holds the weights of the other rates.

    Raises:
        CodecError: when the weights to start from are missing or do not fit.
    """
    net = build_network(recipe, rate)
    if rate.start is not None:
        load_weights(net, recipe, weights_path(out, recipe, rate.start))
        if recipe.architecture == "factorized":
            scale_latents(net, sqrt(rate.rate / rate.start))
    elif recipe.initial == "principal":
        _begin_as_components(net, recipe, rate, crops)
    return net


def _begin_as_components(
    net: Any, recipe: TrainingRecipe, rate: Rate, crops: Crops
) -> None:
    from neucobench.codecs.training.principal import begin_as_components
    from neucobench.codecs.training.principal_stacks import begin_stacks_as_components

    batches = -(-_SAMPLE // recipe.batch)
    pictures = crops.pool.pictures(1)
    # Steps before the first one: these crops are drawn for this alone.
    drawn = [crops.draw(-item, pictures).pixels for item in range(batches)]
    sample = torch.cat([torch.from_numpy(item) for item in drawn])
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(recipe.seed)
        if recipe.of_stacks:
            begin_stacks_as_components(net, sample.flatten(0, 1), rate.rate)
        else:
            begin_as_components(net, sample, rate.rate)


def weights_path(out: Path, recipe: TrainingRecipe, rate: float) -> Path:
    """Return the file of the weights for a rate."""
    return out / f"{recipe.name}_lambda-{rate:g}.safetensors"


def load_weights(net: Any, recipe: TrainingRecipe, path: Path) -> None:
    """Load weights that a training has written; tables are not among them.

    Raises:
        CodecError: when the file is missing, damaged, or of another network.
    """
    if not path.is_file():
        raise CodecError(
            f"The run starts from {path}, which does not exist; train that rate first, "
            "or take 'start' out of the recipe."
        )
    fill_network(net, read_checkpoint(path, family=_FAMILIES[recipe.architecture]))
    net.requires_grad_(True)


@torch.no_grad()
def scale_latents(net: Any, factor: float) -> None:
    """Make the latents of a factorized network larger: what it computes stays.

    Rounding them then costs less, and more bits. The densities follow.

    Args:
        net: a `FactorizedPrior`; changed in place.
        factor: what the latents are multiplied by.
    """
    net.g_a[-1].weight.mul_(factor)
    net.g_a[-1].bias.mul_(factor)
    net.g_s[0].weight.div_(factor)
    first = net.entropy_bottleneck.matrices[0]
    gains = torch.nn.functional.softplus(first) / factor
    first.copy_(torch.log(torch.expm1(gains)))
    net.entropy_bottleneck.quantiles.mul_(factor)
