"""The command ``codec train``: from a recipe and a folder of tiles to weights."""

import sys
from contextlib import ExitStack, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neucobench.cli import console
from neucobench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neucobench.codecs.training.result import Trained
    from neucobench.codecs.training.run import Run
    from neucobench.codecs.training.settings import Rate
    from neucobench.codecs.training.sources import Block, Sources


def train(
    recipe: Annotated[
        str,
        typer.Argument(help="A name, e.g. tec-fp-s, or the path of a RECIPE.toml."),
    ],
    data: Annotated[
        Path,
        typer.Option(
            metavar="DIR",
            help="The folder to learn from, searched with its subfolders: GeoTIFFs, "
            ".npy, cubes and shards (.zarr.zip) of the recipe's bands.",
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            callback=console.require_utf8, help="The folder for what is written."
        ),
    ] = Path("trained"),
    rate: Annotated[
        list[float] | None,
        typer.Option(
            metavar="LAMBDA",
            help="One of the recipe's rates; repeatable; default: all, in its order.",
        ),
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option(min=1, help="How many steps, instead of the recipe's."),
    ] = None,
    device: Annotated[
        str, typer.Option(help="Where it computes: cpu, cuda, cuda:1, or auto.")
    ] = "auto",
    workers: Annotated[
        int, typer.Option(min=1, help="Threads that read and cut out crops.")
    ] = 2,
    overwrite: Annotated[
        bool,
        typer.Option("--overwrite", help="Start again where there is a run already."),
    ] = False,
    as_json: console.JsonOption = False,
) -> None:
    """Train a learned codec, and go on where an interrupted run was.

    A recipe is for single pictures (TEC-FP, TEC-ELIC), or for stacks of seasons
    (TEC-TT, FlexTEC).

    Writes weights, an account of the run (.json), a table (.csv) and a figure (.png) of
    its losses for each rate. Several GPUs: torchrun --nproc-per-node 4 -m neucobench
    codec train ...

    Example: neucobench codec train tec-fp-s --data tiles/ --out trained/
    """
    from neucobench.codecs.training.recipe import read_training_recipe
    from neucobench.codecs.training.train import train as train_codec

    if out.exists() and not out.is_dir():
        raise UsageError(f"--out {out} is a file; give the folder to write in.")
    read = read_training_recipe(recipe)
    # What a library prints must not end up in the JSON document.
    with redirect_stdout(sys.stderr), ExitStack() as bars:

        def told(entry: "Rate") -> console.Advance:
            bars.close()
            title = f"Training {read.name}, lambda {entry.rate:g}"
            return bars.enter_context(console.progress(title, unit="steps"))

        results = train_codec(
            read,
            data,
            out,
            rates=rate or (),
            steps=steps,
            device=device,
            workers=workers,
            overwrite=overwrite,
            found=_say_what_was_found,
            told=told,
            done=_say_what_became,
        )
    if as_json and results:
        console.print_json([trained.as_dict() for trained in results])


def _say_what_was_found(sources: "Sources") -> None:
    offsets = sorted({block.convention.offset for block in sources.training})
    console.say(
        f"{_pictures(sources.training)} to learn from, "
        f"{_pictures(sources.validation)} to validate with; offsets taken off: "
        f"{', '.join(f'{offset:,g}' for offset in offsets)}."
    )
    for reason, names in sources.left_out.items():
        console.say(
            f"Left out, {reason}: {_count(len(names), 'file')}, {names[0]} first."
        )


def _pictures(blocks: "Sequence[Block]") -> str:
    files = len({name for block in blocks for name in block.names})
    pictures = sum(block.shape[0] for block in blocks)
    stacks = sum(block.items for block in blocks if block.stacked)
    of_what = f"{_count(stacks, 'stack')} of " if stacks else ""
    return f"{of_what}{_count(pictures, 'picture')} in {_count(files, 'file')}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _say_what_became(run: "Run", trained: "Trained") -> None:
    from neucobench.studies.training_figure import write_figure

    figure = write_figure(
        trained.weights.with_suffix(".png"), run.progress.rows, title=run.task.stem
    )
    found = trained.validation
    said = (
        f"; validation {found.psnr:.2f} dB at {found.bpppc:.4f} bits per pixel per band"
        if found
        else ""
    )
    if trained.skipped:
        said += f"; {trained.skipped:,} crops without data were drawn in vain"
    console.say(
        f"{trained.weights}: {trained.parameters:,} parameters, "
        f"{trained.bytes:,} bytes, {trained.steps:,} steps{said}. Figure: {figure}."
    )
