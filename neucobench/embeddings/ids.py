"""Ids of cubes: what they may be, and what is taken off their end."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from neucobench.errors import InputError
from neucobench.findings import Finding

SUFFIXES = (".zarr.zip", ".zarr")
MAX_ID_LENGTH = 1000


def bare_ids(ids: Sequence[str]) -> tuple[str, ...]:
    """Return ids without ``.zarr.zip`` or ``.zarr`` at their end."""
    if SUFFIXES[-1] not in "".join(ids):
        return tuple(ids)
    return tuple(bare_id(name) for name in ids)


def bare_id(text: str) -> str:
    """Return an id without ``.zarr.zip`` or ``.zarr`` at its end."""
    for suffix in SUFFIXES:
        if text.endswith(suffix):
            return text.removesuffix(suffix)
    return text


def examples(items: Iterable[str], *, limit: int = 3) -> str:
    """Return the first few items, quoted, for a message."""
    shown = [repr(item) for _, item in zip(range(limit), items, strict=False)]
    return ", ".join(shown)


def some_of(items: Collection[str]) -> str:
    """Return the first three items, quoted, and an ellipsis when there are more."""
    return examples(items) + (", ..." if len(items) > 3 else "")


def check_ids(ids: Sequence[str], *, path: Path, error: type[InputError]) -> None:
    """Refuse ids that cannot name a sample.

    Args:
        ids: (rows,) in the order of the file.
        path: the file, for messages.
        error: the class to raise.

    Raises:
        InputError: of the class ``error``: an empty id, one of more than 1,000
            characters, one with a NUL or a lone surrogate, or an id in two rows.
    """
    if not all(ids):
        raise error(
            f"{path}: row {ids.index('') + 1:,} has no id; every row needs one. Fill "
            "it in, or remove the row."
        )
    longest = max(map(len, ids), default=0)
    if longest > MAX_ID_LENGTH:
        raise error(
            f"{path}: an id is {longest:,} characters long; ids are short names of "
            "cubes. Correct the column 'id'."
        )
    _refuse_characters(ids, path, error)
    if len(set(ids)) != len(ids):
        raise error(_repeated(ids, path))


def _refuse_characters(ids: Sequence[str], path: Path, error: type[InputError]) -> None:
    try:
        clean = b"\0" not in "".join(ids).encode("utf-8")
    except UnicodeEncodeError:
        clean = False
    if clean:
        return
    surrogates = range(0xD800, 0xE000)
    row = next(
        row
        for row, name in enumerate(ids)
        if any(letter == "\0" or ord(letter) in surrogates for letter in name)
    )
    raise error(
        f"{path}: the id in row {row + 1:,} contains a NUL or a character that is not "
        "Unicode text; ids are text. The file is damaged; write it again."
    )


def numeric_ids(kind: str) -> Finding:
    """Return the finding about ids that a file stores as numbers of a kind."""
    message = (
        f"The ids are stored as numbers ({kind}) and were turned into text; zeros in "
        "front of them, if there were any, are lost."
    )
    return Finding(code="numeric-ids", level="warning", message=message)


def _repeated(ids: Collection[str], path: Path) -> str:
    repeated = [name for name, count in Counter(ids).items() if count > 1]
    what = "id is" if len(repeated) == 1 else "ids are"
    return (
        f"{path}: {len(repeated):,} {what} in more than one row ({some_of(repeated)}); "
        "an id may stand in one row only. Keep one row of each."
    )
