"""Weights that have seen no data: the control of every pretrained encoder."""

import math
from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from neucobench.seeding import generator


def draw_weights(
    model: nn.Module, seed: int, *, tables: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """Return the weights of a model before training, name to tensor.

    Linear maps are Xavier-uniform with zero bias; convolutions are uniform within
    1 / sqrt(inputs), bias included, as torch starts them; embeddings are standard
    normal; layer norms are the identity; what belongs to no layer is zero. Each tensor
    depends on the seed and its name alone.

    Args:
        model: its layers and shapes count; it may be on the device ``meta``.
        seed: 0 or larger.
        tables: the fixed tables that are part of the model, name to tensor.
    """
    tensors = dict(tables)
    for path, layer in model.named_modules():
        for name, parameter in layer.named_parameters(recurse=False):
            key = f"{path}.{name}" if path else name
            drawn = _draw(layer, name, parameter, generator(seed, "weights", key))
            tensors[key] = torch.from_numpy(drawn.astype(np.float32))
    return tensors


def _draw(
    layer: nn.Module, name: str, parameter: Tensor, draws: np.random.Generator
) -> NDArray[np.float64]:
    shape = tuple(parameter.shape)
    if isinstance(layer, nn.Conv2d):
        bound = 1 / math.sqrt(layer.weight[0].numel())
        return draws.uniform(-bound, bound, shape)
    if isinstance(layer, nn.Linear) and name == "weight":
        bound = math.sqrt(6 / sum(shape))
        return draws.uniform(-bound, bound, shape)
    if isinstance(layer, nn.Embedding):
        return draws.standard_normal(shape)
    if isinstance(layer, nn.LayerNorm) and name == "weight":
        return np.ones(shape)
    return np.zeros(shape)
