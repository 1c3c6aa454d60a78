"""Lists of cube ids: one id per line, or a CSV file with a column ``id``."""

import csv
from io import StringIO
from pathlib import Path

from neucobench.embeddings import csv_text
from neucobench.embeddings.ids import bare_ids
from neucobench.errors import InputError

MAX_BYTES = 2**30


def read_id_list(path: Path) -> tuple[str, ...]:
    """Return the ids in a file, in its order, each once.

    Args:
        path: UTF-8 text. When the first line has a cell ``id``, it is the header of a
            CSV file; otherwise every line is an id.

    Raises:
        InputError: when the file is missing, empty, not UTF-8, or has no ids.
    """
    csv_text.require_file(path, InputError)
    if path.stat().st_size > MAX_BYTES:
        raise InputError(
            f"{path} is larger than {MAX_BYTES >> 20} MiB; a list of ids is short "
            "text. Give a file with one id per line."
        )
    data = path.read_bytes()
    csv_text.refuse_foreign(data, path, InputError)
    text = csv_text.decode(
        data.removeprefix(csv_text.BYTE_ORDER_MARK), path, InputError
    )
    lines = text.splitlines()
    header = csv_text.split_header(lines[0], path, InputError) if lines else []
    if "id" in header:
        ids = _column(text, header, path)
    else:
        ids = [line.strip() for line in lines]
    found = tuple(dict.fromkeys(bare_ids([name for name in ids if name])))
    if not found:
        raise InputError(
            f"{path} holds no id; write one per line, or a CSV file with a column id."
        )
    return found


def _column(text: str, header: list[str], path: Path) -> list[str]:
    place = header.index("id")
    ids = []
    try:
        rows = list(csv.reader(StringIO(text, newline=""), strict=True))
    except csv.Error as problem:
        raise InputError(
            f"{path} cannot be read as CSV ({problem}); write it again."
        ) from problem
    for number, row in enumerate(filter(None, rows[1:]), start=1):
        where = f"{path}: row {number:,}"
        csv_text.require_length(row, len(header), where, InputError)
        ids.append(row[place])
    return ids
