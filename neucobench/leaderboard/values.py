"""Values from result files that others wrote, checked before they are used."""

import math
from typing import Any

from neucobench.errors import ResultError
from neucobench.names import is_text

# R2 in single precision stays above -3.5e38, hence Q above -3.5e40; anything larger is
# damage, and its squares would leave double precision.
LARGEST_SCORE = 1e60


def name(value: Any, *, where: str) -> str:
    """Return a name from a result file.

    Raises:
        ResultError: when it is empty, not text, or not valid Unicode.
    """
    if not isinstance(value, str) or not value:
        raise ResultError(f"{where}: {value!r} is not a name; leave the result out.")
    if not is_text(value):
        raise ResultError(
            f"{where}: the name {value!r} is not valid Unicode; leave the result out."
        )
    return value


def number(value: Any, *, where: str) -> float:
    """Return a number from a result file; NaN where there is none.

    Raises:
        ResultError: when it is not a number.
    """
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ResultError(
            f"{where}: the score {value!r} is not a number; evaluate again, or leave "
            "the result out."
        )
    try:
        return float(value)
    except OverflowError:
        return math.inf


def finite(value: Any, *, where: str) -> float | None:
    """Return a number from a result file, or None where it is no possible score.

    Raises:
        ResultError: when it is not a number.
    """
    found = number(value, where=where)
    return found if abs(found) <= LARGEST_SCORE else None
