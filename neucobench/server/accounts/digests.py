"""Secrets that are handed out once, and the digests that are kept of them.

A secret has 256 random bits, so one round of SHA-256 is enough: nobody can guess it,
and the database does not give it away.
"""

import hashlib
import secrets

_BYTES = 32


def new_secret(prefix: str = "") -> str:
    """Return a new secret of letters, digits, ``-`` and ``_``, after its prefix."""
    return prefix + secrets.token_urlsafe(_BYTES)


def digest_of(secret: str) -> str:
    """Return the SHA-256 digest of a secret, in 64 hexadecimal digits."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
