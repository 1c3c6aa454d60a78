"""What accounts and teams may be called.

Markup and formulas in a name are data and stay as they are; pages and exports show
them as text. What a reader could not see, or would take for another name, is refused.
"""

import unicodedata

from neucobench.names import printable
from neucobench.server.audit import COMMAND_LINE
from neucobench.server.refusals import Rejected

LONGEST = 80
DELETED = "deleted account"

_RESERVED = (COMMAND_LINE, "server")
# Letters by their category, and blank on the screen.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_SELECTORS = frozenset(
    chr(code)
    for first, last in ((0x180B, 0x180F), (0xFE00, 0xFE0F), (0xE0100, 0xE01EF))
    for code in range(first, last + 1)
)


def clean_name(name: str, kind: str = "account") -> str:
    """Return a name as it is stored: in Unicode's NFC form, without spaces around it.

    Args:
        name: as it was typed.
        kind: whose name it is, ``"account"`` or ``"team"``, for the sentence.

    Raises:
        Rejected: when it is empty, too long, has characters that cannot be seen,
            or is one that the server signs with.
    """
    clean = normal_name(name)
    if not 1 <= len(clean) <= LONGEST:
        raise Rejected(
            f"The name of this {kind} has {len(clean)} characters; names have 1 to "
            f"{LONGEST}. Choose another."
        )
    hidden = [char for char in clean if _is_hidden(char)]
    if hidden:
        code = f"U+{ord(hidden[0]):04X}"
        raise Rejected(
            f"The name of this {kind}, {_shown(clean)}, has a character that cannot be "
            f"seen ({code}); names have printable characters, without control, "
            "direction or invisible ones. Type it again without."
        )
    folded = clean.casefold()
    if kind == "account" and (folded in _RESERVED or folded.startswith(DELETED)):
        raise Rejected(
            f"The name {clean!r} is one that the server itself uses; an account has a "
            "name of its own. Choose another."
        )
    return clean


def normal_name(name: str) -> str:
    """Return a name in Unicode's NFC form, without spaces around it."""
    return unicodedata.normalize("NFC", name).strip(" ")


def is_name(name: str) -> bool:
    """Return whether any account or team could have this name, normalized."""
    return 1 <= len(name) <= LONGEST and not any(map(_is_hidden, name))


def looks(name: str) -> str:
    """Return what names that are taken for one another have in common.

    Case, width and other compatibility forms, accents' order, and the number of
    spaces make no difference. Letters of different scripts do.
    """
    seen = "".join(char for char in name if char not in _SELECTORS)
    for _ in range(2):
        # Unicode's compatibility caseless matching takes both steps twice.
        seen = unicodedata.normalize("NFKC", seen.casefold())
    return " ".join(seen.split())


def _is_hidden(char: str) -> bool:
    return not char.isprintable() or char in _BLANK


def _shown(name: str) -> str:
    return "'" + printable(name) + "'"
