"""How many tiles a codec takes at a time."""

from neucobench.codecs.container.tiling import Tiling

_PIXELS = 2**19  # of all bands at once: 8 tiles of 256 pixels, 2 of 512
_MOST = 16


def tiles_at_once(tiling: Tiling, seasons: int) -> int:
    """Return how many tiles to code together, so that memory stays bounded.

    Args:
        tiling: how the picture is cut.
        seasons: of each tile.
    """
    pixels = tiling.y.tile * tiling.x.tile * seasons
    return max(1, min(_MOST, _PIXELS // pixels))
