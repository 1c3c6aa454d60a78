"""Code one stack with several qualities: one analysis, and what two tries share once.

What a frame becomes depends on the qualities of the frames up to it and on nothing
behind them, so that a try goes on from the longest beginning that is still known.
"""

import math
from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from neucobench.codecs.standardize import restore
from neucobench.codecs.temporal.closed_loop import ClosedLoop
from neucobench.codecs.temporal.layers import TemporalLayers
from neucobench.codecs.temporal.portable import stream_of
from neucobench.codecs.temporal.rates import Quality, Try

PEAK = 10_000.0
_KEPT = 4  # stacks' worth of frames that are remembered


class Tries:
    """Code one stack as often as it is called.

    Args:
        network: the flexible network.
        x: (1, time, band, y, x), standardized.
        raw: (time, band, y, x), the same in raw units, where the PSNR is wanted.
    """

    def __init__(
        self, network: TemporalLayers, x: Tensor, raw: NDArray[np.float32] | None
    ) -> None:
        self._start = ClosedLoop(network, x)
        self._raw, self._size = raw, tuple(x.shape[-2:])
        self._most = _KEPT * x.shape[1]
        self._known: OrderedDict[Quality, tuple[ClosedLoop, bytes]] = OrderedDict()

    def __call__(self, quality: Quality) -> Try:
        """Return what the stack becomes with a quality of each frame."""
        loop, streams = self._start, []
        for end in range(1, len(quality) + 1):
            loop, stream = self._frame(loop, quality[:end])
            streams.append(stream)
        psnr = None if self._raw is None else self._psnr(loop, self._raw)
        return Try(quality=quality, streams=tuple(streams), psnr=psnr)

    def _frame(self, before: ClosedLoop, quality: Quality) -> tuple[ClosedLoop, bytes]:
        """Return the loop and the stream after the last frame of some beginning."""
        if quality not in self._known:
            loop = before.fork()
            self._known[quality] = loop, stream_of(loop.code(quality[-1]), 0)
        self._known.move_to_end(quality)
        if len(self._known) > self._most:
            self._known.popitem(last=False)
        return self._known[quality]

    def _psnr(self, loop: ClosedLoop, raw: NDArray[np.float32]) -> float:
        decoded = restore(loop.stacks(self._size)[0].cpu().numpy())
        error = float(np.square(decoded - raw, dtype=np.float64).mean())
        return 10 * math.log10(PEAK**2 / error) if error else math.inf
