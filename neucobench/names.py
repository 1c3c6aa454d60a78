"""Names that participants chose, made harmless where they are shown.

A name is data and stays as it is in JSON. A terminal, a spreadsheet and a Markdown
renderer would act on some characters.
"""

import re

# The wide forms are read like the others where they are typed, e.g. in Japan; where a
# comma is the decimal sign, or a name has lines, a new cell begins within the name.
_FORMULA = re.compile("(^|[;\t\r\n])(?=[-=+@\t\r\uff1d\uff0b\uff0d\uff20])")
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

    Where it starts with ``=``, ``+``, ``-``, ``@`` or a wide form of these, a tab or a
    carriage return, it gets an apostrophe in front, which spreadsheets read as "this
    is text"; also after a semicolon, tab or line end, which separate cells in some.
    """
    return _FORMULA.sub(r"\1'", name)


def markdown_safe(name: str) -> str:
    """Return ``name`` as a Markdown table cell without markup, links or line ends."""
    return _MARKDOWN.sub(r"\\\1", printable(name)).replace("www.", "www\\.")
