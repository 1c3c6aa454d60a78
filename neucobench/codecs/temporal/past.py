"""What each frame is predicted from: the two frames before it.

Windows do not see each other here, so that they are computed some at a time.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from neucobench.codecs.temporal.axes import pieces
from neucobench.codecs.temporal.decoder import KeysValues
from neucobench.codecs.temporal.entropy_model import EntropyModel
from neucobench.codecs.temporal.layers import TemporalLayers
from neucobench.codecs.temporal.sizes import STRIDE, WINDOW
from neucobench.codecs.temporal.windows import context_windows, window_grid

# Windows of one pass on a CPU: a picture of 256 x 256 pixels.
PASS = 16
# Windows whose keys and values are kept, 8 MB each in a network as published.
_KEPT = 64


class Past:
    """Keep what the last two frames say, and say what the next one is predicted from.

    Args:
        network: the network.
        shape: (batch, y, x) of the latents.
        dtype: the precision to compute in.
    """

    def __init__(
        self,
        network: TemporalLayers,
        shape: tuple[int, int, int],
        dtype: torch.dtype,
    ) -> None:
        batch, height, width = shape
        rows, columns = window_grid(height, width)
        self._network = network
        self._windows = batch * rows * columns
        self._dtype = dtype
        self._seen: list[Tensor] = []

    def add(self, latents: Tensor) -> None:
        """Take note of a frame, (batch, channel, y, x), quantized."""
        self._seen = [
            *self._seen[-1:],
            look_back(self._network, latents.to(self._dtype)),
        ]

    def context(self) -> list[KeysValues]:
        """Return the keys and values that the next frame's windows look at."""
        if not self._seen:
            return before_first(self._network, self._windows, self._dtype)
        return context_of(self._network, self._seen[0], self._seen[-1])


def look_back(network: TemporalLayers, latents: Tensor) -> Tensor:
    """Return what frames say to later ones, (batch * windows, 64, width)."""
    model = network.entropy_model
    tokens = context_windows(latents, flexible=network.flexible)
    return torch.cat([model.look_back(part) for part in pieces(tokens, PASS)])


def context_of(
    network: TemporalLayers, older: Tensor, newer: Tensor
) -> list[KeysValues]:
    """Return keys and values for windows, of what the two frames before them say."""
    model = network.entropy_model
    parts = [
        model.decoder.look_at(model.join(*pair))
        for pair in zip(pieces(older, PASS), pieces(newer, PASS), strict=True)
    ]
    if len(parts) == 1:
        return parts[0]
    return [
        (
            torch.cat([keys for keys, _ in block]),
            torch.cat([values for _, values in block]),
        )
        for block in zip(*parts, strict=True)
    ]


def before_first(
    network: TemporalLayers, windows: int, dtype: torch.dtype
) -> list[KeysValues]:
    """Return keys and values for windows of the first frame, all the same."""
    joint = first_joint(network, dtype)
    found = network.entropy_model.decoder.look_at(joint)
    return [
        (keys.expand(windows, -1, -1, -1), values.expand(windows, -1, -1, -1))
        for keys, values in found
    ]


def first_joint(network: TemporalLayers, dtype: torch.dtype) -> Tensor:
    """Return z_joint of the first frame, (1, 128, width): a constant of the weights."""
    learned = network.first_past.to(dtype).expand(-1, -1, WINDOW, WINDOW)
    seen = look_back(network, learned)
    return network.entropy_model.join(seen, seen)


def decode_windows(
    model: EntropyModel, tokens: Tensor, context: list[KeysValues]
) -> tuple[Tensor, Tensor, Tensor]:
    """Return z_cur, mu and sigma_raw of windows, to the last bit as an encoder does.

    That takes the encoder's pieces, and all tokens of a window even for one of them:
    other shapes of matrices have other last bits.

    Args:
        model: the entropy model.
        tokens: (windows, 16, channel).
        context: keys and values that the windows look at.
    """
    found = []
    for start in range(0, len(tokens), PASS):
        part = slice(start, start + PASS)
        seen = [(keys[part], values[part]) for keys, values in context]
        z_cur = model.decode(tokens[part], seen)
        found.append((z_cur, *model.parameters_of(z_cur)))
    z_cur, mu, sigma_raw = (torch.cat(piece) for piece in zip(*found, strict=True))
    return z_cur, mu, sigma_raw


def stacks_at_once(size: Sequence[int]) -> int:
    """Return how many stacks of a height and a width, in pixels, go together."""
    rows, columns = window_grid(*(-(-int(length) // STRIDE) for length in size))
    return max(1, _KEPT // (rows * columns))
