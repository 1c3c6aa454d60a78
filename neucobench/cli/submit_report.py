"""What the command ``submit`` prints: progress, a result, a list."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich.cells import cell_len, set_cell_size
from rich.table import Table
from rich.text import Text

from neucobench.cli import console
from neucobench.client.submissions import Receipt
from neucobench.names import printable

_COLUMNS = ("id", "phase", "status", "public", "created", "mean_q", "method")


def tell(receipt: Receipt) -> None:
    """Say how far a submission has come."""
    place = "" if receipt.position is None else f", position {receipt.position}"
    message = f" {receipt.message}" if receipt.message else ""
    console.say(f"{receipt.id}: {receipt.status}{place}.{message}")


def teller(receipt: Receipt) -> Callable[[Receipt], None]:
    """Return a function that says what is new since ``receipt``, and only that."""
    said = receipt

    def tell_news(answer: Receipt) -> None:
        nonlocal said
        if (answer.status, answer.position) != (said.status, said.position):
            tell(answer)
        said = answer

    return tell_news


def show_result(receipt: Receipt) -> None:
    """Print the id, and what the phase reveals of a scored submission."""
    if receipt.status != "scored":
        console.output.print(printable(receipt.id), markup=False)
        return
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column()
    table.add_column(justify="right")
    table.add_row("submission", Text(printable(receipt.id)))
    shown = receipt.document.get("result") or {}
    table.add_row("mean Q", Text(printable(_figure(shown.get("mean_q")))))
    for task, score in (shown.get("tasks") or {}).items():
        table.add_row(Text(printable(task)), Text(printable(_figure(score["q"]))))
    console.output.print(table)


def show_list(found: Sequence[Mapping[str, Any]]) -> None:
    """Print a team's submissions, one line each, however wide the terminal is."""
    if not found:
        console.say("There are no submissions yet.")
        return
    rows = [[name.replace("_q", " Q") for name in _COLUMNS], *map(_cells, found)]
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [
            set_cell_size(cell, width) for cell, width in zip(row, widths, strict=True)
        ]
        line = "  ".join(cells).rstrip()
        console.output.print(line, markup=False, soft_wrap=True)


def _cells(item: Mapping[str, Any]) -> list[str]:
    minute = str(item.get("created", ""))[:16].replace("T", " ")
    shown = {**item, "created": minute}
    return [printable(_figure(shown.get(column))) for column in _COLUMNS]


def _figure(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
