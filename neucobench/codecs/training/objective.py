"""What training minimizes: lambda times the squared error, plus the rate.

::

    loss = lambda · mean((x_hat - x)²) + bits / (height · width) + auxiliary

The squared error is of **standardized** bands, averaged over pixels and bands. The rate
is in bits per pixel of the picture, of each frame of a stack: all 12 bands together, so
that the bits per pixel per band are a twelfth of it. The auxiliary loss moves the
quantiles of a factorized bottleneck and nothing else; of stacks it is what tokens cost
that follow on expected ones, where the recipe gives that a weight.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from neucobench.codecs.compressai_parts import EntropyBottleneck, GaussianConditional
from neucobench.codecs.network import PictureNetwork
from neucobench.codecs.temporal.estimate import training_pass
from neucobench.codecs.temporal.sizes import TemporalSizes
from neucobench.codecs.training.recipe import TrainingRecipe
from neucobench.codecs.training.settings import Rate


class Terms(NamedTuple):
    """Hold the parts of the loss, scalars; a tuple, because of several processes."""

    mse: Tensor
    bpp: Tensor
    auxiliary: Tensor


class Objective(nn.Module):
    """Compute the parts of the loss of a batch.

    Args:
        net: the network, of pictures or of stacks.
        precision: ``"bfloat16"`` computes convolutions in it; the entropy models and
            the loss are always of single precision.
    """

    def __init__(self, net: Any, precision: str) -> None:
        super().__init__()
        self.net = net
        self._half = precision == "bfloat16"
        for module in net.modules():
            if isinstance(module, EntropyBottleneck | GaussianConditional):
                _keep_single(module)

    def forward(
        self, x: Tensor, rate_free: bool = False, forecast: float = 0.0
    ) -> Terms:
        """Return the parts of the loss of (crop, ..., band, y, x), standardized.

        Args:
            x: pictures, or stacks with an axis for the frames.
            rate_free: whether the rate moves no transform of stacks.
            forecast: the weight of what forecast tokens of stacks cost.
        """
        passed = pass_through(
            self.net, x, rate_free=rate_free, forecast=forecast > 0, half=self._half
        )
        pixels = x[..., 0, :, :].numel()
        auxiliary = (
            self.net.aux_loss()
            if isinstance(self.net, PictureNetwork)
            else forecast * passed.forecast / pixels
        )
        mse = (passed.x_hat.float() - x).square().mean()
        return Terms(mse=mse, bpp=passed.bits / pixels, auxiliary=auxiliary)


class Passed(NamedTuple):
    """Hold what a network makes of a batch: pixels, bits, bits of what is forecast."""

    x_hat: Tensor
    bits: Tensor
    forecast: Tensor


def pass_through(
    net: Any,
    x: Tensor,
    *,
    rate_free: bool = False,
    forecast: bool = False,
    half: bool = False,
) -> Passed:
    """Return the reconstruction and the bits of a batch; noisy while training.

    Args:
        net: of pictures, or of stacks.
        x: (crop, band, y, x), or (crop, time, band, y, x).
        rate_free: see `training_pass`, which is for stacks.
        forecast: likewise.
        half: whether to compute in bfloat16 what can be.
    """
    nothing = torch.zeros((), device=x.device)
    with torch.autocast(x.device.type, torch.bfloat16, enabled=half):
        if not isinstance(net, PictureNetwork):
            found = training_pass(net, x, rate_free=rate_free, forecast=forecast)
            told = nothing if found.forecast is None else found.forecast
            return Passed(found.x_hat, found.bits.sum(), told)
        estimate = net.estimate(x)
    parts = [-part.float().log2().sum() for part in estimate.likelihoods]
    return Passed(estimate.x_hat, torch.stack(parts).sum(), nothing)


def build_network(recipe: TrainingRecipe, rate: Rate) -> Any:
    """Return the network for a rate with random weights, drawn with the seed."""
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(recipe.seed)
        if recipe.architecture == "factorized":
            from neucobench.codecs.factorized import FactorizedPrior

            return FactorizedPrior(recipe.bands, *recipe.widths(rate))
        if recipe.temporal is not None:
            from neucobench.codecs.temporal.network import TemporalNetwork

            return TemporalNetwork(
                TemporalSizes(
                    **recipe.temporal.model_dump(),
                    bands=recipe.bands,
                    flexible=recipe.architecture == "flexible",
                )
            )
        from neucobench.codecs.elic.network import Elic

        return Elic(recipe.bands, *recipe.widths(rate))


def _keep_single(module: nn.Module) -> None:
    """Make an entropy model compute in single precision, whatever surrounds it."""
    inner = module.forward

    def forward(*args: Any, **kwargs: Any) -> Any:
        device = args[0].device.type
        single = [item.float() if torch.is_tensor(item) else item for item in args]
        with torch.autocast(device, enabled=False):
            return inner(*single, **kwargs)

    module.forward = forward
