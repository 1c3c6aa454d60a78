"""How clouds are filled: the options that both inpainting commands have."""

from typing import TYPE_CHECKING, Annotated, cast

import typer

if TYPE_CHECKING:
    from neucobench.codecs.inpainting.options import (
        Direction,
        Estimate,
        FillOptions,
        Mode,
    )

EstimateOption = Annotated[
    str | None,
    typer.Option(
        metavar="WHICH",
        help="blend: the network's expectation and other seasons, mixed as fits the "
        "clear part of the season best (the default); network: the expectation "
        "alone.",
    ),
]
ModeOption = Annotated[
    str,
    typer.Option(
        metavar="MODE",
        help="With --estimate network: interleave foretells the latents under clouds, "
        "propagate those behind them in their window too.",
    ),
]
DirectionOption = Annotated[
    str,
    typer.Option(
        metavar="WHICH",
        help="past: from seasons before; both: also run backward, nearer clear seasons "
        "counting more.",
    ),
]
DilateOption = Annotated[
    int,
    typer.Option(
        min=0, help="Latents (16 pixels) around clouds that are foretold too."
    ),
]
PrefillOption = Annotated[
    bool,
    typer.Option(
        "--prefill/--no-prefill",
        help="Show the transform the last clear season in place of clouds, or the "
        "clouds.",
    ),
]
CompatOption = Annotated[
    bool,
    typer.Option(
        "--compat",
        help="As the published code: the network alone, means rounded, clear latents "
        "behind a cloud with the features computed with it.",
    ),
]


def check_options(
    estimate: str,
    mode: str,
    direction: str,
    dilate: int,
    *,
    prefill: bool,
    compat: bool,
) -> "FillOptions":
    """Return the options, checked.

    Raises:
        UsageError: when a name is not known.
    """
    from neucobench.codecs.inpainting.options import FillOptions

    return FillOptions(
        estimate=cast("Estimate", estimate),
        mode=cast("Mode", mode),
        direction=cast("Direction", direction),
        dilate=dilate,
        prefill=prefill,
        compat=compat,
    )
