"""Style sheets, scripts and the site's mark, named by what is in them.

An address carries the digest of its file, so that a browser may keep the file for
good; a file that changes has another address.
"""

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files

from fastapi import APIRouter, Request, Response

from neucobench.server.refusals import NotFound

PREFIX = "/static"

_KINDS = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
# One style sheet for the site: that of the reports, and what a site adds to it.
_STYLE = (
    ("neucobench.reports", "templates/style.css"),
    ("neucobench.server.web", "static/site.css"),
    ("neucobench.server.web", "static/board.css"),
)
_FILES = ("board.js", "live.js", "mark.svg", "site.js", "upload.js")

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, kw_only=True)
class Asset:
    """Hold one file that pages load.

    Attributes:
        name: the last part of its address.
        content: its bytes.
        digest: what its address carries.
    """

    name: str
    content: bytes
    digest: str

    @property
    def kind(self) -> str:
        """Return its media type."""
        return _KINDS[self.name.rpartition(".")[2]]

    @property
    def url(self) -> str:
        """Return its address on the server."""
        return f"{PREFIX}/{self.name}?v={self.digest}"


def asset(name: str) -> Asset:
    """Return a file that pages load.

    Raises:
        NotFound: when there is none of that name.
    """
    if name not in _assets():
        raise NotFound("There is no such file; load the page again.")
    return _assets()[name]


@lru_cache(maxsize=1)
def _assets() -> dict[str, Asset]:
    style = "\n".join(_text(package, path) for package, path in _STYLE)
    texts = {"site.css": style} | {
        name: _text("neucobench.server.web", f"static/{name}") for name in _FILES
    }
    return {
        name: Asset(
            name=name,
            content=text.encode(),
            digest=sha256(text.encode()).hexdigest()[:12],
        )
        for name, text in texts.items()
    }


def _text(package: str, path: str) -> str:
    return (files(package) / path).read_text(encoding="utf-8")


@router.get(PREFIX + "/{name}")
async def static_file(request: Request, name: str) -> Response:
    """Return a file; it may be kept for good where its address has its digest."""
    found = asset(name)
    kept = request.query_params.get("v") == found.digest
    tag = f'"{found.digest}"'
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable" if kept else "no-cache",
        "ETag": tag,
    }
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(found.content, media_type=found.kind, headers=headers)
