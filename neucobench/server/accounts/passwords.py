"""Passwords: which are accepted, how they are hashed and verified.

argon2id with the parameters of RFC 9106 for hosts of limited memory (64 MiB, three
passes). A stored hash carries its parameters, so that they can be changed: the next
login stores a new hash.
"""

import unicodedata
from functools import cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from neucobench.server.accounts.names import looks
from neucobench.server.refusals import Rejected
from neucobench.server.settings import Settings

SHORTEST = 10
LONGEST = 200

# Each hash takes 64 MiB; more at once would only wait for the same cores.
_AT_ONCE = BoundedSemaphore(4)


def check_password(password: str, *, name: str) -> None:
    """Refuse a password that is too short, too long, or the account's name.

    Raises:
        Rejected: with what is accepted; the password is not in the sentence.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise Rejected(
            f"The password has {len(password)} characters; passwords have {SHORTEST} "
            f"to {LONGEST}, of any kind. Choose another, e.g. four words."
        )
    if looks(password) == looks(name) or len(set(password)) == 1:
        raise Rejected(
            "The password can be guessed: it is the account's name, or one character "
            "repeated; any other is accepted. Choose one, e.g. four words."
        )


def hash_password(settings: Settings, password: str) -> str:
    """Return the argon2 hash of a password, with a salt of its own."""
    with _AT_ONCE:
        return _hasher(settings).hash(_bytes(password))


def verify_password(settings: Settings, stored: str | None, password: str) -> bool:
    """Return whether a password has this hash; always after hashing it once.

    Args:
        settings: how costly hashing is.
        stored: the account's hash; None, for an account without a password or no
            account, takes as long as a wrong password and is never right.
        password: as it was typed.
    """
    decoy = _decoy(settings.password_passes, settings.password_kibibytes)
    with _AT_ONCE:
        try:
            _hasher(settings).verify(stored or decoy, _bytes(password))
        except (VerificationError, InvalidHashError):
            return False
    return stored is not None


def is_outdated(settings: Settings, stored: str) -> bool:
    """Return whether a hash was made with other parameters than today's."""
    return _hasher(settings).check_needs_rehash(stored)


def _hasher(settings: Settings) -> PasswordHasher:
    return PasswordHasher(
        time_cost=settings.password_passes, memory_cost=settings.password_kibibytes
    )


@cache
def _decoy(passes: int, kibibytes: int) -> str:
    """Return a hash for names that are not known, as costly to verify as others."""
    return PasswordHasher(time_cost=passes, memory_cost=kibibytes).hash(b"")


def _bytes(password: str) -> bytes:
    # The same key on another keyboard may send the same letter in another form.
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
