"""Talk to a challenge server: its JSON, its refusals as sentences, its silence, too.

::

    neucobench submit ──▶ Connection ──▶ HTTPS ──▶ /api/v1/...
                             │
                             └── Refused, Unreachable: sentences, with findings
"""

import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote, urlsplit

from neucobench import __version__
from neucobench.client.address import server_address
from neucobench.errors import InputError
from neucobench.findings import Finding
from neucobench.names import printable

if TYPE_CHECKING:
    import httpx2

API = "/api/v1"
_SECONDS = 30.0
# The server answers an upload once it has checked the file.
_CHECK_SECONDS = 900.0
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_OF_PROXIES = {
    413: "what stands before the server (HTTP 413) takes no file of this size. Store "
    "it as Parquet, or its vectors in fewer bytes; or tell the host.",
    **dict.fromkeys(
        (502, 503, 504),
        "the server behind this address is not running at the moment, or too busy. "
        "Run the same command again in a few minutes.",
    ),
}


class Unreachable(InputError):  # noqa: N818 - as the refusals of the server
    """The server cannot be reached, or is no challenge server."""


class Refused(InputError):  # noqa: N818 - as the refusals of the server
    """The server says no.

    Args:
        message: its sentence.
        status: the HTTP status.
        findings: what its check found in the file.
    """

    def __init__(
        self, message: str, *, status: int, findings: tuple[Finding, ...] = ()
    ) -> None:
        super().__init__(message)
        self.status = status
        self.findings = findings


class Connection:
    """Ask one server; to be used in a ``with`` block.

    Args:
        url: the server's address, with or without ``/api/v1``.
        token: an API token; None asks as a visitor.
        transport: what carries the requests; by default the network.
    """

    def __init__(
        self,
        url: str,
        *,
        token: str | None = None,
        transport: "httpx2.BaseTransport | None" = None,
    ) -> None:
        self.url = server_address(url)
        self.token = token
        self._transport = transport
        self._client: httpx2.Client | None = None

    def __enter__(self) -> Self:
        """Open the connection."""
        import httpx2

        headers = {"User-Agent": f"neucobench/{__version__}"}
        if self.token is not None:
            headers["Authorization"] = f"Bearer {_plain_token(self.token)}"
        self._client = httpx2.Client(
            headers=headers,
            timeout=httpx2.Timeout(_SECONDS, read=_CHECK_SECONDS),
            transport=self._transport,
        )
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        if self._client is not None:
            self._client.close()
            self._client = None

    @property
    def open_to_listeners(self) -> bool:
        """Tell whether a token would travel in the clear, to another machine."""
        parts = urlsplit(self.url)
        return parts.scheme == "http" and parts.hostname not in _LOOPBACK

    def get(self, *parts: str) -> Any:
        """Return what the server answers, e.g. to ``get("phases", "test")``.

        Raises:
            Refused: when it says no.
            Unreachable: when it does not answer, or not in JSON.
        """
        return self._ask("GET", parts)

    def get_bytes(self, *parts: str) -> bytes:
        """Return a file of the server.

        Raises:
            Refused: when it says no.
            Unreachable: when it does not answer.
        """
        return self._send("GET", parts).content

    def delete(self, *parts: str) -> Any:
        """Ask the server to take something back; return its answer.

        Raises:
            Refused: when it says no.
            Unreachable: when it does not answer, or not in JSON.
        """
        return self._ask("DELETE", parts)

    def post(self, *parts: str) -> Any:
        """Ask the server to do something that needs no form; return its answer.

        Raises:
            Refused: when it says no.
            Unreachable: when it does not answer, or not in JSON.
        """
        return self._ask("POST", parts)

    def upload(
        self,
        *parts: str,
        file: Path,
        fields: Mapping[str, str],
        advance: Callable[[int, int], None] | None = None,
    ) -> Any:
        """Send a file, piece by piece, with a form; return the server's answer.

        Args:
            *parts: of the address.
            file: what to send; it is never whole in memory.
            fields: the form.
            advance: called with the bytes sent and the bytes in all.

        Raises:
            Refused: when the server says no.
            Unreachable: when it does not answer, or not in JSON.
        """
        with _CountedFile(file, advance) as content:
            files = {"file": (file.name, content, "application/octet-stream")}
            return self._ask("POST", parts, data=dict(fields), files=files)

    def _ask(self, method: str, parts: tuple[str, ...], **content: Any) -> Any:
        response = self._send(method, parts, **content)
        try:
            return response.json() if response.content else None
        except ValueError as error:
            raise self._stranger() from error

    def _send(
        self, method: str, parts: tuple[str, ...], **content: Any
    ) -> "httpx2.Response":
        import httpx2

        assert self._client is not None, "the connection is used in a with block"
        path = "/".join(quote(part, safe="") for part in parts)
        try:
            response = self._client.request(
                method, f"{self.url}{API}/{path}", **content
            )
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            reason = printable(str(error) or type(error).__name__)
            raise Unreachable(
                f"The server {self.url} does not answer ({reason}). Check the address "
                "and the network, then run the same command again."
            ) from error
        if response.is_success:
            return response
        raise _refusal(response) or self._stranger(response.status_code)

    def _stranger(self, status: int | None = None) -> Unreachable:
        if status in _OF_PROXIES:
            return Unreachable(f"{self.url}: {_OF_PROXIES[status]}")
        answer = f"with HTTP {status}" if status else "with something else than JSON"
        return Unreachable(
            f"{self.url} answers {answer}, as no challenge server does. Give the "
            "address of the server's first page, e.g. https://challenge.example.org."
        )


class _CountedFile(io.BufferedReader):
    """Read a file and say how far the reading has come."""

    def __init__(self, path: Path, advance: Callable[[int, int], None] | None) -> None:
        super().__init__(io.FileIO(path))
        self._total = path.stat().st_size
        self._advance = advance

    def read(self, size: int | None = -1, /) -> bytes:
        """Return the next bytes."""
        piece = super().read(size)
        if self._advance is not None:
            self._advance(self.tell(), self._total)
        return piece


def _refusal(response: "httpx2.Response") -> Refused | None:
    """Return the server's own sentence, or None where the answer is not of its kind."""
    try:
        document = response.json()
        sentence = document["error"]
        found = tuple(Finding(**item) for item in document.get("findings") or ())
    except (ValueError, LookupError, TypeError, AttributeError):
        return None
    if not isinstance(sentence, str):
        return None
    return Refused(sentence, status=response.status_code, findings=found)


def _plain_token(token: str) -> str:
    """Return a token that can stand in a header.

    Raises:
        InputError: when it holds anything but visible ASCII characters.
    """
    token = token.strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise InputError(
            "The token is not one: it must be what the server's page or 'neucobench "
            "admin token' showed, letters and digits without a space. Copy it again."
        )
    return token
