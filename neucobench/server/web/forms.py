"""Forms that a browser sends: small, and ours, or they are refused."""

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from neucobench.server.accounts.requests import require_form
from neucobench.server.refusals import NotAllowed, TooLarge

CSRF_FIELD = "csrf"

_LARGEST = 64 * 1024
_MOST_FIELDS = 60


async def checked_form(request: Request) -> Mapping[str, str]:
    """Return the fields of a form that one of our pages has sent.

    Raises:
        NotAllowed: when it does not carry the token of the visitor's session.
        TooLarge: when it is larger than any of our forms.
    """
    fields = await _fields(request)
    await run_in_threadpool(require_form, request, fields.get(CSRF_FIELD, ""))
    return fields


Form = Annotated[Mapping[str, str], Depends(checked_form)]


async def _fields(request: Request) -> Mapping[str, str]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise NotAllowed(
            f"The form came as {kind or 'nothing'}; this page takes the forms that it "
            "shows. Load the page again and send its form."
        )
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > _LARGEST:
            raise TooLarge(
                f"The form has more than {_LARGEST} bytes; that is the most this page "
                "takes. Shorten the texts and send it again."
            )
    try:
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS
        )
    except ValueError as error:
        raise NotAllowed(
            "The form cannot be read; this page takes the forms that it shows. Load "
            "the page again and send its form."
        ) from error
    # A text area ends its lines as the network does.
    return {name: value.replace("\r\n", "\n") for name, value in pairs}
