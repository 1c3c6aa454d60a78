"""The commands ``codec compress``, ``codec decompress`` and ``codec info``."""

import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neucobench.cli import codec_files_report, console
from neucobench.cli.codec_aim import (
    BitsOption,
    PsnrOption,
    QualityOption,
    RateOption,
    read_aim,
)
from neucobench.errors import NeucoError

if TYPE_CHECKING:
    from neucobench.codecs.base import Codec
    from neucobench.codecs.container.reader import ContainerReader

WeightsOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="The weights of a learned codec, or a variant on its card.",
    ),
]
DeviceOption = Annotated[
    str | None,
    typer.Option(help="Where a learned codec computes, e.g. cuda; default: cpu."),
]
OverwriteOption = Annotated[
    bool, typer.Option("--overwrite", help="Replace a file that exists.")
]


def compress(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="IN", help="The picture or stack: .tif, .npy or .zarr.zip."
        ),
    ],
    codec: Annotated[
        str, typer.Option(metavar="NAME", help="The codec; see 'neucobench codecs'.")
    ],
    rate: RateOption = None,
    quality: QualityOption = None,
    bits: BitsOption = None,
    psnr: PsnrOption = None,
    weights: WeightsOption = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.tec",
            callback=console.require_utf8,
            help="The file to write; default: IN's name with the ending .tec.",
        ),
    ] = None,
    tile: Annotated[
        int | None,
        typer.Option(
            min=16,
            max=2**14,
            help="The most pixels of a tile's side; default: 512 for learned codecs, "
            "1024 for others.",
        ),
    ] = None,
    overlap: Annotated[
        int, typer.Option(min=0, help="The least pixels that tiles share.")
    ] = 32,
    nodata: Annotated[
        float | None,
        typer.Option(
            metavar="V",
            help="The value that stands for no data; default: the one in the file.",
        ),
    ] = None,
    offset: Annotated[
        float | None,
        typer.Option(
            metavar="V",
            help="What was added to the values, e.g. 1000; default: as the file says.",
        ),
    ] = None,
    scale: Annotated[
        float | None,
        typer.Option(
            metavar="V",
            help="What leads from them to reflectance x 10,000, e.g. 10000 for values "
            "between 0 and 1; default: as the file says.",
        ),
    ] = None,
    device: DeviceOption = None,
    overwrite: OverwriteOption = False,
    as_json: console.JsonOption = False,
) -> None:
    """Compress a picture, a stack or a whole scene into a .tec file.

    Example: neucobench codec compress scene.tif --codec tec-fp --rate 10
    """
    from neucobench.codecs.files.compress import (
        CompressOptions,
        compress_file,
        container_path,
    )
    from neucobench.codecs.load import load_codec

    # Before weights are fetched, and a network is built.
    out = container_path(source, out, overwrite=overwrite)
    rate, aim = read_aim(codec, rate, quality, bits, psnr)
    with redirect_stdout(sys.stderr):
        loaded = load_codec(codec, rate=rate, weights=_text(weights), device=device)
        with console.progress(f"Compressing with {codec}", unit="tiles") as advance:
            report = compress_file(
                source,
                loaded,
                out,
                options=CompressOptions(
                    tile=tile,
                    overlap=overlap,
                    nodata=nodata,
                    offset=offset,
                    scale=scale,
                    aim=aim,
                ),
                overwrite=overwrite,
                advance=advance,
            )
    console.show_findings(report.findings)
    console.say(codec_files_report.compressed(report))
    if as_json:
        console.print_json(codec_files_report.compressed_document(report))


def decompress(
    file: Annotated[Path, typer.Argument(metavar="FILE.tec", help="The container.")],
    out: Annotated[
        Path,
        typer.Option(
            callback=console.require_utf8,
            help="The file to write; its ending says which: .tif, .npy or .zarr.zip.",
        ),
    ],
    weights: WeightsOption = None,
    device: DeviceOption = None,
    salvage: Annotated[
        bool,
        typer.Option(
            "--salvage",
            help="Of a damaged file restore what is whole, tile by tile and frame by "
            "frame, and leave the rest as no data.",
        ),
    ] = False,
    overwrite: OverwriteOption = False,
    as_json: console.JsonOption = False,
) -> None:
    """Restore the picture of a .tec file.

    Exits with 1 when the file is damaged, and writes nothing, unless --salvage is
    given; the message names the tile, and the frame where the codec can tell.

    Example: neucobench codec decompress scene.tec --out restored.tif
    """
    from neucobench.codecs.container.reader import ContainerReader
    from neucobench.codecs.files.decompress import decompress_file
    from neucobench.codecs.raster.files import ending_of, require_free

    ending_of(out)
    require_free(out, overwrite)
    with redirect_stdout(sys.stderr), ContainerReader(file, salvage=True) as reader:
        try:
            codec = _codec_of(reader, weights, device)
        except NeucoError:
            # That the file is damaged comes first: no weights would help.
            reader.verify()
            raise
        name = reader.header.codec.name
        with console.progress(f"Restoring with {name}", unit="tiles") as advance:
            report = decompress_file(
                reader,
                codec,
                out,
                overwrite=overwrite,
                salvage=salvage,
                advance=advance,
            )
    console.show_findings(report.findings)
    console.say(codec_files_report.restored(report))
    if as_json:
        console.print_json(codec_files_report.restored_document(report))


def info(
    file: Annotated[Path, typer.Argument(metavar="FILE.tec", help="The container.")],
    as_json: console.JsonOption = False,
) -> None:
    """Check every checksum of a .tec file, and print what its header says.

    Exits with 1 when the file is damaged; the message says where.

    Example: neucobench codec info scene.tec
    """
    from neucobench.codecs.container.reader import ContainerReader

    with ContainerReader(file) as reader:
        sizes = reader.verify()
        if as_json:
            document = codec_files_report.container_document(reader.header, sizes)
            console.print_json({"file": str(file), **document})
        else:
            codec_files_report.show_container(file, reader.header, sizes)


def _codec_of(
    reader: "ContainerReader", weights: Path | None, device: str | None
) -> "Codec":
    from neucobench.codecs.files.suits import codec_of
    from neucobench.codecs.raster.files import named

    with named(reader.path):
        return codec_of(reader.header.codec, _text(weights), device)


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)
