"""What surrounds the content of every page: who is signed in, theme, navigation."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast
from urllib.parse import quote

from fastapi import Request

from neucobench.server.accounts.addresses import PATH as INVITATIONS
from neucobench.server.accounts.requests import context_of, form_token, visitor
from neucobench.server.accounts.visitor import Visitor

THEME_COOKIE = "neucobench_theme"
Theme = Literal["", "light", "dark"]


@dataclass(frozen=True, kw_only=True)
class Frame:
    """Hold what surrounds a page's content.

    Attributes:
        visitor: who is signed in, or None.
        csrf: what a form carries to show that it is ours; "" where none is shown.
        theme: what the visitor chose; "" follows the system.
        here: the page's own address, quoted, for links that lead back to it.
        section: which part of the site it belongs to.
        registration: whether visitors may make accounts.
        now: the server's clock.
        wide: whether the page holds a wide table.
    """

    visitor: Visitor | None
    csrf: str
    theme: Theme
    here: str
    section: str
    registration: bool
    now: datetime
    wide: bool


def theme_of(request: Request) -> Theme:
    """Return the theme that the visitor chose."""
    chosen = request.cookies.get(THEME_COOKIE)
    return cast("Theme", chosen) if chosen in ("light", "dark") else ""


def frame_of(
    request: Request, *, section: str = "", wide: bool = False, forms: bool = False
) -> Frame:
    """Return the frame of the page that was asked for.

    Args:
        request: what was asked.
        section: which part of the site the page belongs to.
        wide: whether it holds a wide table.
        forms: whether it has forms for visitors who are not signed in.
    """
    context = context_of(request)
    known = visitor(request)
    return Frame(
        visitor=known,
        csrf=form_token(request) if forms or known else "",
        theme=theme_of(request),
        here=here(request),
        section=section,
        registration=context.settings.registration,
        now=context.clock(),
        wide=wide,
    )


def anonymous_frame(
    request: Request, *, address: str, section: str = "", wide: bool = False
) -> Frame:
    """Return the frame of a page that is the same for all who are not signed in.

    Args:
        request: what was asked.
        address: the page's own.
        section: which part of the site it belongs to.
        wide: whether it holds a wide table.
    """
    context = context_of(request)
    return Frame(
        visitor=None,
        csrf="",
        theme=theme_of(request),
        here=quote(address, safe=""),
        section=section,
        registration=context.settings.registration,
        now=context.clock(),
        wide=wide,
    )


def here(request: Request) -> str:
    """Return the address that was asked for, quoted to be part of another one.

    After a form the address may answer to no other method, and that of an invitation
    holds its secret; links lead to the start then.
    """
    if request.method != "GET" or request.url.path.startswith(INVITATIONS):
        return quote("/", safe="")
    query = f"?{request.url.query}" if request.url.query else ""
    return quote(request.url.path + query, safe="")


def local_address(address: str) -> str:
    """Return an address if it leads to a page of this server, else the start page."""
    inside = address.startswith("/") and not address.startswith(("//", "/\\"))
    plain = address.isprintable() and "\\" not in address
    return address if inside and plain else "/"
