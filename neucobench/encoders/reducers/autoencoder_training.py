"""Training of the auto-encoder, with draws from generators of its own.

torch's dropout and initialization draw from the global generator; here masks, initial
weights and the order of the rows come from one generator, so that the global one is
neither used nor moved.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from neucobench.device import torch_device
from neucobench.encoders.one_core import one_core
from neucobench.encoders.reducers.autoencoder_fitted import NORM_EPS
from neucobench.encoders.reducers.base import Block
from neucobench.encoders.reducers.listed import read_numbers
from neucobench.encoders.reducers.moments import column_moments
from neucobench.errors import InputError

if TYPE_CHECKING:
    from neucobench.encoders.reducers.autoencoder import Autoencoder

_FALL = 0.1  # what the learning rate is multiplied by at a milestone


@dataclass(frozen=True, kw_only=True)
class _Targets:
    """Say what is restored, column by column: ``(x - center) * factor``.

    Attributes:
        center: (dims_in,)
        factor: (dims_in,)
        weight: (dims_in,) what a squared error counts; a block's weight is shared out
            among its columns.
    """

    center: Tensor
    factor: Tensor
    weight: Tensor


@one_core()
def train(
    features: NDArray[np.float32],
    blocks: Sequence[Block],
    weights: Mapping[str, float],
    options: "Autoencoder",
) -> dict[str, NDArray[np.float32]]:
    """Return the parameters of the encoder, and ``losses``, (epochs,) means.

    Args:
        features: (samples, dims_in), read batch by batch.
        blocks: the blocks of the columns.
        weights: block name to weight.
        options: the reducer's settings.

    Raises:
        InputError: when the loss becomes infinite or NaN.
    """
    device = torch_device(options.device)
    draws = torch.Generator(device).manual_seed(options.seed)
    targets = _targets(features, blocks, weights, options, device)
    parameters = _initial(features.shape[1], options, draws)
    optimizer = torch.optim.AdamW(
        parameters.values(), lr=options.lr, weight_decay=options.decay
    )
    losses = []
    rates = _rates(len(features), options)
    for epoch in range(options.epochs):
        total = torch.zeros((), device=device)
        batches = _batches(len(features), options, draws)
        for rows in batches:
            optimizer.param_groups[0]["lr"] = next(rates)
            batch = torch.from_numpy(np.asarray(features[rows])).to(device)
            loss = _loss(batch, targets, parameters, options, draws)
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
            total += loss.detach()
        losses.append(float(total) / len(batches))
        _require_finite(losses[-1], epoch, options)
    kept = {
        name: tensor.detach().cpu().numpy()
        for name, tensor in parameters.items()
        if not name.startswith("decoder.")
    }
    return kept | {"losses": np.array(losses, np.float32)}


def _targets(
    features: NDArray[np.float32],
    blocks: Sequence[Block],
    weights: Mapping[str, float],
    options: "Autoencoder",
    device: torch.device,
) -> _Targets:
    dims = features.shape[1]
    center, factor, weight = np.zeros(dims), np.ones(dims), np.empty(dims)
    for block in blocks:
        weight[block.start : block.stop] = weights[block.name] / block.dims
    if options.standardize_targets:
        moments = column_moments(features)
        center = moments.mean
        for block in blocks:
            part = slice(block.start, block.stop)
            variance = moments.squares[part].mean() / moments.count
            factor[part] = 1 / np.sqrt(variance) if variance > 0 else 1.0
    arrays = {"center": center, "factor": factor, "weight": weight}
    return _Targets(
        **{
            name: torch.from_numpy(array.astype(np.float32)).to(device)
            for name, array in arrays.items()
        }
    )


def _initial(
    dims_in: int, options: "Autoencoder", draws: torch.Generator
) -> dict[str, Tensor]:
    """Return parameters drawn as torch initializes its layers."""
    device = draws.device
    parameters = {}
    if options.input_norm:
        parameters["norm.weight"] = torch.ones(dims_in, device=device)
        parameters["norm.bias"] = torch.zeros(dims_in, device=device)
    for name, inputs, outputs in (
        ("hidden", dims_in, options.hidden),
        ("narrow", options.hidden, options.dims),
        ("decoder", options.dims, dims_in),
    ):
        bound = inputs**-0.5
        for part, shape in (("weight", (outputs, inputs)), ("bias", (outputs,))):
            parameters[f"{name}.{part}"] = torch.empty(shape, device=device).uniform_(
                -bound, bound, generator=draws
            )
    for tensor in parameters.values():
        tensor.requires_grad_()
    return parameters


def _batches(
    samples: int, options: "Autoencoder", draws: torch.Generator
) -> list[NDArray[np.int64]]:
    """Return the rows of each step of an epoch; the last ones are dropped."""
    order = torch.randperm(samples, generator=draws, device=draws.device).cpu().numpy()
    size = min(options.batch, samples)
    return [order[i * size : (i + 1) * size] for i in range(samples // size)]


def _rates(samples: int, options: "Autoencoder") -> Iterator[float]:
    """Yield the learning rate of each step."""
    steps = options.epochs * (samples // min(options.batch, samples))
    shares = read_numbers(options.milestones, options.name, "milestones")
    milestones = [int(share * steps) for share in shares]
    for step in range(steps):
        yield options.lr * _FALL ** sum(step >= milestone for milestone in milestones)


def _loss(
    batch: Tensor,
    targets: _Targets,
    parameters: Mapping[str, Tensor],
    options: "Autoencoder",
    draws: torch.Generator,
) -> Tensor:
    """Return the sum over blocks of weight * mean squared error."""
    x = batch
    if options.input_norm:
        norm = parameters["norm.weight"], parameters["norm.bias"]
        x = functional.layer_norm(x, x.shape[1:], *norm, eps=NORM_EPS)
    x = _drop(x, options.dropout, draws)
    x = functional.gelu(
        functional.linear(x, parameters["hidden.weight"], parameters["hidden.bias"])
    )
    x = _drop(x, options.dropout, draws)
    x = functional.linear(x, parameters["narrow.weight"], parameters["narrow.bias"])
    x = functional.linear(x, parameters["decoder.weight"], parameters["decoder.bias"])
    errors = x - (batch - targets.center) * targets.factor
    return (errors**2 @ targets.weight).mean()


def _drop(x: Tensor, share: float, draws: torch.Generator) -> Tensor:
    if share == 0:
        return x
    mask = torch.empty_like(x).bernoulli_(1 - share, generator=draws)
    return x * mask / (1 - share)


def _require_finite(loss: float, epoch: int, options: "Autoencoder") -> None:
    if not np.isfinite(loss):
        raise InputError(
            f"The auto-encoder's loss is {loss} after epoch {epoch + 1} with "
            f"lr={options.lr}; it must stay finite. Give a smaller lr, or standardize "
            "the features first."
        )
