"""Evaluate fillings on clear stacks with synthetic clouds painted on them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation

from neucobench.codecs.inpainting.inpaint_file import (
    MODEL,
    compare_fillings,
    countable,
)
from neucobench.codecs.inpainting.mask import Mask
from neucobench.codecs.inpainting.painted import paint_clouds
from neucobench.codecs.inpainting.places import read_place
from neucobench.codecs.inpainting.samples import Sample
from neucobench.codecs.inpainting.scene import Filler, SceneOptions, fill_scene
from neucobench.errors import UsageError

Advance = Callable[[int, int], None]
Stack = NDArray[np.float32]
Others = Literal["clear", "cloudy"]

CLOUD_WHITE = 8_000.0  # reflectance x 10,000 of a painted cloud

_BLUE = 1  # B02, in L1C and in L2A
_BESIDE = 8  # pixels around a real cloud that are not trusted


@dataclass(frozen=True, kw_only=True)
class PaintedPlan:
    """Say which clouds are painted.

    Attributes:
        covers: shares of the cloudy season's pixels, one sample each.
        first: the first season that becomes cloudy, counted from 0; the others follow.
        others: whether the other seasons are clear, or cloudy by the same share.
        repeats: how many masks for each season and cover.
        seed: decides all masks, together with the stack's name.
        brightest: pixels whose blue band is brighter, in reflectance x 10,000, count
            as real clouds, and so do those within 8 pixels of them: no method sees
            them, none is measured there. None: the stacks are clear.
    """

    covers: Sequence[float] = (0.1, 0.3, 0.5, 0.8)
    first: int = 1
    others: Others = "clear"
    repeats: int = 1
    seed: int = 0
    brightest: float | None = None

    def __post_init__(self) -> None:
        """Refuse covers that are no shares.

        Raises:
            UsageError: when one is not above 0 and at most 1.
        """
        wrong = [cover for cover in self.covers if not 0 < cover <= 1]
        if wrong or not self.covers:
            raise UsageError(
                f"The covers {list(self.covers)} were given; a cover is a share above "
                "0 and at most 1. Give for example --cover 0.3."
            )


def evaluate_painted(
    stacks: dict[str, tuple[Path, ...]],
    filler: Filler,
    plan: PaintedPlan,
    *,
    offset: float | None = None,
    options: SceneOptions | None = None,
    advance: Advance | None = None,
) -> list[Sample]:
    """Return how a filler and the baselines do under synthetic clouds.

    Args:
        stacks: name to files, see ``find_stacks``.
        filler: what fills the clouds.
        plan: which clouds.
        offset: what was added to the stored numbers; None: what the files say.
        options: how scenes are cut.
        advance: called with how many samples are done, and of how many.

    Raises:
        CodecError: when a file cannot be used, or the filler does not take it.
    """
    samples = []
    for done, (name, files) in enumerate(stacks.items()):
        stack = read_place(files, offset=offset).reflectance()
        if plan.brightest is not None:
            _leave_out_bright(stack, plan.brightest)
        for season, cover, clouds in _paintings(name, stack, plan):
            sample = _sample(name, season, cover, stack, clouds, filler, options)
            if sample is not None:
                samples.append(sample)
        if advance:
            advance(done + 1, len(stacks))
    return samples


def _paintings(
    name: str, stack: Stack, plan: PaintedPlan
) -> Iterator[tuple[int, float, Mask]]:
    """Yield season, cover and clouds (time, y, x) of each sample of a stack."""
    time, size = len(stack), (stack.shape[2], stack.shape[3])
    for season in range(min(plan.first, time - 1), time):
        for cover in plan.covers:
            for repeat in range(plan.repeats):
                key = (plan.seed, crc32(name.encode()), season, round(1e6 * cover))
                rng = np.random.default_rng((*key, repeat))
                clouds = np.zeros((time, *size), bool)
                clouds[season] = paint_clouds(size, cover=cover, rng=rng)
                if plan.others == "cloudy":
                    for other in set(range(time)) - {season}:
                        clouds[other] = paint_clouds(size, cover=cover, rng=rng)
                yield season, cover, clouds


def _leave_out_bright(stack: Stack, brightest: float) -> None:
    """Make NaN of what is too bright for land, and of what is beside it, in place."""
    with np.errstate(invalid="ignore"):
        bright = stack[:, min(_BLUE, stack.shape[1] - 1)] > brightest
    ball = np.ones((1, 2 * _BESIDE + 1, 2 * _BESIDE + 1), bool)
    bright = binary_dilation(bright, ball)
    stack[np.broadcast_to(bright[:, None], stack.shape)] = np.nan


def _sample(
    name: str,
    season: int,
    cover: float,
    truth: Stack,
    clouds: Mask,
    filler: Filler,
    options: SceneOptions | None,
) -> Sample | None:
    """Return how all methods do; None where no cloudy pixel has a truth."""
    missing = np.isnan(truth)
    unusable = clouds | missing.any(axis=1)
    cloudy = np.where(clouds[:, None] & ~missing, np.float32(CLOUD_WHITE), truth)
    only = np.zeros_like(clouds)
    only[season] = clouds[season]
    counted = countable(truth, only, unusable)
    if not counted.any():
        return None
    filled = fill_scene(filler, cloudy, clouds, options)
    found = compare_fillings(truth, {MODEL: filled}, cloudy, unusable, counted)
    return Sample(
        name=name,
        season=season + 1,
        bin=f"{cover:.0%}",
        cover=float(clouds[season].mean()),
        measures={method: quality.as_dict() for method, quality in found.items()},
    )
