"""The command ``rehearse``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neucobench.cli import console

if TYPE_CHECKING:
    from neucobench.client.rehearsal import Rehearsal
    from neucobench.client.rules import Rules


def rehearse(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An embedding file.")],
    labels: Annotated[
        Path, typer.Option(help="Your own folder of <task>__<type>.csv files.")
    ],
    rules: Annotated[
        Path, typer.Option(help="The phase's rules, from 'neucobench init'.")
    ] = Path("rules.json"),
    method: Annotated[
        str | None, typer.Option(help="The method's name; the default is the file's.")
    ] = None,
    transductive: Annotated[
        bool,
        typer.Option("--transductive", help="The encoder has seen the scored cubes."),
    ] = False,
    out: Annotated[
        Path, typer.Option(callback=console.require_utf8, help="The folder to write.")
    ] = Path("rehearsal"),
    threads: Annotated[
        int | None, typer.Option(min=1, help="CPU threads; the default is all cores.")
    ] = None,
    as_json: console.JsonOption = False,
) -> None:
    """Play a phase through against labels of your own: checks, scoring, page.

    What the phase would reveal is printed and written, and beside it everything, since
    the labels are yours. Nothing is sent anywhere.

    Example: neucobench rehearse mine.parquet --rules rules.json --labels my-labels/
    """
    from neucobench.client import rehearsal
    from neucobench.client.rules import read_rules

    known = read_rules(rules)
    try:
        with console.progress(f"Scoring {file.name}", unit="folds") as advance:
            found = rehearsal.rehearse(
                file,
                known,
                labels=labels,
                method=method,
                transductive=transductive,
                threads=threads,
                advance=advance,
            )
    except rehearsal.NotTaken as refusal:
        console.show_findings(refusal.findings)
        if as_json:
            findings = [item.as_dict() for item in refusal.findings]
            console.print_json({"error": str(refusal), "findings": findings})
        raise
    written = rehearsal.write_rehearsal(found, out)
    console.show_findings([*found.findings, *found.inspected.findings])
    if as_json:
        console.print_json(
            {
                "revealed": found.revealed,
                "evaluation": found.evaluation.as_dict(),
                "written": [str(path) for path in written],
            }
        )
    else:
        _show(found, known)
    for path in written:
        console.say(str(path))


def _show(found: "Rehearsal", rules: "Rules") -> None:
    from rich.table import Table
    from rich.text import Text

    from neucobench.names import printable

    console.output.print(f"What the phase {rules.phase} would show:", markup=False)
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column()
    table.add_column(justify="right")
    table.add_row("mean Q", f"{found.revealed['mean_q']:.3f}")
    for task, score in (found.revealed.get("tasks") or {}).items():
        table.add_row(Text(printable(task)), f"{score['q']:.2f}")
    console.output.print(table)
