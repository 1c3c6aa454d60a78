"""The command ``demo``."""

import time
from pathlib import Path
from typing import Annotated

import typer

from neucobench.cli import console


def demo(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Where everything goes.")
    ] = Path("demo"),
    cubes: Annotated[
        int, typer.Option(min=20, help="How many synthetic cubes to make.")
    ] = 600,
    as_json: console.JsonOption = False,
) -> None:
    """Go the whole way on synthetic data, offline: cubes, embeddings, scores, a board.

    Makes a sample world, encodes it with several encoders, scores them on every task,
    builds the board and an HTML report; with the extra 'codecs' also finds what a bit
    is worth at each rate of a codec. Takes less than two minutes on two cores.

    Example: neucobench demo demo/ --cubes 600
    """
    from neucobench.cli.board import print_board
    from neucobench.cli.codec_utility import print_study
    from neucobench.studies.demo import run_demo

    start = time.perf_counter()
    made = run_demo(
        folder, cubes=cubes, stage=lambda text, unit: console.progress(text, unit=unit)
    )
    seconds = time.perf_counter() - start
    if as_json:
        console.print_json(
            {
                "world": str(made.world),
                "board": made.board.as_dict(made.board_page.parent),
                "board_page": str(made.board_page),
                "report": str(made.report),
                "utility": made.utility.as_dict() if made.utility else None,
                "seconds": round(seconds, 1),
            }
        )
        return
    print_board(made.board)
    if made.utility:
        console.output.print()
        print_study(made.utility)
    console.say(f"All data is synthetic. Made in {seconds:.0f} s.")
    console.say(f"Board:  {made.board_page}")
    console.say(f"Report: {made.report}")
    if made.utility:
        console.say(f"What a bit is worth: {made.utility.request.out / 'figures'}")
    else:
        console.say(f"Left out, for want of a codec: {made.without_codec}")
