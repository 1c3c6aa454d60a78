"""The command ``encode``: cubes to one embedding file."""

import os
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neucobench.cli import console
from neucobench.errors import UsageError

if TYPE_CHECKING:
    from neucobench.encoders.run import EncodeReport

_SHOWN_FINDINGS = 10


def encode(
    cubes: Annotated[Path, typer.Argument(help="The folder of cubes.")],
    encoder: Annotated[
        str,
        typer.Option(help="A name, or path/to/file.py:MyEncoder.", metavar="ENCODER"),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            callback=console.require_utf8,
            help="The file to write, .csv, .parquet or .npz; "
            "default: <encoder>.parquet in the current folder.",
        ),
    ] = None,
    dims: Annotated[
        int | None,
        typer.Option(min=1, help="The most dimensions allowed; more is an error."),
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="For the encoder; repeatable."),
    ] = None,
    device: Annotated[
        str | None,
        typer.Option(help="Where the encoder computes, e.g. cpu or cuda."),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Threads that read cubes; default: one per core."),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Stop at the first broken cube.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a file that exists.")
    ] = False,
    as_json: console.JsonOption = False,
) -> None:
    """Encode a folder of cubes into one embedding file.

    A run that was interrupted goes on from where it was when the same command is given
    again. A broken cube is reported and left out.

    Example: neucobench encode cubes/ --encoder mean --out mean.parquet
    """
    from neucobench.encoders.load import load_encoder
    from neucobench.encoders.run import encode_folder

    # What an encoder prints must not end up in the JSON document.
    with redirect_stdout(sys.stderr):
        loaded = load_encoder(
            encoder, options=read_options(option or []), device=device
        )
        with console.progress(f"Encoding with {loaded.name}", unit="cubes") as advance:
            report = encode_folder(
                cubes,
                loaded,
                out or Path(f"{loaded.name.replace(os.sep, '_')}.parquet"),
                dims=dims,
                workers=workers,
                strict=strict,
                overwrite=overwrite,
                advance=advance,
            )
    shown = report.findings[:_SHOWN_FINDINGS]
    console.show_findings(shown)
    if len(report.findings) > len(shown):
        console.say(f"... and {len(report.findings) - len(shown)} more; see --json.")
    console.say(summary(report))
    if as_json:
        console.print_json(as_document(report))


def read_options(pairs: list[str]) -> dict[str, str]:
    """Return ``name=value`` texts as a dictionary.

    Raises:
        UsageError: when a text has no ``=``, or a name is given twice.
    """
    options: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name or name in options:
            raise UsageError(
                f"--option {pair} cannot be used: give each option once, as name=value."
            )
        options[name] = value
    return options


def summary(report: "EncodeReport") -> str:
    """Return what a run did, as one or two sentences for the terminal."""
    table = f"{report.out}: {report.rows:,} rows of {report.dims:,} dimensions"
    if report.left_out:
        table += f", {report.left_out:,} cubes left out"
    if report.unchanged:
        return (
            f"{table}. It was complete, from the same cubes and options, and was left "
            "alone (--overwrite makes it again)."
        )
    resumed = f", {report.resumed:,} were done before" if report.resumed else ""
    each = 1000 * report.encoding_seconds / max(report.encoded, 1)
    return (
        f"{table}. Encoded {report.encoded:,} cubes in {report.seconds:.1f} s, "
        f"{each:.1f} ms each{resumed}; read {report.bytes_read / 1e6:,.1f} MB, peak "
        f"memory {report.peak_memory / 1e6:,.0f} MB."
    )


def as_document(report: "EncodeReport") -> dict[str, Any]:
    """Return what a run did, as it is printed by ``--json``."""
    return {
        "out": str(report.out),
        "encoder": report.encoder,
        "rows": report.rows,
        "dims": report.dims,
        "unchanged": report.unchanged,
        "encoded": report.encoded,
        "resumed": report.resumed,
        "left_out": report.left_out,
        "seconds": report.seconds,
        "cubes_per_second": report.encoded / max(report.encoding_seconds, 1e-9),
        "bytes_read": report.bytes_read,
        "peak_memory": report.peak_memory,
        "findings": [finding.as_dict() for finding in report.findings],
    }
