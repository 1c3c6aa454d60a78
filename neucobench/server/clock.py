"""The server's clock: every date of a challenge is compared with it, in UTC."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the present moment, with its time zone."""
    return datetime.now(UTC)


def stamp(moment: datetime) -> str:
    """Return a moment as JSON has it: UTC, to the second, with a Z."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def spoken(moment: datetime) -> str:
    """Return a moment as sentences have it: UTC, to the second, and so named."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def day_start(moment: datetime) -> datetime:
    """Return the midnight, UTC, that began the day of ``moment``."""
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
