"""The command ``check``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neucobench.cli import console
from neucobench.errors import EmbeddingError, UsageError

if TYPE_CHECKING:
    from neucobench.embeddings.table import EmbeddingTable
    from neucobench.findings import Finding


def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An embedding file.")],
    cubes: Annotated[
        Path | None, typer.Option(help="Folder of cubes that must have an embedding.")
    ] = None,
    ids: Annotated[
        Path | None,
        typer.Option(help="One id per line, or a CSV with a column id, likewise."),
    ] = None,
    labels: Annotated[
        Path | None, typer.Option(help="Folder of <task>__<type>.csv files.")
    ] = None,
    dims: Annotated[
        int | None, typer.Option(min=1, help="The width that is asked for.")
    ] = None,
    max_bytes: Annotated[
        int | None, typer.Option(min=1, help="The most bytes of a vector, as stored.")
    ] = None,
    as_json: console.JsonOption = False,
) -> None:
    """Report what is wrong or odd about an embedding file, before it is submitted.

    Exits with 1 when there is an error among the findings.

    Example: neucobench check submission.parquet --labels labels/ --dims 1024
    """
    if sum(option is not None for option in (cubes, ids, labels)) > 1:
        raise UsageError(
            "--cubes, --ids and --labels each say which cubes are expected; give one."
        )
    try:
        table, findings = _inspect(file, cubes, ids, labels, dims, max_bytes)
    except EmbeddingError as error:
        if as_json:
            console.print_json(_unreadable(file, error))
        raise
    failed = any(finding.level == "error" for finding in findings)
    console.show_findings(findings)
    if as_json:
        console.print_json(_document(table, findings, ok=not failed))
    else:
        console.say(_summary(table, findings))
    if failed:
        raise typer.Exit(1)


def _inspect(
    file: Path,
    cubes: Path | None,
    ids: Path | None,
    labels: Path | None,
    dims: int | None,
    max_bytes: int | None,
) -> tuple["EmbeddingTable", list["Finding"]]:
    from neucobench.embeddings.check import check_table
    from neucobench.embeddings.files import read_embeddings
    from neucobench.embeddings.id_list import read_id_list

    expected = label_ids = None
    if cubes is not None:
        from neucobench.data.dataset import CubeFolder

        expected = CubeFolder(cubes).ids
    if ids is not None:
        expected = read_id_list(ids)
    if labels is not None:
        from neucobench.tasks.labels import read_label_folder

        tables = read_label_folder(labels)
        label_ids = {task: table.ids for task, table in tables.items()}
    table = read_embeddings(file)
    findings = check_table(
        table,
        expected_ids=expected,
        label_ids=label_ids,
        dims=dims,
        max_bytes=max_bytes,
    )
    return table, [*table.findings, *findings]


def _document(
    table: "EmbeddingTable", findings: list["Finding"], *, ok: bool
) -> dict[str, Any]:
    from neucobench.embeddings.storage import bytes_per_vector, storage_name

    return {
        "file": str(table.path),
        "rows": table.rows,
        "dims": table.dims,
        "storage": storage_name(table),
        "bytes_per_vector": bytes_per_vector(table),
        "sha256": table.sha256,
        "ok": ok,
        "findings": [finding.as_dict() for finding in findings],
    }


def _unreadable(file: Path, error: EmbeddingError) -> dict[str, Any]:
    from neucobench.findings import Finding

    finding = Finding(code="unreadable", level="error", message=str(error))
    return {
        "file": str(file),
        "rows": None,
        "dims": None,
        "storage": None,
        "bytes_per_vector": None,
        "sha256": None,
        "ok": False,
        "findings": [finding.as_dict()],
    }


def _summary(table: "EmbeddingTable", findings: list["Finding"]) -> str:
    from neucobench.embeddings.storage import bytes_per_vector, storage_name

    errors = sum(finding.level == "error" for finding in findings)
    warnings = sum(finding.level == "warning" for finding in findings)
    shape = f"{table.path}: {table.rows:,} vectors of {table.dims:,} dimensions"
    if (storage := storage_name(table)) != "float32":
        shape += f", {bytes_per_vector(table):,} bytes each ({storage})"
    if not errors and not warnings:
        return f"{shape}; ready to be scored."
    return f"{shape}; errors: {errors}, warnings: {warnings}."
