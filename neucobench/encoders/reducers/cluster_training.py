"""Training of the cluster map: pseudo-labels from Ward linkage, then one matrix."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from neucobench.encoders.one_core import one_core
from neucobench.encoders.reducers.listed import read_numbers
from neucobench.errors import InputError

if TYPE_CHECKING:
    from neucobench.encoders.reducers.cluster_map import ClusterMap

_SPREAD = 0.1  # standard deviation of the matrix before training


@dataclass(frozen=True, kw_only=True, eq=False)
class TrainedMap:
    """Hold the trained matrix.

    Attributes:
        matrix: (dims, dims) what each season's row is multiplied by.
        facts: ``clusters``, the number on each level; ``losses``, the mean of each
            epoch; ``held_out_loss``, the last one on the rows left out of training,
            where there are any.
    """

    matrix: NDArray[np.float64]
    facts: dict[str, NDArray[Any]]


@one_core()
def train(reduced: NDArray[np.float64], options: "ClusterMap") -> TrainedMap:
    """Return the matrix trained on (samples, seasons, dims) rows.

    Raises:
        InputError: when the loss becomes infinite or NaN.
    """
    draws = torch.Generator().manual_seed(options.seed)
    levels = _ward_levels(reduced.reshape(len(reduced), -1), options)
    rows = torch.from_numpy(reduced.astype(np.float32))
    labels = torch.from_numpy(levels)
    parameters = _initial(reduced.shape, levels, draws)
    training, held_out = _split(len(rows), options.held_out, draws)
    optimizer = torch.optim.AdamW(parameters, lr=options.lr, weight_decay=options.decay)
    losses = []
    for _ in range(options.epochs):
        order = training[torch.randperm(len(training), generator=draws)]
        total = 0.0
        for batch in torch.split(order, options.batch):
            loss = _loss(rows[batch], labels[batch], parameters)
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
            total += float(loss.detach()) * len(batch)
        losses.append(total / len(training))
    if not np.isfinite(losses).all():
        raise InputError(
            f"The cluster map's loss is {losses[-1]} with lr={options.lr}; it must "
            "stay finite. Give a smaller lr, or scale the features first."
        )
    facts: dict[str, NDArray[Any]] = {
        "clusters": levels.max(axis=0) + 1,
        "losses": np.array(losses, np.float32),
    }
    if len(held_out):
        with torch.no_grad():
            last = _loss(rows[held_out], labels[held_out], parameters)
        facts["held_out_loss"] = last.numpy()
    matrix = parameters[0].detach().numpy().astype(np.float64)
    return TrainedMap(matrix=matrix, facts=facts)


def _ward_levels(rows: NDArray[np.float64], options: "ClusterMap") -> NDArray[np.int64]:
    """Return (samples, levels), the cluster of each row at each cut, from 0."""
    from scipy.cluster.hierarchy import fcluster, linkage

    cuts = read_numbers(options.cuts, options.name, "cuts")
    if len(rows) == 1:
        return np.zeros((1, len(cuts)), np.int64)
    tree = linkage(rows, "ward")
    levels = [fcluster(tree, cut, criterion="distance") - 1 for cut in cuts]
    return np.asarray(np.stack(levels, axis=1), np.int64)


def _initial(
    shape: tuple[int, ...], levels: NDArray[np.int64], draws: torch.Generator
) -> list[Tensor]:
    """Return the matrix, and (clusters, seasons * dims) weights for each level."""
    _, seasons, dims = shape
    bound = (seasons * dims) ** -0.5
    parameters = [torch.empty(dims, dims).normal_(0, _SPREAD, generator=draws)]
    for clusters in levels.max(axis=0) + 1:
        weights = torch.empty(int(clusters), seasons * dims)
        parameters.append(weights.uniform_(-bound, bound, generator=draws))
    return [parameter.requires_grad_() for parameter in parameters]


def _split(samples: int, share: float, draws: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return the rows that are trained on, one at least, and those that are not."""
    order = torch.randperm(samples, generator=draws)
    held = min(round(share * samples), samples - 1)
    return order[held:], order[:held]


def _loss(rows: Tensor, labels: Tensor, parameters: Sequence[Tensor]) -> Tensor:
    """Return the sum over levels of the mean cross-entropy."""
    matrix, *classifiers = parameters
    mapped = (rows @ matrix).flatten(1)
    losses = [
        functional.cross_entropy(mapped @ weights.T, labels[:, level])
        for level, weights in enumerate(classifiers)
    ]
    return torch.stack(losses).sum()
