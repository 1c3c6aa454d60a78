"""Links that carry a secret, and what a log may say of them.

The secret of an invitation is the last part of its address. Pages there are served
without a referrer, and a log shows ``/invitations/…`` instead.
"""

import logging
import re
from typing import Any

PATH = "/invitations/"

_SECRET = re.compile(re.escape(PATH) + r"[^/?#\s\"]+")


def link(address: str, secret: str) -> str:
    """Return the address of the page that a secret opens.

    Args:
        address: of the server, as participants use it.
        secret: from ``invite``, ``reset_link`` or ``first_admin``.
    """
    return f"{address.rstrip('/')}{PATH}{secret}"


def without_secrets(line: str) -> str:
    """Return a line of a log with the secrets of links taken out."""
    return _SECRET.sub(f"{PATH}…", line)


class NoSecrets(logging.Filter):
    """Take the secrets of links out of what a logger writes."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record in place; every record passes."""
        record.msg = _clean(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(map(_clean, record.args))
        elif record.args:
            record.args = {name: _clean(item) for name, item in record.args.items()}
        return True


def _clean(value: Any) -> Any:
    return without_secrets(value) if isinstance(value, str) else value
