"""Addresses that people copy from a browser, brought to the server's own."""

from urllib.parse import unquote, urlsplit

from neucobench.errors import UsageError

_PAGES = ("api", "challenges", "phases", "submissions")


def server_address(url: str) -> str:
    """Return the address of a server without a slash at its end.

    Whatever follows ``/challenges/``, ``/phases/``, ``/submissions/`` or ``/api/`` is
    taken off, so that the address of any of its pages will do.

    Raises:
        UsageError: when it is no address of a server.
    """
    server, _ = _split(url)
    return server


def named_in(url: str, page: str) -> str | None:
    """Return the name that an address holds, None where it holds none.

    Args:
        url: an address.
        page: what the name follows, e.g. ``"challenges"``.
    """
    _, rest = _split(url)
    for place, part in enumerate(rest[:-1]):
        if part == page and rest[place + 1]:
            return unquote(rest[place + 1])
    return None


def _split(url: str) -> tuple[str, list[str]]:
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(
            f"{url!r} is not the address of a server; it begins with https:// (or "
            "http://), e.g. https://challenge.example.org. Copy it from the browser."
        )
    if parts.username is not None or parts.password is not None:
        raise UsageError(
            "The address holds a user name or a password; leave them out, the token "
            "says who you are."
        )
    path = parts.path.strip("/").split("/")
    below = next((n for n, part in enumerate(path) if part in _PAGES), len(path))
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    place = f"{parts.scheme}://{host}" + (f":{port}" if port else "")
    return "/".join([place, *filter(None, path[:below])]), path[below:]
