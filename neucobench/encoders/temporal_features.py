"""Statistics of what a temporal codec makes of a cube."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from neucobench.codecs.temporal.features import StackFeatures
from neucobench.codecs.temporal.sizes import TemporalSizes
from neucobench.encoders.pooled_latents import pool_latents

# Each with what of the network says how many numbers it has.
FEATURES: Mapping[str, str] = MappingProxyType(
    {"z_joint": "width", "z_cur": "width", "latents": "latents", "rate": "latents"}
)
FRAMES = ("mean", "last", "concat")
_EVERYTHING = (slice(None),)


def feature_width(feature: str, sizes: TemporalSizes) -> int:
    """Return how many numbers a feature has at each place."""
    width: int = getattr(sizes, FEATURES[feature])
    return width


def pool_features(
    found: StackFeatures, features: Sequence[str], statistics: Sequence[str], over: str
) -> NDArray[np.float64]:
    """Return the vector of one stack.

    From the slowest to the fastest index: feature; season, if they stand side by side;
    statistic; number.

    Args:
        found: of one stack.
        features: names from ``FEATURES``.
        statistics: names from ``POOLS``.
        over: one of ``FRAMES``, what becomes of the seasons.
    """
    parts = []
    for feature in features:
        pooled = pool_latents(
            _places(found, feature), statistics, _EVERYTHING, _EVERYTHING
        )
        parts.append(_over_frames(pooled, over).reshape(-1))
    return np.concatenate(parts)


def _over_frames(pooled: NDArray[np.float64], over: str) -> NDArray[np.float64]:
    """Return (time, ...) with the seasons averaged, but for the last, or as it is."""
    if over == "concat":
        return pooled
    mean: NDArray[np.float64] = pooled.mean(axis=0)
    return pooled[-1] if over == "last" else mean


def _places(found: StackFeatures, feature: str) -> NDArray[np.float32]:
    """Return (time, number, window, token) or (time, number, y, x) of one stack."""
    if feature == "z_joint":
        # That of the first season knows nothing of the cube; the last, of all of it.
        return _as_array(found.z_joint[0, 1:].movedim(-1, 1))
    if feature == "z_cur":
        return _as_array(found.z_cur[0].movedim(-1, 1))
    return _as_array(found.latents[0] if feature == "latents" else found.bits[0])


def _as_array(places: Tensor) -> NDArray[np.float32]:
    array: NDArray[np.float32] = places.cpu().numpy()
    return array
