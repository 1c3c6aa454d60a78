"""The command group ``codec``; the commands lie in the modules beside this one."""

from collections.abc import Callable

import typer

from neucobench.cli.codec_compare import compare
from neucobench.cli.codec_files import compress, decompress, info
from neucobench.cli.codec_inpaint import inpaint
from neucobench.cli.codec_inpaint_evaluate import inpaint_evaluate
from neucobench.cli.codec_train import train
from neucobench.cli.codec_utility import utility


def codec_group() -> typer.Typer:
    """Return the group with all its commands."""
    group = typer.Typer(
        name="codec",
        no_args_is_help=True,
        help="Codecs: compress and restore files, train, compare.\n\n"
        "Example: neucobench codec compress scene.tif --codec tec-fp",
    )
    commands: tuple[Callable[..., None], ...] = (
        *(compress, decompress, info),
        *(train, compare, utility),
        *(inpaint, inpaint_evaluate),
    )
    for command in commands:
        group.command()(command)
    return group
