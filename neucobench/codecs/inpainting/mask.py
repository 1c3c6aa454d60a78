"""From cloudy pixels to cloudy latents.

A latent stands for 16 x 16 pixels and counts as cloudy where any of them is: its number
cannot be trusted for the others either. Pictures whose sides are no multiples of 16
have a last latent that stands for fewer pixels, as the transforms make it. Latents
beside a cloud still see some of it through the convolutions: ``dilate`` takes them too.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation

from neucobench.codecs.temporal.sizes import STRIDE

Mask = NDArray[np.bool_]


def latent_mask(clouds: Mask, *, dilate: int = 0) -> Mask:
    """Return which latents are cloudy, (..., y / 16, x / 16), rounded up.

    Args:
        clouds: (..., y, x), True for cloudy pixels.
        dilate: how many latents around cloudy ones count as cloudy, diagonals included.
    """
    *leading, height, width = clouds.shape
    rows, columns = -(-height // STRIDE), -(-width // STRIDE)
    padded = np.zeros((*leading, rows * STRIDE, columns * STRIDE), bool)
    padded[..., :height, :width] = clouds
    blocks = padded.reshape(*leading, rows, STRIDE, columns, STRIDE)
    cloudy: Mask = blocks.any(axis=(-3, -1))
    if dilate:
        ball = np.ones((1,) * len(leading) + (2 * dilate + 1,) * 2, bool)
        cloudy = np.asarray(binary_dilation(cloudy, ball), bool)
    return cloudy
