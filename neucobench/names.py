"""Names that participants chose, made harmless where they are shown.

A name is data and stays as it is in JSON. A terminal, a spreadsheet and a Markdown
renderer would act on some characters.
"""

import re

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_MARKDOWN = re.compile(r"([\\`*_\[\]<>#|~&:@])")


def printable(name: str) -> str:
    r"""Return ``name`` with control and direction characters written out.

    Escape sequences would move a terminal's cursor, direction marks would reorder a
    line; both appear as ``\x1b`` or ``\u202e`` instead.
    """
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
        for char in name
    )


def is_text(name: str) -> bool:
    """Return whether ``name`` is Unicode text; bytes of a file name need not be."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def spreadsheet_safe(name: str) -> str:
    """Return ``name`` as a CSV cell that no spreadsheet takes for a formula.

    A name that starts with ``=``, ``+``, ``-``, ``@``, a tab or a carriage return gets
    an apostrophe in front, which spreadsheets read as "this is text".
    """
    return f"'{name}" if name.startswith(_FORMULA_STARTS) else name


def markdown_safe(name: str) -> str:
    """Return ``name`` as a Markdown table cell without markup, links or line ends."""
    return _MARKDOWN.sub(r"\\\1", printable(name)).replace("www.", "www\\.")
