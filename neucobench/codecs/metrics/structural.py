"""SSIM and MS-SSIM: likeness of local means, contrasts and structures.

Only windows that lie wholly inside the picture and on valid pixels count.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import correlate1d, minimum_filter1d

from neucobench.codecs.metrics.pixels import PEAK, Mask, Pixels

_K1, _K2 = 0.01, 0.03
_Values = TypeVar("_Values", bound=np.generic)

# How much each scale weighs, finest first.
_BETAS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
_LEAST_KERNEL = 3


@dataclass(frozen=True, kw_only=True)
class Window:
    """Give the side and the standard deviation of a Gaussian window, in pixels."""

    size: int
    sigma: float

    def weights(self) -> NDArray[np.float64]:
        """Return (size,) weights of sum 1."""
        places = np.arange(self.size) - self.size // 2
        weights = np.exp(-0.5 * np.square(places / self.sigma))
        return np.asarray(weights / weights.sum())


WINDOW = Window(size=11, sigma=1.5)


@dataclass(frozen=True, kw_only=True)
class Scales:
    """Say on how many scales MS-SSIM is taken, and with which window."""

    count: int
    window: Window


def ssim(
    original: Pixels,
    decoded: Pixels,
    *,
    peak: float = PEAK,
    valid: Mask | None = None,
) -> NDArray[np.float64]:
    """Return the structural similarity of each picture, (...,); 1 is equal.

    Gaussian window of 11 pixels, sigma 1.5, K1 0.01, K2 0.03. NaN where a picture has
    no window: smaller than 11 pixels, or too little of it valid.

    Wang et al. 2004.

    Args:
        original: (..., y, x).
        decoded: (..., y, x).
        peak: the range of the values.
        valid: broadcasts to the same shape.
    """
    if min(original.shape[-2:]) < WINDOW.size:
        return np.full(original.shape[:-2], np.nan)
    return _each(
        lambda pair: _likeness(pair, WINDOW, peak)[0], original, decoded, valid
    )


def ms_ssim_scales(height: int, width: int) -> Scales | None:
    """Return the scales for pictures of a size; None for one side under 6 pixels.

    Five scales and the window of SSIM from 176 pixels on. Below, as in TerraCodec's
    metrics: the window shrinks to the largest odd size that does not exceed
    ``(side - 1) // (scales - 1)² + 1``, nor, so that it fits, the side of the coarsest
    scale; sigma shrinks with it. Where under 3 pixels are left, one scale fewer.
    """
    side = min(height, width)
    for count in range(len(_BETAS), 1, -1):
        room = min((side - 1) // (count - 1) ** 2 + 1, side >> (count - 1))
        kernel = (room - 1) // 2 * 2 + 1
        if kernel >= WINDOW.size:
            return Scales(count=count, window=WINDOW)
        if kernel >= _LEAST_KERNEL:
            sigma = (kernel - 1) / 2 / 3.5
            return Scales(count=count, window=Window(size=kernel, sigma=sigma))
    return None


def ms_ssim(
    original: Pixels,
    decoded: Pixels,
    *,
    peak: float = PEAK,
    valid: Mask | None = None,
) -> NDArray[np.float64]:
    """Return the multi-scale structural similarity of each picture, (...,).

    Scales are means over 2 x 2 pixels, an odd last row or column left out; a coarse
    pixel is valid where all four are. A scale without likeness counts as 0. With fewer
    than five scales the weights of the finest are kept as they are. NaN where a
    picture is too small, or has no valid window on some scale.

    Wang, Simoncelli and Bovik 2003.

    Args:
        original: (..., y, x).
        decoded: (..., y, x).
        peak: the range of the values.
        valid: broadcasts to the same shape.
    """
    scales = ms_ssim_scales(*original.shape[-2:])
    if scales is None:
        return np.full(original.shape[:-2], np.nan)
    return _each(
        lambda pair: _over_scales(pair, scales, peak), original, decoded, valid
    )


@dataclass(frozen=True, kw_only=True)
class _Pair:
    """Hold one picture twice, (y, x), zero where not valid, and the mask."""

    original: NDArray[np.float64]
    decoded: NDArray[np.float64]
    valid: Mask | None

    def halved(self) -> "_Pair":
        """Return the pair at half the size."""
        return _Pair(
            original=_blocks(self.original).mean(axis=(1, 3)),
            decoded=_blocks(self.decoded).mean(axis=(1, 3)),
            valid=None if self.valid is None else _blocks(self.valid).all((1, 3)),
        )


def _each(
    measure: Callable[[_Pair], float],
    original: Pixels,
    decoded: Pixels,
    valid: Mask | None,
) -> NDArray[np.float64]:
    """Return a measure of every picture; one at a time, as the maps are large."""
    shape = original.shape[:-2]
    known = None if valid is None else np.broadcast_to(valid, original.shape)
    values = np.empty(shape)
    for place in np.ndindex(shape):
        pair = [picture[place].astype(np.float64) for picture in (original, decoded)]
        mask = None if known is None else known[place]
        if mask is not None:
            pair = [np.where(mask, picture, 0) for picture in pair]
        values[place] = measure(_Pair(original=pair[0], decoded=pair[1], valid=mask))
    return values


def _over_scales(pair: _Pair, scales: Scales, peak: float) -> float:
    product = 1.0
    for scale in range(scales.count):
        last = scale == scales.count - 1
        whole, contrast = _likeness(pair, scales.window, peak)
        likeness = whole if last else contrast
        if np.isnan(likeness):
            return likeness
        product *= max(likeness, 0.0) ** _BETAS[scale]
        if not last:
            pair = pair.halved()
    return product


def _blocks(picture: NDArray[_Values]) -> NDArray[_Values]:
    """Return (y / 2, 2, x / 2, 2) of (y, x)."""
    height, width = (size // 2 for size in picture.shape)
    return picture[: 2 * height, : 2 * width].reshape(height, 2, width, 2)


def _likeness(pair: _Pair, window: Window, peak: float) -> tuple[float, float]:
    """Return the mean SSIM, and the mean of its contrast-structure part alone."""
    first, second = pair.original, pair.decoded
    mean_1, mean_2 = _smooth(first, window), _smooth(second, window)
    variance_1 = _smooth(first * first, window) - mean_1 * mean_1
    variance_2 = _smooth(second * second, window) - mean_2 * mean_2
    covariance = _smooth(first * second, window) - mean_1 * mean_2
    c1, c2 = (_K1 * peak) ** 2, (_K2 * peak) ** 2
    contrast = (2 * covariance + c2) / (variance_1 + variance_2 + c2)
    brightness = (2 * mean_1 * mean_2 + c1) / (mean_1**2 + mean_2**2 + c1)
    whole = np.multiply(brightness, contrast)
    counted = _whole_windows(pair.valid, window)
    return _average(whole, counted), _average(contrast, counted)


def _smooth(picture: NDArray[np.float64], window: Window) -> NDArray[np.float64]:
    """Return the weighted mean under every window, (y - size + 1, x - size + 1)."""
    weights = window.weights()
    for axis in (0, 1):
        picture = correlate1d(picture, weights, axis=axis, mode="constant")
    return _inside(picture, window)


def _whole_windows(valid: Mask | None, window: Window) -> Mask | None:
    """Return which windows lie on valid pixels only."""
    if valid is None:
        return None
    for axis in (0, 1):
        valid = minimum_filter1d(valid, window.size, axis=axis, mode="nearest")
    return np.asarray(_inside(valid, window), dtype=np.bool_)


def _inside(picture: NDArray[_Values], window: Window) -> NDArray[_Values]:
    """Return what belongs to windows that lie wholly inside the picture."""
    margin = window.size // 2
    height, width = picture.shape
    return picture[margin : height - margin, margin : width - margin]


def _average(values: NDArray[np.float64], counted: Mask | None) -> float:
    if counted is not None:
        values = values[counted]
    return float(values.mean()) if values.size else float("nan")
