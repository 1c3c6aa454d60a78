"""What training minimizes: lambda times the squared error, plus the rate.

::

    loss = lambda · mean((x_hat - x)²) + bits / (height · width) + auxiliary

The squared error is of **standardized** bands, averaged over pixels and bands. The rate
is in bits per pixel of the picture: all 12 bands together, so that the bits per pixel
per band are a twelfth of it. The auxiliary loss moves the quantiles of the bottleneck
and nothing else.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from neucobench.codecs.compressai_parts import EntropyBottleneck, GaussianConditional
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
        net: the network, with ``estimate`` and ``aux_loss``.
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

    def forward(self, x: Tensor) -> Terms:
        """Return the parts of the loss of (crop, band, y, x), standardized."""
        with torch.autocast(x.device.type, torch.bfloat16, enabled=self._half):
            estimate = self.net.estimate(x)
        mse = (estimate.x_hat.float() - x).square().mean()
        bits = sum(-part.float().log2().sum() for part in estimate.likelihoods)
        pixels = x.shape[0] * x.shape[2] * x.shape[3]
        return Terms(mse=mse, bpp=bits / pixels, auxiliary=self.net.aux_loss())


def build_network(recipe: TrainingRecipe, rate: Rate) -> Any:
    """Return the network for a rate with random weights, drawn with the seed."""
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(recipe.seed)
        if recipe.architecture == "factorized":
            from neucobench.codecs.factorized import FactorizedPrior

            return FactorizedPrior(recipe.bands, *recipe.widths(rate))
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
