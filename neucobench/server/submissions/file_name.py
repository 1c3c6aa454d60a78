"""What a participant calls a file: a bare, printable name with an ending we read."""

import unicodedata
from pathlib import Path

from neucobench.embeddings.files import ENDINGS
from neucobench.server.refusals import Rejected

LONGEST_NAME = 200


def clean_name(given: bytes) -> tuple[str, str]:
    """Return a file's bare, printable name, and its ending.

    Raises:
        Rejected: when no file was chosen, or it is none of the kinds we read.
    """
    text = unicodedata.normalize("NFC", given.decode("utf-8", "replace"))
    name = text.replace("\\", "/").rpartition("/")[2]
    name = "".join(sign for sign in name if sign.isprintable()).strip()
    if not name:
        raise Rejected("No file was chosen; choose one that ends in " + _endings())
    ending = Path(name).suffix.lower()
    if ending not in ENDINGS:
        raise Rejected(
            f"{name[:LONGEST_NAME]} ends in '{ending[:40]}'; embedding files end in "
            f"{_endings()} Save it as one of these."
        )
    stem = name[: -len(ending)][:LONGEST_NAME]
    return stem + ending, ending


def _endings() -> str:
    return f"{', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}."
