"""What a user should know about clouds before trusting what stands in their place."""

from collections.abc import Iterator

import numpy as np

from neucobench.codecs.inpainting.baselines import nearest_clear, never_clear
from neucobench.codecs.inpainting.mask import Mask
from neucobench.codecs.inpainting.options import Direction
from neucobench.findings import Finding


def cloud_findings(
    clouds: Mask, unusable: Mask, direction: Direction
) -> Iterator[Finding]:
    """Yield what is wrong with the places of clouds in a series.

    Args:
        clouds: (time, y, x), the pixels that are filled.
        unusable: (time, y, x), these and those without data.
        direction: which seasons the filling comes from.
    """
    before, after = nearest_clear(unusable)
    never = never_clear(unusable)
    lost = clouds & never
    if lost.any():
        yield Finding(
            code="never-clear",
            level="warning",
            message=f"{int(lost.sum()):,} pixels are cloudy or without data in every "
            "season; what stands there now is the network's guess from their "
            "surroundings, and baselines have nothing to offer. Give more seasons; or, "
            "where the mask holds classes, name the cloudy ones with --cloud-classes.",
            count=int(lost.sum()),
        )
    blind = clouds & (before < 0) & ~never
    if blind.any() and direction == "past":
        seasons = np.flatnonzero(blind.any(axis=(1, 2))) + 1
        listed = ", ".join(map(str, seasons))
        yield Finding(
            code="no-past",
            level="warning",
            message=f"{int(blind.sum()):,} cloudy pixels of season {listed} have no "
            "clear season before them, though one after; the network guessed them "
            "from their surroundings. Give --direction both to use later seasons.",
            count=int(blind.sum()),
        )
    if bool((clouds & (before < 0) & (after < 0)).any()) and len(clouds) == 1:
        yield Finding(
            code="one-season",
            level="warning",
            message="The stack has one season, and clouds are filled from others; "
            "give a stack of several, or a folder of GeoTIFFs in the order of time.",
        )
