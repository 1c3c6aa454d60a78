"""The command ``evaluate``."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.table import Table
from rich.text import Text

from neucobench.cli import console
from neucobench.errors import InputError, UsageError
from neucobench.names import is_text, printable

if TYPE_CHECKING:
    from neucobench.evaluation.protocol import Protocol
    from neucobench.evaluation.result import Evaluation
    from neucobench.findings import Finding

DEFAULT_PROTOCOL = "neuco-1.1"


def evaluate(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Embedding files.")
    ],
    labels: Annotated[Path, typer.Option(help="Folder of <task>__<type>.csv files.")],
    suite: Annotated[
        str | None, typer.Option(help="A suite; without it every label file counts.")
    ] = None,
    protocol: Annotated[
        str | None, typer.Option(help="A protocol; the default is neuco-1.1.")
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(help="A NeuCo-Bench YAML configuration, instead of a protocol."),
    ] = None,
    task: Annotated[
        list[str] | None, typer.Option(help="Score only this task; may be repeated.")
    ] = None,
    method: Annotated[
        str | None, typer.Option(help="The method's name; the default is the file's.")
    ] = None,
    phase: Annotated[str, typer.Option(help="The phase's name.")] = "results",
    out: Annotated[
        Path,
        typer.Option(callback=console.require_utf8, help="Where run folders go."),
    ] = Path("results"),
    device: Annotated[
        Literal["auto", "cpu", "cuda"], typer.Option(help="Where the probe is trained.")
    ] = "auto",
    threads: Annotated[
        int | None, typer.Option(min=1, help="CPU threads; the default is all cores.")
    ] = None,
    as_json: console.JsonOption = False,
) -> None:
    """Score embedding files on the tasks of a label folder.

    Each file becomes one run folder with evaluation.json in it.

    Example: neucobench evaluate submission.csv --labels labels/ --suite neuco-11
    """
    from neucobench.evaluation.folder import write_evaluation

    if method is not None and len(files) > 1:
        raise UsageError(
            f"--method names one method, and {len(files)} files were given; leave it "
            "out (each file's name is its method), or give one file."
        )
    _check_names(files, method, phase)
    rules, selected, noticed = _resolve(protocol, config, task)
    settings = {
        "labels": labels,
        "suite": suite,
        "protocol": rules,
        "tasks": selected,
        "method": method,
        "phase": phase,
        "device": device,
        "threads": threads,
    }
    done: list[Evaluation] = []
    refused: list[str] = []
    for file in files:
        try:
            evaluation = _evaluate_file(file, settings, noticed)
            folder = write_evaluation(evaluation, out)
        except (InputError, OSError) as error:
            reason = console.explain(error) if isinstance(error, OSError) else error
            refused.append(f"{file}: {reason}" if len(files) > 1 else str(reason))
            continue
        done.append(evaluation)
        _tell(evaluation, folder)
        if not as_json:
            _show(evaluation)
    if as_json and done:
        documents = [evaluation.as_dict() for evaluation in done]
        console.print_json(documents if len(files) > 1 else documents[0])
    if refused:
        raise InputError("\n".join(refused))


def _check_names(files: list[Path], method: str | None, phase: str) -> None:
    """Refuse a wrong command line before the first file is scored."""
    from neucobench.embeddings.files import require_ending

    for file in files:
        require_ending(file)
        if not is_text(file.name):
            raise UsageError(
                f"The name of {file} is not UTF-8 text, and results name their file; "
                "rename it."
            )
    for option, name in (("--method", method), ("--phase", phase)):
        if name is not None and not (name.strip() and is_text(name)):
            raise UsageError(
                f"{option} {name!r} is not a name; it takes UTF-8 text that is not "
                "blank."
            )


def _resolve(
    name: str | None, config: Path | None, tasks: list[str] | None
) -> "tuple[Protocol, Sequence[str] | None, list[Finding]]":
    from neucobench.evaluation.protocol import protocol, protocol_from_yaml

    if config is None:
        return protocol(name or DEFAULT_PROTOCOL), tasks, []
    if name is not None:
        raise UsageError("--protocol and --config exclude each other; give one.")
    rules, task_filter, findings = protocol_from_yaml(config)
    return rules, tasks or task_filter, findings


def _evaluate_file(
    file: Path, settings: dict[str, Any], noticed: "Sequence[Finding]"
) -> "Evaluation":
    from dataclasses import replace

    from neucobench.evaluation.run import evaluate as run

    with console.progress(f"Scoring {file.name}", unit="folds") as advance:
        evaluation = run(file, advance=advance, **settings)
    return replace(evaluation, findings=(*noticed, *evaluation.findings))


def _tell(evaluation: "Evaluation", folder: Path) -> None:
    console.show_findings(evaluation.findings)
    for task, reason in evaluation.failed.items():
        console.say(f"Not scored: {task}. {reason}")
    console.say(f"Result: {folder}")


def _show(evaluation: "Evaluation") -> None:
    title = f"{evaluation.method}: {evaluation.protocol['name']}"
    table = Table(title=Text(printable(title)))
    for name in ("task", "metric"):
        table.add_column(name)
    for name in ("rows", "mean", "std", "Q"):
        table.add_column(name, justify="right")
    for task, score in evaluation.tasks.items():
        table.add_row(
            Text(printable(task)),
            score.metric.upper(),
            str(score.rows),
            f"{score.mean:.3f}",
            f"{score.std:.3f}",
            f"{score.q:.2f}",
        )
    table.add_section()
    table.add_row(
        "mean", "", "", f"{evaluation.mean_score:.3f}", "", f"{evaluation.mean_q:.2f}"
    )
    console.output.print(table)
