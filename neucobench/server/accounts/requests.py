"""Dependencies of the routes: who asks, from where, and whether the form is ours.

A program shows a token in ``Authorization: Bearer``; a browser shows the cookie of its
session. The context is ``request.app.state.context``.
"""

from typing import Annotated

from fastapi import Depends, Request, Response
from fastapi.concurrency import run_in_threadpool

from neucobench.server.accounts.digests import new_secret
from neucobench.server.accounts.forms import csrf_token, require_csrf
from neucobench.server.accounts.origin import origin
from neucobench.server.accounts.sessions import LASTS, visitor_of_session
from neucobench.server.accounts.tokens import visitor_of_token
from neucobench.server.accounts.visitor import Visitor
from neucobench.server.context import Context
from neucobench.server.refusals import NotAllowed, NotSignedIn

SESSION_COOKIE = "neucobench_session"
VISIT_COOKIE = "neucobench_visit"
_SAFE = ("GET", "HEAD", "OPTIONS")


def context_of(request: Request) -> Context:
    """Return the server's context."""
    context: Context = request.app.state.context
    return context


def visitor(request: Request) -> Visitor | None:
    """Return who asks; None for an anonymous visitor.

    Below ``/api/`` the cookie of a session opens reading only: what changes something
    needs a token there, or a form of ours elsewhere.

    Raises:
        NotSignedIn: when the token that was shown is not one of ours.
    """
    context = context_of(request)
    token = _bearer(request)
    if token is not None:
        found = visitor_of_token(context, token)
        if found is None:
            raise NotSignedIn(
                "This token is unknown or was revoked; programs sign in with "
                "'Authorization: Bearer TOKEN'. Make a new token on your account's "
                "page, or ask the host for one."
            )
        return found
    if _in_api(request) and request.method not in _SAFE:
        return None
    secret = session_secret(request)
    return visitor_of_session(context, secret) if secret else None


async def known_token(request: Request) -> None:
    """Refuse a token that is not one of ours, also where anybody may read.

    Raises:
        NotSignedIn: when there is one, and it is unknown or was revoked.
    """
    if _bearer(request) is not None:
        await run_in_threadpool(visitor, request)


def signed_in(request: Request) -> Visitor:
    """Return who asks.

    Raises:
        NotSignedIn: when that is not known.
    """
    found = visitor(request)
    if found is None:
        raise NotSignedIn(
            "This needs an account, and the request did not say whose. Sign in, or "
            "send 'Authorization: Bearer TOKEN'."
        )
    return found


def host(request: Request) -> Visitor:
    """Return who asks, a host or an admin.

    Raises:
        NotAllowed: when it is somebody else.
        NotSignedIn: when that is not known.
    """
    found = signed_in(request)
    if not found.may_host:
        raise _too_far("hosts and admins", found)
    return found


SignedIn = Annotated[Visitor, Depends(signed_in)]
Host = Annotated[Visitor, Depends(host)]


def admin(request: Request) -> Visitor:
    """Return who asks, an admin.

    Raises:
        NotAllowed: when it is somebody else.
        NotSignedIn: when that is not known.
    """
    found = signed_in(request)
    if not found.may_admin:
        raise _too_far("admins", found)
    return found


def session_secret(request: Request) -> str | None:
    """Return the secret of the browser's session, whether it still counts or not."""
    return request.cookies.get(_cookie(request, SESSION_COOKIE)) or None


def set_session_cookie(response: Response, context: Context, secret: str) -> None:
    """Give a session to the browser: never to scripts, nor to requests from elsewhere.

    Args:
        response: the answer that carries it.
        context: the server.
        secret: from ``log_in``, ``register`` or ``accept``.
    """
    seconds = int(LASTS.total_seconds())
    _set_cookie(response, context, SESSION_COOKIE, secret, seconds)


def clear_session_cookie(response: Response, context: Context) -> None:
    """Take the session from the browser; ``log_out`` ends it on the server."""
    _set_cookie(response, context, SESSION_COOKIE, "", 0)


def form_token(request: Request) -> str:
    """Return the token for the forms of a page; ``keep_visit`` sends its cookie."""
    return csrf_token(context_of(request), _form_secret(request) or _new_visit(request))


def keep_visit(request: Request, response: Response) -> None:
    """Send the cookie of a visit that ``form_token`` has begun, if it has."""
    secret = getattr(request.state, "neucobench_visit", None)
    if secret:
        _set_cookie(response, context_of(request), VISIT_COOKIE, secret, None)


def require_form(request: Request, token: str | None) -> None:
    """Refuse a form that no page of ours has made for this browser.

    Raises:
        NotAllowed: when its token, or its cookie, is missing or another's.
    """
    if from_elsewhere(request):
        token = None
    require_csrf(context_of(request), _form_secret(request), token)


def from_elsewhere(request: Request) -> bool:
    """Tell whether the browser says that a page of another site sends this."""
    site = request.headers.get("sec-fetch-site", "none")
    return site not in ("none", "same-origin")


def address_of(request: Request) -> str:
    """Return where a request came from.

    A reverse proxy that the settings name is believed about who came to it; what the
    visitor wrote into the header before is not.
    """
    return origin(
        request.client.host if request.client else "",
        request.headers.getlist("x-forwarded-for"),
        proxies=context_of(request).settings.proxies,
    )


def _form_secret(request: Request) -> str | None:
    secret = session_secret(request)
    if secret and visitor_of_session(context_of(request), secret):
        return secret
    return request.cookies.get(_cookie(request, VISIT_COOKIE)) or None


def _new_visit(request: Request) -> str:
    known: str | None = getattr(request.state, "neucobench_visit", None)
    if known is None:
        known = request.state.neucobench_visit = new_secret()
    return known


def _set_cookie(
    response: Response, context: Context, name: str, value: str, seconds: int | None
) -> None:
    response.set_cookie(
        _cookie_name(context, name),
        value,
        max_age=seconds,
        path="/",
        secure=context.settings.secure,
        httponly=True,
        samesite="lax",
    )


def _cookie(request: Request, name: str) -> str:
    return _cookie_name(context_of(request), name)


def _cookie_name(context: Context, name: str) -> str:
    # With this prefix a browser takes the cookie by HTTPS and from this host only.
    return f"__Host-{name}" if context.settings.secure else name


def _bearer(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _in_api(request: Request) -> bool:
    root = request.scope.get("root_path", "")
    return request.url.path.removeprefix(root).startswith("/api/")


def _too_far(who: str, found: Visitor) -> NotAllowed:
    return NotAllowed(
        f"This is for {who}, and your account's role is {found.role}. Ask an admin, "
        "or sign in with another account."
    )
