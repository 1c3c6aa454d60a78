"""The command ``codec compare``: codecs side by side on the same tiles."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neucobench.cli import codec_compare_report, console
from neucobench.cli.codec_settings import read_rates, read_weights
from neucobench.errors import UsageError

if TYPE_CHECKING:
    from neucobench.studies.codec_comparison.tiles import Crop


def compare(
    tiles: Annotated[
        list[Path],
        typer.Argument(
            metavar="TILES...", help="Files, or folders of .tif, .npy and .zarr.zip."
        ),
    ],
    codecs: Annotated[
        str,
        typer.Option(
            metavar="NAME,NAME,...", help="The codecs; 'neucobench codecs' lists them."
        ),
    ],
    rates: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=R,R,...",
            help="The rates of one codec, in place of its card's; repeatable.",
        ),
    ] = None,
    weights: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME[:R]=FILE",
            help="A checkpoint of a learned codec for one rate, or of a flexible one "
            "for all; repeatable.",
        ),
    ] = None,
    anchor: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="The codec that the others are compared with; repeatable. Default: "
            "jpeg2000 where it is among them, else the first.",
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="The folder for everything.")] = Path(
        "codec-comparison"
    ),
    peak: Annotated[
        float,
        typer.Option(
            help="The peak of PSNR and the range of SSIM, in digital numbers."
        ),
    ] = 10_000.0,
    offset: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[PATTERN=]N",
            help="What had been added to the values, e.g. 1000, where the files do not "
            "say it; PATTERN: of such tiles only. Repeatable.",
        ),
    ] = None,
    crop: Annotated[
        str | None,
        typer.Option(
            metavar="SIZE|TOP,LEFT,HEIGHT,WIDTH",
            help="The part that is compared; a size is cut from the middle.",
        ),
    ] = None,
    seasons: Annotated[
        bool,
        typer.Option(
            "--seasons",
            help="Read NAME_0, NAME_1, ... as the seasons of one stack, which temporal "
            "codecs predict from each other.",
        ),
    ] = False,
    credit: Annotated[
        str | None,
        typer.Option(help="Whose the tiles are; stands on every figure."),
    ] = None,
    strip_tile: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The tile in pictures. Default: the first."),
    ] = None,
    strip_rate: Annotated[
        float | None,
        typer.Option(
            metavar="BPPPC",
            help="The rate of the pictures, in bits per pixel, band and season. "
            "Default: of a learned codec's middle rate, or what all reach.",
        ),
    ] = None,
    workers: Annotated[
        int,
        typer.Option(min=1, help="Settings at a time; more than 1 disturbs seconds."),
    ] = 1,
    device: Annotated[
        str | None,
        typer.Option(help="Where learned codecs compute, e.g. cuda; default: cpu."),
    ] = None,
    as_json: console.JsonOption = False,
) -> None:
    """Compare codecs on the same tiles: bits, PSNR, SSIM, spectral angle, seconds.

    Writes tables, a summary and figures to OUT. A run that was interrupted goes on
    from where it was when the same command is given again.

    Example: neucobench codec compare tiles/ --codecs jpeg2000,webp,tec-fp-s --crop 256
    """
    from neucobench.studies.codec_comparison.comparison import compare_codecs
    from neucobench.studies.codec_comparison.summary import as_document
    from neucobench.studies.codec_comparison.tiles import find_tiles
    from neucobench.studies.codec_comparison.write import (
        choose_tile,
        write_comparison,
        write_strip,
    )

    _require_positive("--peak", peak)
    _require_positive("--strip-rate", strip_rate)
    chosen = dict(map(read_rates, rates or []))
    files = find_tiles(
        tiles,
        offsets=dict(map(read_offset, offset or [])),
        crop=None if crop is None else read_crop(crop),
        seasons=seasons,
    )
    choose_tile(files, strip_tile)
    with console.progress("Comparing codecs", unit="points") as advance:
        comparison = compare_codecs(
            files,
            [name.strip() for name in codecs.split(",") if name.strip()],
            out,
            credit=credit or f"Tiles: {', '.join(path.name for path in tiles)}",
            rates=chosen,
            weights=read_weights(weights or [], chosen),
            anchors=anchor or (),
            peak=peak,
            workers=workers,
            device=device,
            advance=advance,
        )
    paths = write_comparison(comparison, out)
    with console.progress("Drawing the pictures at equal rate", unit="codecs"):
        paths += write_strip(comparison, files, out, name=strip_tile, target=strip_rate)
    codec_compare_report.show(comparison, out, table=not as_json)
    if as_json:
        console.print_json(
            {**as_document(comparison), "files": sorted(map(str, paths))}
        )


def read_offset(text: str) -> tuple[str, float]:
    """Return the pattern and the number of ``[PATTERN=]N``.

    Raises:
        UsageError: when it is something else.
    """
    pattern, _, value = text.rpartition("=")
    try:
        return pattern or "*", float(value)
    except ValueError as error:
        raise UsageError(
            f"--offset {text} cannot be read; give a number, or a pattern of names and "
            "a number, e.g. 1000 or '433D*=1000'."
        ) from error


def read_crop(text: str) -> "Crop":
    """Return the crop of ``SIZE`` or ``TOP,LEFT,HEIGHT,WIDTH``.

    Raises:
        UsageError: when it is something else.
    """
    from neucobench.studies.codec_comparison.tiles import Crop

    try:
        numbers = [int(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    match numbers:
        case [size] if size > 0:
            return Crop(height=size, width=size)
        case [top, left, height, width] if min(top, left) >= 0 < min(height, width):
            return Crop(top=top, left=left, height=height, width=width)
    raise UsageError(
        f"--crop {text} cannot be read; give a size, e.g. 256, or four numbers of "
        "pixels, TOP,LEFT,HEIGHT,WIDTH."
    )


def _require_positive(option: str, value: float | None) -> None:
    if value is not None and not 0 < value < float("inf"):
        raise UsageError(f"{option} {value:g} is not above 0; give a positive number.")
