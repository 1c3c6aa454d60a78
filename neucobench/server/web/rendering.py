"""From a view to a page: templates that escape whatever they are given."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment
from markupsafe import Markup

from neucobench import __version__
from neucobench.reports import templating
from neucobench.reports.scales import MISSING, short
from neucobench.server.accounts.requests import keep_visit
from neucobench.server.clock import stamp
from neucobench.server.web.assets import asset
from neucobench.server.web.frame import frame_of

_KIBIBYTE = 1024


def page(
    request: Request,
    template: str,
    view: Any = None,
    *,
    section: str = "",
    status: int = 200,
    wide: bool = False,
    forms: bool = False,
) -> HTMLResponse:
    """Return a page that is made for one visitor.

    Args:
        request: what was asked.
        template: a file in ``templates/``.
        view: what the page says; the template knows it as ``view``.
        section: which part of the site it belongs to.
        status: the HTTP status.
        wide: whether it holds a wide table.
        forms: whether it has forms for visitors who are not signed in.
    """
    frame = frame_of(request, section=section, wide=wide, forms=forms)
    text = render(template, view=view, site=frame)
    answer = HTMLResponse(text, status_code=status)
    answer.headers["Cache-Control"] = "no-store" if frame.csrf else "no-cache"
    keep_visit(request, answer)
    return answer


def render(template: str, **values: Any) -> str:
    """Return the text of a template; a value that it lacks is an error."""
    return environment().get_template(template).render(values)


def size(count: int) -> str:
    """Return a number of bytes for people."""
    amount, unit = float(count), "bytes"
    for larger in ("KiB", "MiB", "GiB"):
        if amount < _KIBIBYTE:
            break
        amount, unit = amount / _KIBIBYTE, larger
    return f"{amount:.0f} {unit}" if amount == round(amount) else f"{amount:.1f} {unit}"


def moment_text(moment: datetime) -> str:
    """Return a moment for people, in UTC, to the second where it has seconds."""
    moment = moment.astimezone(UTC)
    clock = "%H:%M:%S" if moment.second else "%H:%M"
    return f"{moment.day} {moment:%B %Y}, {moment:{clock}} UTC"


def when(moment: datetime | None) -> str:
    """Return a moment as an element that programs can read too."""
    if moment is None:
        return MISSING
    text = moment_text(moment)
    return Markup('<time datetime="{}">{}</time>').format(stamp(moment), text)


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Return the templates' environment; those of the reports can be included."""
    found = templating.environment("neucobench.server.web")
    found.filters.update(size=size, shorter=short, when=when)
    found.globals["static"] = lambda name: asset(name).url
    found.globals["version"] = __version__
    return found
