"""What every command shares: standard error, progress, JSON, and option types."""

import errno
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Protocol

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from neucobench.errors import UsageError
from neucobench.findings import Finding
from neucobench.names import printable

messages = Console(stderr=True, highlight=False, soft_wrap=True)
output = Console(highlight=False)

JsonOption = Annotated[
    bool,
    typer.Option("--json", help="Print one JSON document on standard output."),
]

_COLORS = {"info": "cyan", "warning": "yellow", "error": "red"}
_ADVICE = {
    errno.ENOSPC: "free some space, then run the same command again",
    errno.EDQUOT: "free some space, then run the same command again",
    errno.EFBIG: "raise the limit on file sizes (ulimit -f), or write elsewhere",
    errno.EEXIST: "a file stands where a folder is needed; choose another path",
    errno.ENOTDIR: "a file stands where a folder is needed; choose another path",
    errno.EISDIR: "a folder stands where a file is needed; choose another path",
    errno.ENAMETOOLONG: "choose shorter names",
    errno.EACCES: "choose a place you may write to, or change its permissions",
    errno.EPERM: "choose a place you may write to, or change its permissions",
    errno.EROFS: "choose a place you may write to",
}


class Advance(Protocol):
    """Report progress: how many units are done, and how many there are."""

    def __call__(self, done: int, total: int) -> None:
        """Show ``done`` of ``total``."""


class _Rate(ProgressColumn):
    def __init__(self, unit: str) -> None:
        super().__init__()
        self._unit = unit

    def render(self, task: Task) -> Text:
        """Return the rate, e.g. ``12.3 cubes/s``."""
        return Text(f"{task.speed or 0:.1f} {self._unit}/s", style="cyan")


@contextmanager
def progress(description: str, *, unit: str) -> Iterator[Advance]:
    """Yield a function that shows progress; on a terminal only.

    Args:
        description: what is being done, e.g. ``"Encoding"``.
        unit: what is counted, in the plural, e.g. ``"cubes"``.
    """
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(unit),
        TimeRemainingColumn(),
        console=messages,
        transient=True,
        disable=not messages.is_terminal,
    )
    with bar:
        task = bar.add_task(description, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def say(message: str) -> None:
    """Print a message on standard error; names in it cannot move the cursor."""
    messages.print("\n".join(map(printable, message.split("\n"))), markup=False)


def explain(error: OSError) -> str:
    """Return what the system refused as a sentence, with what to do where we know."""
    name = f"{error.filename}: " if error.filename else ""
    advice = _ADVICE.get(error.errno or 0)
    return f"{name}{error.strerror or error}{f'; {advice}' if advice else ''}."


def show_findings(findings: list[Finding] | tuple[Finding, ...]) -> None:
    """Print findings on standard error, one line each."""
    for finding in findings:
        level = Text(f"{finding.level}: ", style=_COLORS[finding.level])
        where = f"[{finding.task}] " if finding.task else ""
        text = printable(where + finding.message)
        messages.print(level + Text(text, style="default"))


def print_json(document: Any) -> None:
    """Print one JSON document on standard output, without NaN or Infinity.

    Characters that the output cannot hold (an ASCII locale, a file name that is not
    Unicode) are escaped as JSON does.
    """
    text = json.dumps(document, indent=2, allow_nan=False, ensure_ascii=False)
    try:
        text.encode(getattr(sys.stdout, "encoding", "utf-8"))
    except UnicodeEncodeError:
        text = json.dumps(document, indent=2, allow_nan=False)
    # typer's echo, because there is no sys.stdout where the output is closed.
    typer.echo(text)


def require_utf8(path: Path | None) -> Path | None:
    """Return an option's path, or refuse one that is not UTF-8.

    Some of the libraries that write our files cannot open such a path, and it is
    better to hear that before the work than after it.

    Raises:
        UsageError: when the path holds bytes that are not UTF-8.
    """
    if path is not None and any("\ud800" <= sign <= "\udfff" for sign in str(path)):
        raise UsageError(
            f"The path {str(path)!r} is not UTF-8 text; give one that is, results can "
            "only be written there."
        )
    return path
