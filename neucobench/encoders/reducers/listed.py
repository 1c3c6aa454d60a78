"""Options that hold a list: numbers, or names with numbers, as one text."""

from math import isfinite

from neucobench.encoders.reducers.checks import require_option


def read_numbers(text: str, reducer: str, option: str) -> tuple[float, ...]:
    """Return the numbers above 0 of a text like ``"40,20,10,5"``.

    Args:
        text: the option's value; an empty text holds none.
        reducer: the reducer's name, for messages.
        option: the option's name, for messages.

    Raises:
        UsageError: when a part is no such number.
    """
    parts = text.split(",") if text.strip() else []
    numbers = tuple(_number(part) for part in parts)
    accepted = "numbers above 0 with commas between them"
    require_option(0 not in numbers, reducer, option, text, accepted)
    return numbers


def read_weights(text: str, reducer: str, option: str) -> dict[str, float]:
    """Return the names and numbers of a text like ``"prithvi=2.0,croma=0.5"``.

    Args:
        text: the option's value; an empty text holds none.
        reducer: the reducer's name, for messages.
        option: the option's name, for messages.

    Raises:
        UsageError: when a part is not a name and a number above 0, or a name is there
            twice.
    """
    parts = text.split(",") if text.strip() else []
    pairs = [part.rpartition("=")[::2] for part in parts]
    weights = {name.strip(): _number(value) for name, value in pairs}
    possible = len(weights) == len(parts) and all(
        name and weight for name, weight in weights.items()
    )
    accepted = "name=number pairs with commas between them, each number above 0"
    require_option(possible, reducer, option, text, accepted)
    return weights


def _number(text: str) -> float:
    """Return a finite number above 0, or 0 for anything else."""
    try:
        number = float(text)
    except ValueError:
        return 0.0
    return number if number > 0 and isfinite(number) else 0.0
