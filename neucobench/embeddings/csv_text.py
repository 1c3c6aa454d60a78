"""What is wrong with a file that ought to be a CSV: one sentence for each case.

Embedding and label files share these; each passes the class of its own error.
"""

import csv
from collections.abc import Sequence
from pathlib import Path

from neucobench.errors import InputError

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_RESAVE = (
    'e.g. pandas.read_csv(FILE, sep="{separator}", decimal=",", dtype={{"id": str}})'
    ".to_csv(NEW_FILE, index=False)"
)
_FOREIGN: tuple[tuple[bytes, str, str], ...] = (
    (b"PAR1", "a Parquet file", "Give it the ending .parquet."),
    (b"PK\x03\x04", "a zip file, e.g. .npz or .xlsx", "Save the table as CSV."),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook", "Save the table as CSV."),
    (b"\x1f\x8b", "compressed with gzip", "Unpack it with gunzip."),
    (b"(\xb5/\xfd", "compressed with zstd", "Unpack it with unzstd."),
    (b"\xff\xfe", "UTF-16 text", "Save it as UTF-8."),
    (b"\xfe\xff", "UTF-16 text", "Save it as UTF-8."),
    (
        b"version https://git-lfs",
        "a Git LFS pointer, not the file itself",
        "Fetch the content with: git lfs pull",
    ),
    (b"<!DOCTYPE", "an HTML page", "Download the file itself."),
    (b"<html", "an HTML page", "Download the file itself."),
)


def require_file(path: Path, error: type[InputError]) -> None:
    """Refuse a path that is not a file with something in it.

    Raises:
        InputError: of the class ``error``.
    """
    if path.is_dir():
        raise error(f"{path} is a folder; give the path of one file in it.")
    if not path.exists():
        raise error(f"{path} does not exist; check the path.")
    if not path.is_file():
        raise error(f"{path} is not a regular file; save the content to one first.")
    if path.stat().st_size == 0:
        raise error(f"{path} is empty; write it again.")


def refuse_foreign(head: bytes, path: Path, error: type[InputError]) -> None:
    """Refuse content that is known to be something else than CSV.

    Args:
        head: the first bytes of the file.
        path: the file, for messages.
        error: the class to raise.

    Raises:
        InputError: of the class ``error``.
    """
    for magic, what, advice in _FOREIGN:
        if head.startswith(magic):
            raise error(f"{path} is {what}; a CSV file was expected. {advice}")


def decode(data: bytes, path: Path, error: type[InputError]) -> str:
    """Return bytes as text.

    Raises:
        InputError: of the class ``error``, when they are not UTF-8, or hold NUL.
    """
    if b"\0" in data:
        raise error(
            f"{path} contains NUL bytes; it is damaged or is not a text file. Write it "
            "again."
        )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as problem:
        bad = data[problem.start : problem.start + 1].hex()
        raise error(
            f"{path} is not UTF-8 text (byte 0x{bad}); CSV files must be. Save it "
            "again with the encoding UTF-8."
        ) from problem


def split_header(line: str, path: Path, error: type[InputError]) -> list[str]:
    """Return the column names in the first line of a CSV file.

    Raises:
        InputError: of the class ``error``: the cells are not separated by commas, or
            a quoted name is not closed.
    """
    names = _cells(line, ",", path, error)
    if "id" not in names:
        for separator, word in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
            if "id" in _cells(line, separator, path, error):
                shown = "\\t" if separator == "\t" else separator
                raise error(
                    f"{path} has {word} between its cells, as Excel writes in many "
                    "countries; commas are expected, and decimal points. Save it as "
                    f"plain CSV, {_RESAVE.format(separator=shown)}."
                )
    return names


def refuse_decimal_comma(cell: str, where: str, error: type[InputError]) -> None:
    """Refuse a number that is written with a decimal comma.

    Args:
        cell: what the file says.
        where: the file, row and column, e.g. ``"a.csv: row 3, column '7'"``.
        error: the class to raise.

    Raises:
        InputError: of the class ``error``, when the cell is such a number.
    """
    whole, comma, fraction = cell.strip().lstrip("+-").partition(",")
    if comma and whole.isdigit() and fraction.isdigit():
        raise error(
            f"{where} holds {cell!r}, a number with a decimal comma; decimal points "
            f"are expected. Save it as plain CSV, {_RESAVE.format(separator=',')}."
        )


def require_length(
    row: Sequence[str],
    width: int,
    where: str,
    error: type[InputError],
) -> None:
    """Refuse a row that has more or fewer cells than the header.

    Raises:
        InputError: of the class ``error``.
    """
    if len(row) != width:
        cells = "cell" if len(row) == 1 else "cells"
        raise error(
            f"{where} has {len(row):,} {cells}, but the header has {width:,}; every "
            "row needs as many as the header. Was the file cut off, or does a cell "
            "contain a comma without quotes?"
        )


def _cells(line: str, separator: str, path: Path, error: type[InputError]) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator, strict=True), [])
    except csv.Error as problem:
        raise error(
            f"{path}: the first line cannot be read ({problem}); it must be a header "
            "such as id,0,1,2 and nothing else. Write the file again."
        ) from problem
