"""Pages that say no, and the choice of a theme."""

from dataclasses import dataclass
from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from neucobench.server.accounts.requests import context_of
from neucobench.server.refusals import Refusal
from neucobench.server.web.frame import (
    THEME_COOKIE,
    anonymous_frame,
    here,
    local_address,
)
from neucobench.server.web.rendering import page, render

router = APIRouter(include_in_schema=False)

_HEADINGS = {
    401: "Please log in",
    403: "That is not yours to do",
    404: "There is nothing here",
    409: "That cannot be done now",
    413: "That is too large",
    429: "Too many tries",
    500: "The server failed",
    503: "No room for the moment",
}
_YEAR = 365 * 24 * 3600


@dataclass(frozen=True, kw_only=True)
class ErrorView:
    """Hold what an error page says."""

    status: int
    heading: str
    sentence: str


def error_page(request: Request, status: int, sentence: str) -> Response:
    """Return a page that says why not; who has to log in is led there.

    Args:
        request: what was asked.
        status: the HTTP status.
        sentence: why, and what to do next.
    """
    if status == HTTPStatus.UNAUTHORIZED and request.method in ("GET", "HEAD"):
        return RedirectResponse(f"/login?next={here(request)}", status_code=303)
    heading = _HEADINGS.get(status, "That did not work")
    view = ErrorView(status=status, heading=heading, sentence=sentence)
    try:
        return page(request, "error.html", view, status=status)
    except Refusal:
        # The visitor's own credentials are what is wrong.
        frame = anonymous_frame(request, address="/")
        text = render("error.html", view=view, site=frame)
        return HTMLResponse(text, status_code=status)


@router.get("/theme")
def choose_theme(request: Request, to: str = "", back: str = "/") -> Response:
    """Remember a theme and lead back; it changes nothing but how pages look."""
    answer = RedirectResponse(local_address(back), status_code=303)
    if to in ("light", "dark"):
        secure = context_of(request).settings.secure
        answer.set_cookie(
            THEME_COOKIE, to, max_age=_YEAR, path="/", samesite="lax", secure=secure
        )
    else:
        answer.delete_cookie(THEME_COOKIE, path="/")
    return answer
