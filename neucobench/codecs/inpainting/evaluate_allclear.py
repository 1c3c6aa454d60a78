"""Evaluate fillings on AllClear: the target's season is foretold as a whole.

The target is put among the inputs where its date says, under a cloud that covers all of
it; clouds and shadows of the inputs are clouds. A pixel that no input shows clear is,
for the baselines, the mean of the inputs as they are.
"""

from collections.abc import Callable, Sequence

import numpy as np

from neucobench.codecs.inpainting.allclear import (
    BRIGHTEST,
    Entry,
    Scene,
    Stack,
    read_scene,
)
from neucobench.codecs.inpainting.allclear_metrics import allclear_measures
from neucobench.codecs.inpainting.baselines import BASELINES
from neucobench.codecs.inpainting.inpaint_file import MODEL
from neucobench.codecs.inpainting.mask import Mask
from neucobench.codecs.inpainting.samples import Sample
from neucobench.codecs.inpainting.scene import Filler

Advance = Callable[[int, int], None]

# Upper ends of the groups by the share of clouds and shadows in the inputs.
_BINS = (0.25, 0.5, 0.75, 1.0)


def evaluate_allclear(
    entries: Sequence[Entry], filler: Filler, advance: Advance | None = None
) -> list[Sample]:
    """Return how a filler, the baselines and the least cloudy input do.

    Args:
        entries: the samples, see ``read_entries``.
        filler: takes the 13 bands of L1C.
        advance: called with how many samples are done, and of how many.

    Raises:
        CodecError: when an image cannot be used, or the filler does not take it.
    """
    samples = []
    for done, entry in enumerate(entries):
        scene = read_scene(entry)
        fillings = {
            MODEL: _foretold(scene, filler),
            "least cloudy": _least_cloudy(scene),
            **_baselines(scene),
        }
        cover = float(scene.clouds.mean())
        samples.append(
            Sample(
                name=entry.name,
                season=scene.place + 1,
                bin=_bin(cover),
                cover=cover,
                measures={
                    name: allclear_measures(
                        scene.target / np.float32(BRIGHTEST),
                        np.clip(filling, 0, BRIGHTEST) / np.float32(BRIGHTEST),
                        scene.clear,
                    )
                    for name, filling in fillings.items()
                },
            )
        )
        if advance:
            advance(done + 1, len(entries))
    return samples


def series_of(scene: Scene) -> tuple[Stack, Mask]:
    """Return the inputs with a cloudy season where the target belongs, and clouds.

    Returns:
        (time + 1, band, y, x) and (time + 1, y, x).
    """
    empty = np.full(scene.inputs.shape[1:], BRIGHTEST, np.float32)
    stack = np.insert(scene.inputs, scene.place, empty, axis=0)
    return stack, np.insert(scene.clouds, scene.place, True, axis=0)


def _foretold(scene: Scene, filler: Filler) -> Stack:
    stack, clouds = series_of(scene)
    filled: Stack = filler.fill(stack[None], clouds[None])[0, scene.place]
    return filled


def _baselines(scene: Scene) -> dict[str, Stack]:
    stack, clouds = series_of(scene)
    anyhow = scene.inputs.mean(axis=0)
    found = {}
    for name, fill in BASELINES.items():
        filled = fill(stack, clouds)[scene.place]
        found[name] = np.where(np.isnan(filled), anyhow, filled)
    return found


def _least_cloudy(scene: Scene) -> Stack:
    """Return the input with the fewest clouds and shadows, as it is."""
    chosen: Stack = scene.inputs[scene.cloudiness.argmin()]
    return chosen


def _bin(cover: float) -> str:
    low = 0.0
    for high in _BINS[:-1]:
        if cover < high:
            return f"{low:.0%} to {high:.0%} cloudy"
        low = high
    return f"{low:.0%} to {_BINS[-1]:.0%} cloudy"
