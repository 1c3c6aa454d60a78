"""The commands ``data download`` and ``data check``."""

from pathlib import Path
from typing import Annotated

import typer

from neucobench.cli import console

_SHOWN = 20


def download(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Where to put cubes and labels.")
    ],
    modality: Annotated[
        list[str] | None,
        typer.Option(help="s1, s2l1c or s2l2a; may be repeated. Default: all."),
    ] = None,
    labels_only: Annotated[
        bool, typer.Option("--labels-only", help="Leave the cubes away.")
    ] = False,
    revision: Annotated[
        str | None,
        typer.Option(
            help="A branch, tag or commit, or challenge-2025. Default: the commit that "
            "the folder holds already, else main, which is then pinned.",
        ),
    ] = None,
    as_json: console.JsonOption = False,
) -> None:
    """Download SSL4EO-S12-downstream from the hub: pinned, checked and resumable.

    Files that are there and whole are kept. HF_ENDPOINT names another hub.

    Example: neucobench data download cubes/ --modality s2l2a
    """
    from neucobench.data.hub import download as fetch

    with console.progress("Downloading", unit="files") as advance:
        report = fetch(
            folder,
            modalities=modality,
            labels_only=labels_only,
            revision=revision,
            advance=advance,
        )
    console.say(
        f"{report.folder} holds {report.files} files of {report.repository} at "
        f"{report.commit}: {report.downloaded} downloaded, {report.kept} were "
        f"there, {report.replaced} were damaged and replaced."
    )
    if as_json:
        console.print_json(report.as_dict())


def check(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The folder that holds the cubes.")
    ],
    as_json: console.JsonOption = False,
) -> None:
    """Open every cube and report what is missing, broken or misshapen.

    Every byte is checked against its CRC-32. Exit 0 without errors, 1 with.

    Example: neucobench data check cubes/
    """
    from neucobench.data.verify import check_folder

    with console.progress("Checking", unit="cubes") as advance:
        report = check_folder(folder, advance=advance)
    for problem in report.problems[:_SHOWN]:
        console.say(problem.message)
    if len(report.problems) > _SHOWN:
        console.say(f"... and {len(report.problems) - _SHOWN} more; --json has all.")
    console.show_findings(report.findings)
    if as_json:
        console.print_json(report.as_dict())
    if report.findings:
        raise typer.Exit(1)
    console.say(
        f"{report.cubes} cubes in {report.files} files "
        f"({', '.join(report.modalities)}) are whole; (time, y, x) is {report.shape}."
    )
