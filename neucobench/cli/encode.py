"""The command ``encode``: cubes to one embedding file."""

import os
import sys
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neucobench.cli import console, encode_report
from neucobench.errors import UsageError

if TYPE_CHECKING:
    from neucobench.encoders.reducers.base import Reducer


def encode(
    cubes: Annotated[
        Path,
        typer.Argument(help="The folder of cubes (for tables: see --encoder)."),
    ],
    encoder: Annotated[
        str,
        typer.Option(
            help="A name, FAMILY:MODEL, RECIPE.toml, or path/to/file.py:MyEncoder; "
            "'table' takes the rows of an embedding file in place of cubes.",
            metavar="ENCODER",
        ),
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
        typer.Option(
            min=1,
            help="The most dimensions allowed, more is an error; with --reduce, the "
            "dimensions to reduce to.",
        ),
    ] = None,
    reduce: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME[:K=V,...]",
            help="Fit a reducer on the features, e.g. pca or pca:whiten=true; several "
            "follow one another.",
        ),
    ] = None,
    reducer: Annotated[
        Path | None,
        typer.Option(
            metavar="STATE", help="Use what another run has fitted, OUT.state.json."
        ),
    ] = None,
    store: Annotated[
        str,
        typer.Option(help="float32, float16, bfloat16, int8 or binary."),
    ] = "float32",
    max_bytes: Annotated[
        int | None,
        typer.Option(min=1, help="The most bytes allowed for a vector."),
    ] = None,
    weights: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="The weights of a pretrained encoder."),
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
        typer.Option(min=1, help="Threads that encode; default: one per core."),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Encode on the workers of a Dask cluster, e.g. tcp://host:8786.",
        ),
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

    Example: neucobench encode cubes/ --encoder mosaiks --reduce pca --dims 1024
    """
    from neucobench.encoders.load import load_encoder
    from neucobench.encoders.reducers.state import load_fitted
    from neucobench.encoders.running.run import encode_folder

    # What an encoder prints must not end up in the JSON document.
    with redirect_stdout(sys.stderr):
        loaded = load_encoder(
            encoder,
            options=read_options(option or []),
            device=device,
            weights=weights,
            cubes=cubes,
        )
        with console.progress(f"Encoding with {loaded.name}", unit="cubes") as advance:
            report = encode_folder(
                cubes,
                loaded,
                out or Path(f"{loaded.name.replace(os.sep, '_')}.parquet"),
                dims=dims,
                reduce=[read_reducer(text, dims, device) for text in reduce or []],
                state=None if reducer is None else load_fitted(reducer),
                storage=store,
                max_bytes=max_bytes,
                workers=workers,
                scheduler=scheduler,
                strict=strict,
                overwrite=overwrite,
                advance=advance,
            )
    encode_report.show(report)
    if as_json:
        console.print_json(encode_report.as_document(report))


def read_reducer(text: str, dims: int | None, device: str | None) -> "Reducer":
    """Return the reducer that ``NAME[:K=V,...]`` describes.

    Args:
        text: what the user typed.
        dims: the dimensions to reduce to, where the text does not say it.
        device: where it computes, where it has the choice and the text does not say it.

    Raises:
        UsageError: when the name, an option or a value is not known.
    """
    from neucobench.encoders.reducers.parse import parse_reducer

    reducer = parse_reducer(text)
    said = {part.partition("=")[0] for part in text.partition(":")[2].split(",")}
    defaults = {"dims": dims, "device": device}
    chosen = {
        name: value
        for name, value in defaults.items()
        if value is not None and hasattr(reducer, name) and name not in said
    }
    return replace(reducer, **chosen)  # type: ignore[type-var]


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
