"""Fill the clouds of a stack's file, and write it again."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neucobench.codecs.inpainting.baselines import BASELINES, never_clear
from neucobench.codecs.inpainting.findings import cloud_findings
from neucobench.codecs.inpainting.mask import Mask
from neucobench.codecs.inpainting.metrics import FilledQuality, measure_filled
from neucobench.codecs.inpainting.options import Direction
from neucobench.codecs.inpainting.scene import (
    Filler,
    SceneOptions,
    fill_scene,
    replaced_share,
)
from neucobench.codecs.inpainting.stack_files import StoredStack
from neucobench.codecs.inpainting.stack_writing import (
    Replaced,
    replace_pixels,
    write_stack,
)
from neucobench.codecs.pixels.values import to_reflectance
from neucobench.errors import CodecError
from neucobench.findings import Finding
from neucobench.machine import peak_memory

Advance = Callable[[int, int], None]
Stack = NDArray[np.float32]

MODEL = "model"


@dataclass(frozen=True, kw_only=True, eq=False)
class InpaintReport:
    """Say what was filled.

    Attributes:
        source: the stack's file or folder.
        out: the new one.
        cloudy: the share of cloudy pixels in each season.
        clipped: how many numbers lay beyond what the type holds and were cut off.
        moved: how many were moved by one step since they would have read as no data.
        quality: of the network and of each baseline, where a truth was given.
        left_out: cloudy pixels that were not compared: no truth, or never clear.
        stack: (time, band, y, x) reflectance as it was, NaN where no data are.
        filled: likewise, as it was written.
        seconds: wall time.
        peak_memory: largest resident size of the process so far, in bytes.
        findings: what a user should know.
    """

    source: Path
    out: Path
    cloudy: tuple[float, ...]
    clipped: int
    moved: int
    quality: Mapping[str, FilledQuality] = field(default_factory=dict)
    left_out: int = 0
    stack: Stack
    filled: Stack
    seconds: float
    peak_memory: int
    findings: tuple[Finding, ...] = ()


def inpaint_file(
    stored: StoredStack,
    clouds: Mask,
    filler: Filler,
    out: Path,
    *,
    direction: Direction = "past",
    options: SceneOptions | None = None,
    truth: Stack | None = None,
    advance: Advance | None = None,
) -> InpaintReport:
    """Fill the clouds of a stack, write it, and compare it with a truth.

    Args:
        stored: the stack.
        clouds: (time, y, x), True for cloudy pixels.
        filler: what fills them.
        out: the file to write, or the folder for a stack from a folder.
        direction: which seasons the filler uses.
        options: how the scene is cut, and what of it is replaced.
        truth: (time, band, y, x) reflectance without clouds, NaN where not known.
        advance: called with how many tiles are done, and of how many.

    Raises:
        UsageError: when the ending of ``out`` is not known.
        CodecError: when the filler does not take such a stack, the truth has another
            shape, or such a file cannot hold the stack.
    """
    started = time.perf_counter()
    options = options or SceneOptions()
    stack = stored.reflectance()
    unusable = clouds | np.isnan(stack).any(axis=1)
    if truth is not None and truth.shape != stack.shape:
        raise CodecError(
            f"The truth has the shape {truth.shape}, and the stack {stack.shape}, "
            "(time, band, y, x); they must be the same. Cut --truth like the stack."
        )
    filled = fill_scene(filler, stack, clouds, options, advance)
    replaced = _replaced(stored, filled, clouds, options)
    write_stack(out, stored, replaced.values)
    filled = to_reflectance(replaced.values, stored.convention)
    filled[np.isnan(stack) & ~clouds[:, None]] = np.nan
    quality: dict[str, FilledQuality] = {}
    counted = np.zeros_like(clouds)
    if truth is not None:
        counted = countable(truth, clouds, unusable)
        quality = compare_fillings(truth, {MODEL: filled}, stack, unusable, counted)
    return InpaintReport(
        source=stored.path,
        out=out,
        cloudy=tuple(map(float, clouds.mean(axis=(1, 2)))),
        clipped=replaced.clipped,
        moved=replaced.moved,
        quality=quality,
        left_out=int((clouds & ~counted).sum()) if truth is not None else 0,
        stack=stack,
        filled=filled,
        seconds=time.perf_counter() - started,
        peak_memory=peak_memory(),
        findings=tuple(cloud_findings(clouds, unusable, direction)),
    )


def countable(truth: Stack, clouds: Mask, unusable: Mask) -> Mask:
    """Return which cloudy pixels have a truth, and a clear season, (time, y, x)."""
    known = np.isfinite(truth).all(axis=1)
    counted: Mask = clouds & known & ~never_clear(unusable)
    return counted


def compare_fillings(
    truth: Stack,
    fillings: Mapping[str, Stack],
    stack: Stack,
    unusable: Mask,
    counted: Mask,
) -> dict[str, FilledQuality]:
    """Return the quality of some fillings, and after them of each baseline.

    Args:
        truth: (time, band, y, x) reflectance without clouds.
        fillings: name to a filled stack of that shape.
        stack: the stack with its clouds.
        unusable: (time, y, x), the pixels that baselines must not use.
        counted: (time, y, x), the pixels that count.
    """
    if not counted.any():
        return {}
    both = {
        **fillings,
        **{name: fill(stack, unusable) for name, fill in BASELINES.items()},
    }
    return {name: measure_filled(truth, one, counted) for name, one in both.items()}


def _replaced(
    stored: StoredStack, filled: Stack, clouds: Mask, options: SceneOptions
) -> Replaced:
    return replace_pixels(stored, filled, replaced_share(clouds, options) > 0)
