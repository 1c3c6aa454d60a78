"""Cloud masks from models that come as packages of their own, both optional.

s2cloudless (Sentinel Hub) sees clouds in L1C and brings its weights. omnicloudmask sees
clouds, thick and thin, and shadows in red, green and near infrared of L1C or L2A; it
fetches its weights from the hub when it is first used.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucobench.codecs.inpainting.mask import Mask
from neucobench.data.bands import S2L1C, S2L2A
from neucobench.errors import CodecError, MissingExtraError, UsageError

CLOUD_MODELS = ("s2cloudless", "omnicloudmask")

_EXTRA = "clouds"
_UNIT = 10_000.0  # reflectance 1.0
_PIXEL_BANDS = (
    *("B01", "B02", "B04", "B05", "B08", "B8A", "B09", "B10", "B11", "B12"),
)
# As its authors recommend for 10 m: average over 4 pixels, dilate by 2.
_PROBABILITY, _AVERAGE, _DILATION = 0.4, 4, 2
_COLORS = ("B04", "B03", "B08")
_SMALLEST = 32  # pixels along each side, for omnicloudmask


def find_clouds(name: str, stack: NDArray[np.float32]) -> Mask:
    """Return the clouds that a model sees in each season of a stack, (time, y, x).

    Args:
        name: ``"s2cloudless"`` or ``"omnicloudmask"``.
        stack: (time, band, y, x) reflectance x 10,000 of Sentinel-2, 12 bands of L2A or
            13 of L1C; NaN counts as 0.

    Raises:
        UsageError: when there is no such model.
        CodecError: when the stack lacks bands that the model needs, or is too small.
        MissingExtraError: when the model's package is not installed.
    """
    if name not in CLOUD_MODELS:
        raise UsageError(
            f"There is no cloud model named {name!r}; there are "
            f"{' and '.join(CLOUD_MODELS)}. Choose one of these, or give a mask file."
        )
    reflectance = np.nan_to_num(stack, nan=0.0) / np.float32(_UNIT)
    names = _band_names(stack.shape[1])
    if name == "s2cloudless":
        return _s2cloudless(reflectance, names)
    return _omnicloudmask(reflectance, names)


def _s2cloudless(stack: NDArray[np.float32], names: tuple[str, ...]) -> Mask:
    """Return what the pixel classifier of Sentinel Hub sees: clouds, no shadows."""
    if not set(_PIXEL_BANDS) <= set(names):
        raise CodecError(
            "A stack of L2A was given; s2cloudless needs band B10, which only L1C has, "
            "and with any guess in its place it takes plain clouds for land. Give a "
            "mask file made from L1C or from the scene classification, or take "
            "--mask omnicloudmask."
        )
    try:
        from s2cloudless import S2PixelCloudDetector
    except ImportError as error:
        raise MissingExtraError("s2cloudless", extra=_EXTRA) from error
    chosen = [stack[:, names.index(band)] for band in _PIXEL_BANDS]
    detector: Any = S2PixelCloudDetector(
        threshold=_PROBABILITY, average_over=_AVERAGE, dilation_size=_DILATION
    )
    return np.asarray(detector.get_cloud_masks(np.stack(chosen, axis=-1)), bool)


def _omnicloudmask(stack: NDArray[np.float32], names: tuple[str, ...]) -> Mask:
    """Return clouds, thick and thin, and their shadows, from red, green and NIR."""
    try:
        from omnicloudmask import predict_from_array
    except ImportError as error:
        raise MissingExtraError("omnicloudmask", extra=_EXTRA) from error
    if min(stack.shape[2:]) < _SMALLEST:
        raise CodecError(
            f"A stack of {stack.shape[2]} x {stack.shape[3]} pixels was given; "
            f"omnicloudmask takes at least {_SMALLEST} x {_SMALLEST}. Give a mask file."
        )
    colors = stack[:, [names.index(band) for band in _COLORS]]
    classes = [predict_from_array(np.ascontiguousarray(season)) for season in colors]
    clouds: Mask = np.concatenate(classes) > 0
    return clouds


def _band_names(count: int) -> tuple[str, ...]:
    for modality in (S2L2A, S2L1C):
        if len(modality.bands) == count:
            return modality.bands
    raise CodecError(
        f"A stack of {count} bands was given; cloud models know the "
        f"{len(S2L2A.bands)} bands of Sentinel-2 L2A and the {len(S2L1C.bands)} of "
        "L1C. Give a mask file."
    )
