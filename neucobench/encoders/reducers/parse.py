"""From what the user types, or a recipe says, to a reducer.

::

    pca                                     a name
    pca:solver=streaming,seed=3             with options
    cluster-map:cuts=40,20,10,5,seed=3      a list goes on up to the next option
"""

from collections.abc import Mapping
from dataclasses import Field, fields
from typing import Any, get_type_hints

from neucobench.encoders.options import TRUTH
from neucobench.encoders.reducers.base import REDUCERS, Reducer
from neucobench.errors import UnknownNameError, UsageError

_COMPOSED = ("chain", "per-block")
_KINDS = {
    bool: "true or false",
    int: "an integer",
    float: "a number",
    str: "a text",
}


def reducer_names() -> list[str]:
    """Return the names that ``make_reducer`` takes, sorted."""
    return [name for name in REDUCERS.names() if name not in _COMPOSED]


def parse_reducer(text: str) -> Reducer:
    """Return the reducer that a text like ``pca:solver=streaming,seed=3`` describes.

    Raises:
        UnknownNameError: when there is no such reducer, or it has no such option.
        UsageError: when an option has no value, is given twice, or cannot be read.
    """
    name, _, rest = text.partition(":")
    known = _options(name)
    options: dict[str, str] = {}
    last = ""
    for part in rest.split(",") if rest else []:
        option, equals, value = part.partition("=")
        if _is_list(known.get(last)) and option not in known:
            options[last] += f",{part}"
            continue
        if not equals or option in options:
            raise UsageError(
                f"{part!r} in {text!r} cannot be read; options follow the name as "
                f"option=value, each once, with commas between them. Type {name}:"
                f"{next(iter(known), 'option')}=..."
            )
        options[option] = value
        last = option
    return make_reducer(name, options)


def make_reducer(name: str, options: Mapping[str, Any]) -> Reducer:
    """Return a reducer by its name.

    Args:
        name: one of ``reducer_names()``.
        options: its settings; a value is what the option is annotated with, or a text
            to be read as that. An option that holds a list also takes a list, or a
            table of names and numbers.

    Raises:
        UnknownNameError: when there is no such reducer, or it has no such option.
        UsageError: when a value cannot be read, or is not accepted.
    """
    known = _options(name)
    target = REDUCERS.load(name)
    kinds = get_type_hints(target)
    arguments = {}
    for option, value in options.items():
        if option not in known:
            raise UnknownNameError(f"option of the reducer {name!r}", option, known)
        if _is_list(known[option]):
            value = _as_text(value)  # noqa: PLW2901 - one value, in two forms
        kind = kinds[option]
        arguments[option] = _read(value, kind)
        if arguments[option] is None:
            raise UsageError(
                f"The reducer {name!r} got {option}={value!r}; it takes "
                f"{_KINDS[kind]}. Correct {option}."
            )
    reducer: Reducer = target(**arguments)
    return reducer


def _options(name: str) -> dict[str, Field[Any]]:
    """Return the options of a reducer by name, each with its declaration."""
    if name in _COMPOSED:
        raise UsageError(
            f"The reducer {name!r} is made of other reducers and has no options; name "
            "them one by one, or write a recipe."
        )
    if name not in REDUCERS.targets:
        raise UnknownNameError("reducer", name, reducer_names())
    return {item.name: item for item in fields(REDUCERS.load(name))}


def _is_list(option: Field[Any] | None) -> bool:
    return option is not None and bool(option.metadata.get("list"))


def _as_text(value: Any) -> Any:
    """Return a list, or a table of names and numbers, as text; others as they are."""
    if isinstance(value, Mapping):
        return ",".join(f"{name}={number}" for name, number in value.items())
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return value


def _read(value: Any, kind: type) -> Any:
    """Return ``value`` as a ``kind``, or None when it is not one."""
    if isinstance(value, str) and kind is not str:
        try:
            return TRUTH[value.lower()] if kind is bool else kind(value)
        except (KeyError, ValueError):
            return None
    if kind is float and type(value) is int:
        return float(value)
    return value if type(value) is kind else None
