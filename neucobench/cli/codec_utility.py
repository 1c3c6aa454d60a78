"""The command ``codec utility``: the score that is left at each rate of a codec."""

import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neucobench.cli import console
from neucobench.cli.codec_settings import read_rates, read_weights
from neucobench.cli.encode import read_options
from neucobench.errors import UsageError

if TYPE_CHECKING:
    from rich.table import Table

    from neucobench.studies.utility.study import UtilityStudy


def utility(
    cubes: Annotated[Path, typer.Argument(help="The folder of cubes.")],
    labels: Annotated[Path, typer.Option(help="Folder of <task>__<type>.csv files.")],
    codec: Annotated[
        list[str],
        typer.Option(metavar="NAME[,NAME,...]", help="Codecs; may be repeated."),
    ],
    rates: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[NAME=]R,R,...",
            help="The rates of a codec, in place of its card's; NAME where there are "
            "several.",
        ),
    ] = None,
    weights: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME[:R]=FILE",
            help="A checkpoint of a learned codec for one rate, or of a flexible one "
            "for all; may be repeated.",
        ),
    ] = None,
    encoder: Annotated[
        str, typer.Option(help="What encodes original and decoded cubes.")
    ] = "bandstats",
    option: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="For the encoder; where it has 'inputs', the default is s2l2a.",
        ),
    ] = None,
    suite: Annotated[
        str | None, typer.Option(help="A suite; without it every label file counts.")
    ] = None,
    task: Annotated[
        list[str] | None, typer.Option(help="Score only this task; may be repeated.")
    ] = None,
    protocol: Annotated[str, typer.Option(help="How tables are scored.")] = "neuco-1.1",
    peak: Annotated[float, typer.Option(help="The peak of PSNR.")] = 10_000.0,
    dims: Annotated[
        str | None,
        typer.Option(
            metavar="D,D,...", help="Lengths to reduce to; default: 8, 16, 32, ..."
        ),
    ] = None,
    reduce: Annotated[
        str, typer.Option(metavar="NAME[:K=V,...]", help="What makes vectors shorter.")
    ] = "pca",
    store: Annotated[
        str, typer.Option(metavar="S,S,...", help="How shorter vectors are stored.")
    ] = "float32,float16,int8,binary",
    out: Annotated[
        Path, typer.Option(callback=console.require_utf8, help="Where all files go.")
    ] = Path("utility"),
    workers: Annotated[
        int | None, typer.Option(min=1, help="Threads; default: one per core.")
    ] = None,
    device: Annotated[
        str | None,
        typer.Option(help="Where codecs and encoders compute, e.g. cpu or cuda."),
    ] = None,
    as_json: console.JsonOption = False,
) -> None:
    """Find what a bit is worth: scores of decoded cubes and of latents at each rate.

    Cubes are coded at each rate and decoded again; a fixed encoder's vectors of them,
    and the codec's own latents, are scored on the tasks, beside those of the original
    cubes. Then the same for those vectors in fewer dimensions and bytes. Writes
    utility.csv, utility.json and figures to OUT; the same command again goes on.

    Example: neucobench codec utility world/ --labels world/labels --codec tec-fp-s
    """
    from neucobench.studies.utility.request import UtilityRequest, codec_settings
    from neucobench.studies.utility.run import study_utility

    codecs = [name.strip() for text in codec for name in text.split(",")]
    chosen = dict(read_rates(_named(text, codecs)) for text in rates or [])
    settings = codec_settings(
        codecs, rates=chosen, weights=read_weights(weights or [], chosen)
    )
    request = UtilityRequest(
        cubes=cubes,
        labels=labels,
        out=out,
        settings=settings,
        encoder=encoder,
        options=read_options(option or []),
        protocol=protocol,
        suite=suite,
        tasks=tuple(task) if task else None,
        peak=peak,
        reduce=reduce,
        dims=None if dims is None else read_dims(dims),
        storages=tuple(part.strip() for part in store.split(",")),
        workers=workers,
        device=device,
    )
    # What an encoder prints must not end up in the JSON document.
    with redirect_stdout(sys.stderr):
        study = study_utility(
            request, stage=lambda text, unit: console.progress(text, unit=unit)
        )
    console.show_findings(study.findings)
    if as_json:
        console.print_json(study.as_dict())
    else:
        print_study(study)
    console.say(f"Table and figures: {out}")


def read_dims(text: str) -> tuple[int, ...]:
    """Return the lengths of ``D,D,...``.

    Raises:
        UsageError: when it is something else.
    """
    try:
        return tuple(map(int, text.split(",")))
    except ValueError as error:
        raise UsageError(
            f"--dims {text} cannot be read; it takes whole numbers with commas between "
            "them. Give e.g. --dims 16,64,256"
        ) from error


def _named(rates: str, codecs: list[str]) -> str:
    """Return ``R,R`` as ``NAME=R,R`` where there is one codec that it can mean."""
    return f"{codecs[0]}={rates}" if len(codecs) == 1 and "=" not in rates else rates


def print_study(study: "UtilityStudy") -> None:
    """Print the two sweeps of a study as tables on standard output."""
    console.output.print(_rates(study))
    console.output.print()
    console.output.print(_storages(study))


def _rates(study: "UtilityStudy") -> "Table":
    table = _table("vectors of", "codec", "rate", "bits/cube", "bpppc", "PSNR")
    for name in ("mean Q", "change"):
        table.add_column(name, justify="right")
    reference = study.reference.mean_q
    for point in study.swept("rate"):
        setting, coding, q = point.setting, point.coding, point.evaluation.mean_q
        table.add_row(
            point.input,
            setting.codec if setting else "",
            f"{setting.rate:g}" if setting else "",
            f"{coding.bits:,.0f}",
            f"{coding.bpppc:.3f}",
            f"{coding.psnr:.2f}" if setting else "",
            f"{q:.2f}",
            f"{q - reference:+.2f}" if setting else "",
        )
    return table


def _storages(study: "UtilityStudy") -> "Table":
    """Return mean Q and bytes, a row for each length and a column for each storage."""
    table = _table("dimensions", "")
    points = {(point.dims, point.storage): point for point in study.swept("storage")}
    storages = list(dict.fromkeys(storage for _, storage in points))
    for storage in storages:
        table.add_column(storage, justify="right")
    for dims in dict.fromkeys(dims for dims, _ in points):
        row = [points[dims, storage] for storage in storages]
        scores = [f"{point.evaluation.mean_q:.2f}" for point in row]
        table.add_row(f"{dims:,}", "mean Q", *scores)
        table.add_row("", "bytes", *(f"{point.bytes:,}" for point in row))
    return table


def _table(*columns: str) -> "Table":
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        text = column in ("vectors of", "codec", "")
        table.add_column(column, justify="left" if text else "right")
    return table
