"""The command ``codec inpaint``: clouds of a stack filled from its other seasons."""

import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
from neucobench.errors import CodecError, UsageError

if TYPE_CHECKING:
    from neucobench.codecs.inpainting.mask import Mask
    from neucobench.codecs.inpainting.stack_files import StoredStack

_NO_DATA = "no-data"


def inpaint(
    stack: Annotated[
        Path,
        typer.Argument(
            metavar="STACK",
            help="Seasons in the order of time: .npy, .zarr.zip, .tif, or a folder of "
            "GeoTIFFs in name order.",
        ),
    ],
    mask: Annotated[
        str,
        typer.Option(
            metavar="MASK",
            help="A file or folder that marks clouds; or s2cloudless, omnicloudmask "
            "(packages of their own); or no-data, to fill pixels without data.",
        ),
    ],
    codec: Annotated[
        str, typer.Option(metavar="NAME", help="A temporal codec, e.g. tec-tt.")
    ],
    out: Annotated[
        Path,
        typer.Option(
            callback=console.require_utf8,
            help="The file to write, or for a folder the folder to make.",
        ),
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
    keep_clear: Annotated[
        bool,
        typer.Option(
            "--keep-clear/--all-pixels",
            help="Replace cloudy pixels only, or write the network's pictures of all "
            "seasons.",
        ),
    ] = True,
    feather: Annotated[
        int,
        typer.Option(
            min=0, help="Pixels beside a cloud over which the filling fades out."
        ),
    ] = 0,
    cloud_classes: Annotated[
        str | None,
        typer.Option(
            metavar="N,N",
            help="The mask's numbers that mean clouds, e.g. 3,8,9,10; default: all "
            "but 0.",
        ),
    ] = None,
    truth: Annotated[
        Path | None,
        typer.Option(metavar="STACK", help="The same without clouds, to compare with."),
    ] = None,
    figure: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.png",
            callback=console.require_utf8,
            help="Draw the cloudiest season: before, filled, and the truth if given.",
        ),
    ] = None,
    tile: Annotated[
        int,
        typer.Option(min=64, max=2**14, help="The most pixels of a tile's side."),
    ] = 512,
    nodata: Annotated[
        float | None,
        typer.Option(metavar="V", help="The value that stands for no data."),
    ] = None,
    offset: Annotated[
        float | None,
        typer.Option(metavar="V", help="What was added to the values, e.g. 1000."),
    ] = None,
    scale: Annotated[
        float | None,
        typer.Option(metavar="V", help="What leads from them to reflectance x 10,000."),
    ] = None,
    device: Annotated[
        str | None, typer.Option(help="Where it computes, e.g. cuda; default: cpu.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a file that exists.")
    ] = False,
    as_json: console.JsonOption = False,
) -> None:
    """Fill cloudy pixels by what a temporal codec expects there, given other seasons.

    Clear pixels stay as they are. With --truth it prints how far the filling is from
    it, beside three simple ways to fill: the last clear season, the mean of the clear
    ones, and a line between those before and after.

    Example: neucobench codec inpaint stack.npy --mask clouds.npy --codec tec-tt-s
    --out filled.npy
    """
    from neucobench.codecs.inpainting.from_codec import load_inpainter
    from neucobench.codecs.inpainting.inpaint_file import inpaint_file
    from neucobench.codecs.inpainting.scene import SceneOptions
    from neucobench.codecs.inpainting.stack_files import read_stack

    options = check_options(
        estimate or "blend", mode, direction, dilate, prefill=prefill, compat=compat
    )
    classes = _classes(cloud_classes)
    _require_out(stack, out, overwrite)
    with redirect_stdout(sys.stderr):
        inpainter, identity = load_inpainter(
            codec,
            rate=rate,
            weights=None if weights is None else str(weights),
            device=device,
            options=options,
        )
        stored = read_stack(stack, nodata=nodata, offset=offset, scale=scale)
        clouds = _clouds(mask, stored, classes)
        clear = None
        if truth is not None:
            read = read_stack(truth, nodata=nodata, offset=offset, scale=scale)
            clear = read.reflectance()
        with console.progress(f"Filling with {codec}", unit="tiles") as advance:
            report = inpaint_file(
                stored,
                clouds,
                inpainter,
                out,
                direction=options.direction,
                options=SceneOptions(tile=tile, keep_clear=keep_clear, feather=feather),
                truth=clear,
                advance=advance,
            )
        if figure is not None:
            codec_inpaint_report.draw(figure, report, clouds, clear, codec)
    console.show_findings(report.findings)
    console.say(codec_inpaint_report.filled(report))
    if as_json:
        document = codec_inpaint_report.filled_document(report, identity, options)
        console.print_json(document)
    elif report.quality:
        codec_inpaint_report.show_quality(report)


def _classes(text: str | None) -> tuple[int, ...]:
    if text is None:
        return ()
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError as error:
        raise UsageError(
            f"--cloud-classes {text} was given; it is whole numbers with commas "
            "between them. Give for example --cloud-classes 3,8,9,10."
        ) from error


def _require_out(stack: Path, out: Path, overwrite: bool) -> None:
    """Refuse what could not be written, before any work is done."""
    from neucobench.codecs.raster.files import ending_of, require_free

    if not stack.is_dir():
        ending_of(stack)
        ending_of(out)
    elif out.exists():
        raise UsageError(
            f"--out {out} exists, and a folder is made anew; give another, or remove "
            "it first."
        )
    require_free(out, overwrite)


def _clouds(mask: str, stored: "StoredStack", classes: tuple[int, ...]) -> "Mask":
    """Return the clouds that a file marks, or a model finds, (time, y, x).

    Raises:
        CodecError: when there are none.
    """
    from neucobench.codecs.inpainting.cloud_models import CLOUD_MODELS, find_clouds
    from neucobench.codecs.inpainting.clouds import read_clouds

    time, _, height, width = stored.stored.shape
    if mask in CLOUD_MODELS:
        clouds = find_clouds(mask, stored.reflectance())
    elif mask == _NO_DATA:
        clouds = stored.gaps.any_kind.any(axis=1)
    else:
        return read_clouds(Path(mask), (time, height, width), classes=classes)
    if not clouds.any():
        raise CodecError(
            f"{stored.path}: --mask {mask} marks no pixel, so there is nothing to "
            "fill; give a mask file if it should."
        )
    return clouds
