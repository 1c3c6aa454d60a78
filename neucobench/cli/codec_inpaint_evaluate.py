"""The command ``codec inpaint-evaluate``: fillings against a truth, many at once."""

import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from neucobench.cli import codec_inpaint_report, console
from neucobench.cli.codec_inpaint_options import (
    CompatOption,
    DilateOption,
    DirectionOption,
    EstimateOption,
    ModeOption,
    PrefillOption,
    check_options,
)
from neucobench.errors import UsageError

if TYPE_CHECKING:
    from neucobench.codecs.inpainting.evaluate_painted import Others
    from neucobench.codecs.inpainting.inpainter import Inpainter
    from neucobench.codecs.inpainting.samples import Sample

_OTHERS = ("clear", "cloudy")


def inpaint_evaluate(
    data: Annotated[
        Path,
        typer.Argument(
            metavar="DATA",
            help="A folder of clear stacks, for synthetic clouds; or a data set of "
            "AllClear, its .json file.",
        ),
    ],
    codec: Annotated[
        str, typer.Option(metavar="NAME", help="A temporal codec, e.g. tec-tt.")
    ],
    rate: Annotated[
        float | None, typer.Option(help="The codec's rate; default: its card's.")
    ] = None,
    weights: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The weights of the codec.")
    ] = None,
    estimate: EstimateOption = None,
    mode: ModeOption = "interleave",
    direction: DirectionOption = "past",
    dilate: DilateOption = 0,
    prefill: PrefillOption = True,
    compat: CompatOption = False,
    cover: Annotated[
        list[float] | None,
        typer.Option(
            help="A share of the season under synthetic clouds; repeatable; default: "
            "0.1, 0.3, 0.5 and 0.8."
        ),
    ] = None,
    others: Annotated[
        str,
        typer.Option(
            metavar="WHICH",
            help="Whether the other seasons are clear, or cloudy by the same share.",
        ),
    ] = "clear",
    repeats: Annotated[
        int, typer.Option(min=1, help="Synthetic masks for each season and share.")
    ] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Decides the synthetic masks.")] = 0,
    brightest: Annotated[
        float | None,
        typer.Option(
            metavar="V",
            help="Blue reflectance (x 10,000) above which a pixel is a real cloud, "
            "never used or measured, e.g. 1800; default: the stacks are clear.",
        ),
    ] = None,
    stacks: Annotated[
        str, typer.Option(metavar="PATTERN", help="Which stacks, e.g. '*_0173706'.")
    ] = "*",
    offset: Annotated[
        float | None,
        typer.Option(metavar="V", help="What was added to the values, e.g. 1000."),
    ] = None,
    root: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="AllClear: the folder of the images; default: that of the .json file.",
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="AllClear: the first N samples only.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.csv",
            callback=console.require_utf8,
            help="Write the figures of every sample.",
        ),
    ] = None,
    device: Annotated[
        str | None, typer.Option(help="Where it computes, e.g. cuda; default: cpu.")
    ] = None,
    as_json: console.JsonOption = False,
) -> None:
    """Measure how well clouds are filled, beside simple ways to fill them.

    A folder: each season of its stacks but the first, if --direction is past, goes
    under synthetic clouds of each cover in turn; cloudy pixels count. AllClear: as its
    benchmark measures, the target's clear pixels count; the season is cloudy as a
    whole, so the network fills it alone unless --estimate says otherwise.

    Example: neucobench codec inpaint-evaluate stacks/ --codec tec-tt-s --cover 0.3
    """
    from neucobench.codecs.inpainting.from_codec import load_inpainter
    from neucobench.codecs.inpainting.samples import summarize, write_samples

    whole = data.suffix.lower() == ".json"
    # A season without any clear pixel has nothing to fit a blend to.
    chosen = estimate or ("network" if whole else "blend")
    options = check_options(
        chosen, mode, direction, dilate, prefill=prefill, compat=compat
    )
    plan: dict[str, Any] = {
        "covers": tuple(cover or (0.1, 0.3, 0.5, 0.8)),
        "first": 1 if options.direction == "past" else 0,
        "others": _checked_others(others),
        "repeats": repeats,
        "seed": seed,
        "brightest": brightest,
    }
    with redirect_stdout(sys.stderr):
        inpainter, identity = load_inpainter(
            codec,
            rate=rate,
            weights=None if weights is None else str(weights),
            device=device,
            options=options,
        )
        if whole:
            samples = _allclear(data, inpainter, root, limit)
            about = {"data": "allclear"}
            title = f"AllClear, {len(samples)} samples; clear pixels of the target"
        else:
            samples = _painted(data, inpainter, plan, stacks, offset)
            about = {"data": "synthetic clouds", **plan}
            title = "Synthetic clouds; means over samples, cloudy pixels, peak 10,000"
    summaries = summarize(samples)
    if out is not None:
        write_samples(out, samples)
        console.say(f"{out}: {len(samples):,} samples.")
    if as_json:
        console.print_json(
            {
                **about,
                "codec": codec_inpaint_report.codec_document(identity),
                "options": vars(options),
                "summaries": [row.as_dict() for row in summaries],
            }
        )
    else:
        codec_inpaint_report.show_summaries(summaries, title=title)


def _checked_others(name: str) -> "Others":
    if name not in _OTHERS:
        raise UsageError(
            f"--others {name} was given; it is {' or '.join(_OTHERS)}. Choose one."
        )
    return cast("Others", name)


def _painted(
    folder: Path,
    inpainter: "Inpainter",
    plan: dict[str, Any],
    pattern: str,
    offset: float | None,
) -> "list[Sample]":
    from neucobench.codecs.inpainting.evaluate_painted import (
        PaintedPlan,
        evaluate_painted,
    )
    from neucobench.codecs.inpainting.places import find_stacks
    from neucobench.errors import CodecError

    checked = PaintedPlan(**plan)
    found = find_stacks(folder, pattern)
    with console.progress("Filling synthetic clouds", unit="stacks") as advance:
        samples = evaluate_painted(
            found, inpainter, checked, offset=offset, advance=advance
        )
    if not samples:
        raise CodecError(
            f"No stack of {folder} has a clear pixel under the synthetic clouds; give "
            "stacks of at least two seasons with data."
        )
    return samples


def _allclear(
    file: Path, inpainter: "Inpainter", root: Path | None, limit: int | None
) -> "list[Sample]":
    from neucobench.codecs.inpainting.allclear import read_entries
    from neucobench.codecs.inpainting.evaluate_allclear import evaluate_allclear

    entries = read_entries(file, root=root)[:limit]
    with console.progress("Filling AllClear's targets", unit="samples") as advance:
        return evaluate_allclear(entries, inpainter, advance)
