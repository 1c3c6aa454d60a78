"""The command ``admin challenge split``."""

from pathlib import Path
from typing import Annotated

import typer

from neucobench.cli.console import JsonOption, output, print_json, say


def challenge_split(
    labels: Annotated[Path, typer.Argument(help="A folder of label files.")],
    dev: Annotated[Path, typer.Option(help="The folder to make for the dev phase.")],
    test: Annotated[Path, typer.Option(help="The folder to make for the test phase.")],
    share: Annotated[
        float, typer.Option(help="How much of the cubes go to the dev phase.")
    ] = 0.5,
    seed: Annotated[int, typer.Option(help="Chooses the cubes.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Split label files into those of two phases; a cube goes to one of them.

    The same labels, share and seed give the same two folders. Keep the seed secret.

    Example: neucobench admin challenge split all/ --dev labels/dev --test labels/test
    """
    from neucobench.server.challenges.split import split_labels

    sizes = split_labels(labels, dev=dev, test=test, share=share, seed=seed)
    say(f"The labels of {len(sizes)} tasks are in {dev} and {test}.")
    if as_json:
        found = {item.task: {"dev": item.dev, "test": item.test} for item in sizes}
        print_json({"seed": seed, "share": share, "tasks": found})
        return
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("task", "dev", "test"):
        table.add_column(column, justify="left" if column == "task" else "right")
    for item in sizes:
        table.add_row(item.task, f"{item.dev:,}", f"{item.test:,}")
    output.print(table)
