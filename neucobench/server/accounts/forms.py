"""Form tokens: a form is acted on only when a page of ours has made it (CSRF).

::

    cookie of the session, or of the visit   K
    token in the form                        nonce.HMAC(server's secret, nonce, K)

Before a login there is no session, so the login and registration forms are bound to a
cookie of the visit: nobody can be logged in to another's account unawares. The nonce
makes each token different, so that compressed pages do not give it away.
"""

import hashlib
import hmac
import secrets

from neucobench.server.accounts.digests import digest_of
from neucobench.server.context import Context
from neucobench.server.refusals import NotAllowed

_NONCE_BYTES = 12


def csrf_token(context: Context, secret: str | None) -> str:
    """Return a token for the forms of a page; empty where there is no cookie.

    Args:
        context: the server.
        secret: of the session, or of the visit.
    """
    if not secret:
        return ""
    nonce = secrets.token_urlsafe(_NONCE_BYTES)
    return f"{nonce}.{_sign(context, nonce, secret)}"


def require_csrf(context: Context, secret: str | None, token: str | None) -> None:
    """Refuse a form whose token was not made for this cookie.

    Raises:
        NotAllowed: when the token, or the cookie, is missing or another's.
    """
    nonce, _, given = (token or "").partition(".")
    right = _sign(context, nonce, secret or "")
    same = hmac.compare_digest(given.encode("utf-8", "surrogatepass"), right.encode())
    if not secret or not same:
        raise NotAllowed(
            "This form was not made by a page that this browser has open, or you have "
            "signed in or out since; a form works in the browser that loaded it. Load "
            "the page again, with cookies allowed, and send the form again."
        )


def _sign(context: Context, nonce: str, secret: str) -> str:
    message = f"form:{nonce}:{digest_of(secret)}"
    return hmac.new(
        context.secret, message.encode("utf-8", "surrogatepass"), hashlib.sha256
    ).hexdigest()
