"""The command ``neucobench data sample``."""

from pathlib import Path
from typing import Annotated

import typer

from neucobench.cli import console


def data_sample(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The folder to write to.")
    ],
    cubes: Annotated[int, typer.Option(help="How many cubes to make.")] = 200,
    size: Annotated[
        int, typer.Option(help="Height and width in pixels; 264 in the real set.")
    ] = 64,
    seed: Annotated[int, typer.Option(help="Another seed is another world.")] = 0,
    as_json: console.JsonOption = False,
) -> None:
    """Make a small synthetic data set: cubes, and labels for every task.

    It has the layout of SSL4EO-S12-downstream and is marked as synthetic. The same
    command again keeps what is there and makes what is missing.

    Example: neucobench data sample world/ --cubes 200
    """
    from neucobench.data.sample import make_sample_world

    with console.progress("Making cubes", unit="cubes") as advance:
        world = make_sample_world(
            folder, cubes=cubes, size=size, seed=seed, advance=advance
        )
    if as_json:
        console.print_json(
            {
                "folder": str(world.folder),
                "synthetic": True,
                "cubes": cubes,
                "size": size,
                "seed": seed,
                "version": world.settings.version,
                "files": {"written": world.written, "kept": world.kept},
                "labels": world.rows,
            }
        )
    console.say(
        f"{cubes} synthetic cubes of {size} x {size} pixels in {folder}/data "
        f"({world.written} files written, {world.kept} kept), labels of "
        f"{len(world.rows)} tasks in {folder}/labels."
    )
