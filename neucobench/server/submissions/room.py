"""The refusals for what has no room: in a phase, on the disk, in the database."""

import errno

from neucobench.server.refusals import Busy, Refusal, TooLarge

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def refusal_of(error: OSError) -> Refusal | OSError:
    """Return the refusal for an error of the disk, or the error itself."""
    return no_room() if error.errno in _FULL else error


def too_large(limit: int) -> TooLarge:
    """Return the refusal of a file that is larger than the limit."""
    return TooLarge(
        f"The file is larger than {limit:,} bytes ({limit / 2**20:,.1f} MiB), the most "
        "that this phase takes. Store it as Parquet, or its vectors in fewer bytes."
    )


def no_room() -> Busy:
    """Return the refusal of a server whose disk is full."""
    return Busy(
        "The server has no room for another file at the moment, so nothing was stored "
        "and no quota used. Tell the host, and try again later."
    )


def no_database(error: Exception) -> Busy:
    """Return the refusal of a server whose database is full, locked or away."""
    reason = str(getattr(error, "orig", None) or error).lower()
    full = "full" in reason or "no space" in reason
    why = "has no room" if full else "cannot reach its database"
    return Busy(
        f"The server {why} at the moment, so nothing was stored and no quota used. "
        "Try again later; if it stays, tell the host."
    )
