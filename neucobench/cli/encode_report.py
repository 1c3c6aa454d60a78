"""What ``encode`` tells about a run: for the terminal, and as JSON."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.table import Table

from neucobench.cli import console
from neucobench.names import printable

if TYPE_CHECKING:
    from neucobench.encoders.running.report import EncodeReport

_SHOWN_FINDINGS = 10


def show(report: "EncodeReport") -> None:
    """Print the findings, the balance of the blocks, and a summary."""
    shown = report.findings[:_SHOWN_FINDINGS]
    console.show_findings(shown)
    if len(report.findings) > len(shown):
        console.say(f"... and {len(report.findings) - len(shown)} more; see --json.")
    if report.balance:
        console.messages.print(_balance(report))
    console.say(summary(report))


def _balance(report: "EncodeReport") -> Table:
    table = Table(title="Block balance")
    table.add_column("block")
    for column in ("dims", "share of variance", "within columns"):
        table.add_column(column, justify="right")
    for share in report.balance:
        table.add_row(
            printable(share.name),
            f"{share.dims:,}",
            f"{share.share:.1%}",
            f"{share.column_share:.1%}",
        )
    return table


def summary(report: "EncodeReport") -> str:
    """Return what a run did, as a few sentences for the terminal."""
    size = f"{count(report.rows, 'row')} of {count(report.dims, 'dimension')}"
    table = f"{report.out}: {size}"
    if report.storage != "float32":
        table += f", {report.storage}, {count(report.bytes_per_vector, 'byte')} each"
    if report.left_out:
        table += f", {count(report.left_out, 'cube')} left out"
    if report.unchanged:
        return (
            f"{table}. It was complete, from the same cubes and options, and was left "
            "alone (--overwrite makes it again)."
        )
    resumed = f", {report.resumed:,} were done before" if report.resumed else ""
    each = 1000 * report.encoding_seconds / max(report.encoded, 1)
    return (
        f"{table}. Encoded {count(report.encoded, 'cube')} in {report.seconds:.1f} s, "
        f"{each:.1f} ms each{resumed}; read {report.bytes_read / 1e6:,.1f} MB, peak "
        f"memory {report.peak_memory / 1e6:,.0f} MB.{_fitted(report)}"
    )


def count(number: int, what: str) -> str:
    """Return a number and what is counted, e.g. ``1,024 rows`` or ``1 row``."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _fitted(report: "EncodeReport") -> str:
    if report.state is None:
        return ""
    where = "Fitted on these cubes (transductive)" if report.transductive else "State"
    return f" {where}: {report.state}, for --reducer."


def as_document(report: "EncodeReport") -> dict[str, Any]:
    """Return what a run did, as it is printed by ``--json``."""
    return {
        "out": str(report.out),
        "encoder": report.encoder,
        "rows": report.rows,
        "dims": report.dims,
        "storage": report.storage,
        "bytes_per_vector": report.bytes_per_vector,
        "transductive": report.transductive,
        "state": None if report.state is None else str(report.state),
        "balance": [asdict(share) for share in report.balance],
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
